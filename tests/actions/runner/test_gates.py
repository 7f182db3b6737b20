"""Gates ask what is so now: before the dry run, before the start and at each effect; what is touched is claimed."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from actions.action import Action, action
from actions.context import ActionContext
from actions.gate import Closed
from actions.outcome import Outcome
from actions.runner.targets import TargetClaimed, Targets
from journal.events.types import Identity, Override
from journal.incident.records import Run, RunState
from tests.actions.worlds import Person, declared, places_in, running, world
from tests.journal.store.disks import small_disk

HELD: set[str] = set()
TARGET = [
    Identity(name="confirm", value="thing@db1", known="reported"),
    Identity(name="machine id", value="4711", known="reported"),
    Identity(name="data directory", value="/data", known="reported"),
]


def target(ctx: ActionContext) -> list[Identity]:
    return TARGET


def held(ctx: ActionContext) -> Closed | None:
    return None if "hold" in HELD else Closed("hold", "Nothing is held.", "reason", "thing.work")


@action("thing.work", target=target, touches=("hold",))
def work(ctx: ActionContext) -> Outcome:
    """Hold."""
    if ctx.effect("hold"):
        HELD.add("hold")
    return Outcome(ok=True, summary="held")


@action(
    "thing.replace",
    destructive=True,
    gates=("recovery-point",),
    live={"hold": held},
    touches=("data directory", "hold"),
    target=target,
)
def replace(ctx: ActionContext) -> Outcome:
    """Replace the thing."""
    if ctx.effect("move the old data"):
        HELD.discard("hold")  # in this moment, somebody else releases it
    if ctx.effect("restore"):
        HELD.add("restored without a hold")
    return Outcome(ok=True, summary="replaced")


@action("thing.other", target=target, touches=("data directory",))
def other(ctx: ActionContext) -> Outcome:
    """Change the same data, harmlessly."""
    if ctx.effect("change it"):
        ctx.run("wait", "here", ["sleep", "60"])
    return Outcome(ok=True, summary="changed")


@action("thing.fence", target=target, touches=("hold",))
def fence(ctx: ActionContext) -> Outcome:
    """Fence."""
    return Outcome(ok=ctx.effect("fence"), summary="fenced")


@action("thing.send_back", gates=("stale-site",), target=target, touches=("hold",))
def send_back(ctx: ActionContext) -> Outcome:
    """Send users back."""
    return Outcome(ok=True, summary="sent")


@action("thing.wipe", destructive=True, target=target, touches=("data directory",))
def wipe(ctx: ActionContext) -> Outcome:
    """Begin anew with the data."""
    return Outcome(ok=ctx.effect("wipe it"), summary="wiped")


def test_what_was_confirmed_of_a_state_that_another_person_has_changed_is_not_done(tmp_path: Path) -> None:
    """Two people read the same dry run; the second one's enter comes when the first one's run is over."""
    places = places_in(tmp_path)
    person = Person(declared(places))

    def look() -> Run:
        return person.over(person.desk.request_action("thing.wipe", {}, dry_run=True))  # type: ignore[no-any-return]

    def confirm(shown: Run) -> Run:
        confirmed = person.desk.request_action("thing.wipe", {}, confirmed="thing@db1", shown=shown.id)
        return person.over(confirmed)  # type: ignore[no-any-return]

    with running(person.place, world(places, wipe)):
        first, second = look(), look()
        assert confirm(first).state is RunState.SUCCEEDED
        refused = confirm(second)
        assert refused.refusal and (refused.refusal.gate, refused.refusal.yields) == ("outdated", "never")
        assert "tester@here began thing.wipe here since this dry run" in refused.refusal.message
        assert confirm(look()).state is RunState.SUCCEEDED


def test_users_are_not_sent_back_to_a_site_that_was_fenced(tmp_path: Path) -> None:
    places = places_in(tmp_path)
    person = Person(declared(places))
    with running(person.place, world(places, fence, send_back)):
        assert person.over(person.desk.request_action("thing.send_back", {})).state is RunState.SUCCEEDED
        person.over(person.desk.request_action("thing.fence", {}))
        run = person.over(person.desk.request_action("thing.send_back", {}))
        assert (run.state, run.refusal.gate, run.refusal.yields) == (
            RunState.REFUSED,
            "stale-site",
            "reason and target",
        )
        sure = [Override(gate="stale-site", reason="failed back", target="thing@db1")]
        assert (
            person.over(person.desk.request_action("thing.send_back", {}, overrides=sure)).state is RunState.SUCCEEDED
        )


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    HELD.clear()
    places = places_in(tmp_path)
    person = Person(declared(places))
    with running(person.place, world(places, work, replace)):
        yield person


def closed(run: Run) -> list[tuple[str, str, str]]:
    return [(gate.gate, gate.yields, gate.opens) for gate in run.closed]


def test_a_dry_run_begins_with_every_gate_that_would_refuse_and_what_opens_it(person: Person) -> None:
    run = person.over(person.desk.request_run("break", dry_run=True))
    assert run.state is RunState.SUCCEEDED
    assert closed(run) == [("recovery-point", "never", "recovery_point"), ("hold", "reason", "thing.work")]
    person.desk.decide("point", "latest")
    person.over(person.desk.request_run("work"))
    assert not person.over(person.desk.request_run("break", dry_run=True)).closed


def test_what_was_once_done_opens_nothing_that_is_not_so_now(person: Person) -> None:
    person.desk.decide("point", "latest")
    person.over(person.desk.request_run("work"))
    HELD.discard("hold")  # its step is still ticked
    run = person.over(person.desk.request_run("break", confirmed="thing@db1"))
    assert (run.state, run.refusal.gate, run.refusal.opens) == (RunState.REFUSED, "hold", "thing.work")


def blind(ctx: ActionContext) -> Closed | None:
    raise ValueError("invalid literal for int(): 'FATAL: too many clients'")


def test_a_gate_that_cannot_look_is_closed_by_its_own_name_and_yields_to_a_person(tmp_path: Path) -> None:
    places = places_in(tmp_path)
    person = Person(declared(places))
    person.desk.decide("point", "latest")
    unsure = Action(replace.spec, replace.function, replace.target, {"hold": blind})
    with running(person.place, world(places, unsure)):
        run = person.over(person.desk.request_run("break", confirmed="thing@db1"))
        assert (run.state, run.refusal.gate, run.refusal.yields) == (RunState.REFUSED, "hold", "reason and target")
        assert "too many clients" in run.refusal.message
        assert closed(person.over(person.desk.request_run("break", dry_run=True)))[0][0] == "hold"
        sure = [Override(gate="hold", reason="I looked", target="thing@db1")]
        run = person.over(person.desk.request_run("break", confirmed="thing@db1", overrides=sure))
        assert run.state is RunState.SUCCEEDED


def test_a_gate_that_closes_between_two_effects_stops_before_the_second(person: Person) -> None:
    person.desk.decide("point", "latest")
    person.over(person.desk.request_run("work"))
    run = person.over(person.desk.request_run("break", confirmed="thing@db1"))
    assert (run.state, run.refusal.gate) == (RunState.FAILED, "hold")
    assert "restored without a hold" not in HELD
    sure = [Override(gate="hold", reason="the schedule is off")]
    run = person.over(person.desk.request_run("break", confirmed="thing@db1", overrides=sure))
    assert run.state is RunState.SUCCEEDED


def test_what_another_incident_touches_is_named_in_the_dry_run_and_refused(tmp_path: Path) -> None:
    """Not only what is destructive: letting the writers in is not, and undoes the other's recovery."""
    places = places_in(tmp_path)
    first, second = Person(declared(places)), Person(declared(places))
    at_work = Action(msgspec.structs.replace(other.spec), lambda ctx: Outcome(ok=True, summary="done"), target)
    with running(first.place, world(places, at_work)), running(second.place, world(places, at_work, work)):
        assert first.over(first.desk.request_run("other")).state is RunState.SUCCEEDED
        run = second.over(second.desk.request_run("other", dry_run=True))
        assert run.state is RunState.SUCCEEDED
        assert [gate.gate for gate in run.closed] == ["target"]
        assert first.incident().id in run.closed[0].message
        run = second.over(second.desk.request_run("other"))
        assert (run.state, run.refusal.gate) == (RunState.REFUSED, "target")
        assert second.over(second.desk.request_run("work")).state is RunState.SUCCEEDED, "a hold is shared"


