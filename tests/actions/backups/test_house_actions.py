"""``backups.*`` over an engine that is not PostgreSQL's: what holds for every type of system."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from actions.backups.engine import CopySource
from actions.backups.fetch import fetch
from actions.backups.hold import held, hold, is_held_for_us, release
from actions.backups.storage.storage import Where
from actions.backups.take import take
from actions.backups.verify import verify
from actions.outcome import ActionFailed, GateClosed
from actions.settings import OffsiteSettings
from actions.systems.postgres.backups.engine import ENGINE as PGBACKREST
from journal.events.types import Cure, Finding
from journal.incident.backup_catalogue import BackupCatalogue
from journal.incident.spared import Standing
from tests.actions.backups import crates as crate_module
from tests.actions.backups.crates import NOON, BackupSet, CrateEngine, crates
from tests.actions.contexts import FakeContext

NAME_IT = Cure(words="Say which are affected.", decision="affected")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> CrateEngine:
    fresh = CrateEngine()
    monkeypatch.setattr(crate_module, "ENGINE", fresh)
    return fresh


def at(system: str = "left", incident: str = "INC-1", **more: Any) -> FakeContext:
    return FakeContext(crates(), system=system, id=incident, **more)


def set_of(label: str, hours: int, unusable: str = "") -> BackupSet:
    return BackupSet(label=label, kind="full", ended_at=NOON + timedelta(hours=hours), unusable=unusable)


def test_a_hold_is_of_each_incident_and_each_system(engine: CrateEngine) -> None:
    assert at(dry_run=True).do(hold).ok and engine.hold_text is None
    assert at().do(hold).facts["changed"] == ["scheduled backups wait"]
    assert at().do(hold).facts["changed"] == []
    for stranger in (at(incident="INC-2"), at("right")):
        assert (shut := is_held_for_us(stranger)) and shut.opens == "backups.hold" and "only for INC-1" in shut.message
        assert not stranger.do(held).facts["held"]
        assert stranger.do(hold).ok
        assert "INC-1" in stranger.do(hold).summary

    assert at().do(release).facts["changed"] == ["scheduled backups go on waiting"]
    assert at().do(release).facts["changed"] == []
    assert is_held_for_us(at())
    assert is_held_for_us(at(incident="INC-2")) is None and is_held_for_us(at("right")) is None
    assert at("right").do(held).facts["holders"] == ["INC-1", "INC-2 (left)"]

    assert at("right").do(release).ok
    assert at(incident="INC-2").do(release).facts["changed"] == ["scheduled backups run again"]
    assert engine.hold_text is None
    assert at().do(held).summary == "Scheduled backups run."


def test_a_hold_that_somebody_overwrote_is_not_claimed(engine: CrateEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(crate_module, "with_holder", lambda before, *_: before)
        with pytest.raises(ActionFailed, match="does not stand"):
            at().do(hold)
        assert at(dry_run=True).do(hold).ok
    assert at().do(hold).ok


def test_what_cannot_be_held_is_no_hold(engine: CrateEngine) -> None:
    engine.scheduled = "the store has a schedule of its own"
    done = at().do(hold)
    assert not done.ok
    assert "scheduled backups are NOT stopped, the store has a schedule of its own: stop their schedule by hand" in (
        done.summary
    )
    assert (shut := is_held_for_us(at())) and "the store has a schedule of its own" in shut.message


def test_while_held_only_what_was_recovered_is_backed_up(engine: CrateEngine) -> None:
    assert at(incident="INC-2").do(hold).ok
    with pytest.raises(GateClosed, match=r"held for INC-2.*would hold the damage") as closed:
        at().do(take)
    assert (closed.value.gate, closed.value.yields, closed.value.opens) == ("hold", "reason", "backups.release")
    assert not engine.sets
    asked = at(overrides={"hold": "the auditor wants it"})
    assert asked.do(take).ok
    assert any("the auditor wants it" in line for line in asked.lines)
    engine.was_recovered = True
    assert at().do(take).facts["backup"] == "crate-1"


@pytest.mark.parametrize(
    ("standing", "holder", "words", "helps"),
    [
        (Standing(why="nobody decided yet", cure=NAME_IT), "INC-1", "INC-1, and nobody decided yet", ("affected", "")),
        (Standing(why="it is down"), "INC-1", "INC-1, and it is down", ("", "hold")),
        (Standing(spared=True), "INC-2", "INC-2, and of them INC-2 may know", ("", "hold")),
    ],
)
def test_while_held_what_is_not_proven_to_be_spared_is_not_backed_up(
    engine: CrateEngine, standing: Standing, holder: str, words: str, helps: tuple[str, str]
) -> None:
    assert at(incident=holder).do(hold).ok
    with pytest.raises(GateClosed, match=f"held for {words}") as closed:
        at(standing=standing).do(take)
    (cure,) = closed.value.cures
    assert (cure.decision, cure.override) == helps
    assert not engine.sets


def test_while_this_incident_holds_them_what_the_damage_spared_is_backed_up(engine: CrateEngine) -> None:
    assert at().do(hold).ok and at("right").do(hold).ok
    assert at(standing=Standing(spared=True)).do(take).ok


def test_what_the_engine_does_not_know_is_refused_before_anything_begins(engine: CrateEngine) -> None:
    with pytest.raises(ActionFailed, match=r"'diff' is no kind of backup of left\.\n.*full"):
        at().do(take, kind="diff")
    with pytest.raises(ActionFailed, match="backups of left know no repository"):
        at().do(take, repository=2)
    assert not engine.sets
    engine.options = ("repository",)
    assert at(dry_run=True).do(take, repository=2).summary == "would take a full backup"
    assert {"full", "diff", "incr"} == {*PGBACKREST.kinds} and "repository" in PGBACKREST.options


def test_a_backup_that_holds_damage_fails_and_says_what_finds_it(engine: CrateEngine) -> None:
    engine.new_set = "holds broken eggs"
    taken = at().do(take)
    assert not taken.ok
    assert taken.summary == "Backup crate-0 holds broken eggs: it is not restored from."
    assert [cure.action for cure in taken.cures] == ["crate.count"]


def test_a_quick_look_is_partial_and_a_full_one_reads_all(engine: CrateEngine) -> None:
    engine.sets = [set_of("a", 0), set_of("b", 1)]
    engine.damaged = ["b"]
    quick = at().do(verify)
    assert quick.ok and quick.partial and "files not read" in quick.summary
    assert "sound" not in quick.facts
    known = BackupCatalogue.of(quick.facts)
    assert known.whole and known.ended == {each.label: each.ended_at for each in engine.sets}

    dry = at(dry_run=True)
    assert dry.do(verify, full=True).partial and "would read every file of the repository" in dry.lines
    assert engine.marked == {}, "what was not read is not marked"
    full = at().do(verify, full=True)
    assert full.ok and not full.partial, "a sound one is left"
    assert {label: (mark := known.verified) and mark.ok for label, known in engine.marked.items()} == {
        "a": True,
        "b": False,
    }
    assert (full.facts["sound"], full.facts["damaged"], full.facts["crates"]) == (["a"], ["b"], 2)
    assert full.summary.startswith("1 finding: backup b is damaged. The newest that a restore may take: a, ended ")
    assert full.cures == []
    engine.damaged = ["a", "b"]
    none = at().do(verify, full=True)
    assert not none.ok and none.summary.endswith("No sound backup is left.")
    assert "another copy of its backups" in none.cures[0].words
    away = at()
    away.inventory = replace(away.inventory, offsite=OffsiteSettings(place="/mnt/away"))
    assert [cure.action for cure in away.do(verify, full=True).cures] == [""], "what is never copied is not fetched"
    with pytest.raises(ActionFailed, match="lie in no folder or bucket that could be copied"):
        away.do(fetch)
    engine.copied = CopySource(host="here", where=Where(place="/srv/crates"), proof="{label}")
    assert [cure.action for cure in away.do(verify, full=True).cures] == ["backups.fetch", ""]


def test_what_is_unusable_or_lost_is_found_at_once(engine: CrateEngine) -> None:
    engine.findings = [Finding(severity="wrong", about="", text="the shelf is gone", cure="Find the shelf.")]
    none = at().do(verify)
    assert [str(finding) for finding in none.findings] == ["the shelf is gone", "there is no usable backup"]
    assert none.facts["sets"] == {}, "it was looked, and there is nothing to restore from"
    assert not none.ok
    engine.sets = [set_of("a", 0), set_of("b", 1, "holds broken eggs")]
    seen = at().do(verify)
    assert seen.ok and seen.findings[0].cure == "Find the shelf."
    assert seen.facts["newest"] == "a" and "backup b holds broken eggs" in seen.summary


def test_a_type_without_backups_says_so() -> None:
    for action in (hold, release, held, take, verify):
        with pytest.raises(ActionFailed, match="bare has no backups"):
            at("bare").do(action)