def test_what_shares_a_thing_does_not_run_beside_it_whatever_it_is_called(tmp_path: Path) -> None:
    places = places_in(tmp_path)
    person = Person(declared(places))
    elsewhere = Action(msgspec.structs.replace(work.spec, system="else", touches=("data directory",)), work.function)
    with running(person.place, world(places, other, elsewhere)):
        slow = person.desk.request_run("other")
        person.until(lambda i: i.runs[slow].state is RunState.RUNNING)
        run = person.over(person.desk.request_run("work"))
        assert (run.state, run.refusal.gate) == (RunState.REFUSED, "busy")
        assert "data directory" in run.refusal.message
        person.desk.cancel(slow)
        person.over(slow)


def test_a_claim_that_is_ours_is_not_written_again_and_a_full_disk_is_called_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        mine = Targets(tmp_path / "disk" / "locks", "INC-1", tmp_path / "journal.db")
        mine.claim(TARGET, ["data directory"])
        disk.fill()
        mine.claim(TARGET, ["data directory"])
        another = [*TARGET[:2], Identity(name="data directory", value="/other", known="reported")]
        with pytest.raises(TargetClaimed, match="Make room") as refused:
            mine.claim(another, ["data directory"])
        assert "owner" not in str(refused.value)


@pytest.mark.parametrize(("code", "advice"), [(errno.EROFS, "read-only"), (errno.EACCES, "owner and mode")])
def test_the_advice_fits_the_cause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, advice: str) -> None:
    def refuse(path: Path, data: bytes) -> None:
        raise OSError(code, "no", str(path))

    monkeypatch.setattr("actions.runner.targets.replace_whole", refuse)
    with pytest.raises(TargetClaimed, match=advice):
        Targets(tmp_path / "locks", "INC-1", tmp_path / "journal.db").claim(TARGET, ["data directory"])
