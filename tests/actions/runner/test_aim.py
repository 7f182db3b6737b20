"""Which system a run acts on goes by what its step is for, and by what is affected, as the inventory says now."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from actions.action import Action, action
from actions.context import ActionContext
from actions.inventory import Inventory
from actions.outcome import Outcome
from actions.runner.aim import aim
from actions.runner.gate_input import GateInput
from actions.runner.gates import closed_gates
from actions.settings import SystemSettings
from actions.transport import LocalHost
from actions.transport.local_transport import LocalTransport
from journal.events import types as e
from journal.events.types import Identity, Kind
from journal.incident.records import Run, RunState
from journal.plan.action_spec import ActionSpec
from journal.store.journal import Reader
from tests.actions.worlds import Person, declared, places_in, plan_with, running, world
from tests.journal.incident.test_instances import WHICH

IDENTITY = [Identity(name="confirm", value="thing@db1", known="reported")]
WORKED: list[str] = []


class Thing(SystemSettings, frozen=True, kw_only=True, tag="toy", tag_field="type"):
    """A system of the toy's type, without its fields."""


def things(**plays: str) -> Inventory:
    systems: dict[str, SystemSettings] = {name: Thing(plays=of, host="here") for name, of in plays.items()}
    return Inventory(name="tests", lab=True, allows=[Kind.LAB], hosts={"here": LocalHost()}, systems=systems)


@action("toy.work", target=lambda ctx: IDENTITY, resumable=True)
def work(ctx: ActionContext) -> Outcome:
    """Work."""
    WORKED.append(ctx.system)
    return Outcome(ok=True, summary="worked")


@action("toy.wipe", target=lambda ctx: IDENTITY, destructive=True)
def wipe(ctx: ActionContext) -> Outcome:
    """Wipe."""
    return Outcome(ok=True, summary="wiped")


def broken_target(ctx: ActionContext) -> list[Identity]:
    """Fail as a system does whose disk is gone."""
    raise OSError("no control file")


@action("toy.mend", target=broken_target, resumable=True, touches=("data directory",))
def mend(ctx: ActionContext) -> Outcome:
    """Work on what cannot say what it is."""
    WORKED.append(ctx.system)
    return Outcome(ok=True, summary="mended")


@action("toy.move", target=lambda ctx: WHOLE, resumable=True, touches=("data directory",))
def move(ctx: ActionContext) -> Outcome:
    """Work on a directory."""
    WORKED.append(ctx.system)
    return Outcome(ok=True, summary="moved")


def facts(**known: str) -> list[Identity]:
    return [Identity(name=name.replace("_", " "), value=value, known="reported") for name, value in known.items()]


WHOLE = facts(confirm="thing@db1", machine_id="4711", data_directory="/data")


class Machine(LocalTransport):
    """A machine that says who it is."""

    def host_identity(self) -> dict[str, str]:
        return {"hostname": "db1", "machine_id": "4711"}


TOY = {"id": "toy", "title": "Work on a toy", "action": "toy.work", "system": "thing"}


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    WORKED.clear()
    plan = plan_with(TOY)
    plan["phases"][0]["sections"][0]["steps"].append(WHICH)
    yield Person(declared(places_in(tmp_path), plan=plan))


@pytest.mark.parametrize(
    ("plays", "affected", "on", "acted"),
    [
        ({"a": "thing", "z": "analytics"}, "", "z", ""),
        ({"z": "analytics"}, "", "z", ""),
        ({"z": "analytics"}, "", "", ""),
        ({"a": "thing", "z": "analytics"}, "", "", "a"),
        ({"b": "thing"}, "thing/a", "", ""),
        ({"a": "thing", "b": "thing"}, "thing/a", "b", ""),
        ({"a": "thing", "b": "thing"}, "thing/a", "", "a"),
        ({"a": "thing", "b": "thing"}, "", "", ""),
    ],
)
def test_a_step_acts_on_what_plays_its_system_and_is_affected(
    person: Person, plays: dict[str, str], affected: str, on: str, acted: str
) -> None:
    if affected:
        person.journal.append(e.DecisionMade(step="which", name="affected", answer=affected))
    asked = run(1, "toy.work", on, step="toy")
    found = aim(asked, work.spec, person.incident(), things(**plays))
    assert (found if isinstance(found, str) else "") == acted


def test_a_look_at_all_systems_is_aimed_at_none_of_them(person: Person) -> None:
    """A standby plays nothing, and a look is for no plan system: that does not make them fit."""
    look = ActionSpec(name="status.check", title="Look")
    assert aim(run(1, "status.check", ""), look, person.incident(), things(a="thing", standby="")) == ""


def run(number: int, action_: str, system: str, **more: Any) -> Run:
    facts: dict[str, Any] = {"step": "", "params": {}, "dry_run": False, "probe_of": 0, "confirmed": "", **more}
    asked = {"overrides": [], "requested_by": "ana", "requested_at": datetime.now(UTC)}
    return Run(id=number, action=action_, system=system, state=RunState.RUNNING, **facts, **asked)


COMMAND = ActionSpec(name="command", title="Wipe", system="thing", destructive=True)
REPLACE = ActionSpec(name="thing.replace", title="Replace", system="thing", destructive=True)
ELSEWHERE = ActionSpec(name="other.replace", title="Replace", system="other", destructive=True)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("spec", "busy"), [(REPLACE, True), (ELSEWHERE, False)])
def test_a_destructive_command_over_a_fleet_may_be_at_each_of_its_systems(
    person: Person, spec: ActionSpec, turned: bool, busy: bool
) -> None:
    both = [(run(1, "command", ""), COMMAND), (run(2, spec.name, "a"), spec)]
    (asked, asked_spec), at_work = both[turned], both[not turned]
    gates = closed_gates(GateInput(asked, asked_spec, person.incident(), things(), [at_work]))
    assert ("busy" in [gate.gate for gate in gates]) == busy


@pytest.mark.parametrize(
    ("began_on", "system", "state"),
    [
        ("thing@db1", "a", RunState.SUCCEEDED),
        ("thing@db0", "a", RunState.IN_DOUBT),
        ("thing@db1", "c", RunState.IN_DOUBT),
    ],
)
def test_what_a_dead_runner_began_goes_on_only_where_it_began(
    person: Person, tmp_path: Path, began_on: str, system: str, state: RunState
) -> None:
    target = [Identity(name="confirm", value=began_on, known="reported")]
    (asked,) = person.journal.append(e.RunRequested(step="", action="toy.work", system=system))
    person.journal.append(e.ActionStarted(step="", run=asked.seq, action="toy.work", system=system, target=target))
    with running(person.place, world(places_in(tmp_path), work, inventory_=things(a="thing"))):
        over = person.over(asked.seq)
    assert (over.state, WORKED) == (state, ["a"] if state is RunState.SUCCEEDED else [])


def test_a_refusal_says_which_system_the_runner_aimed_at(person: Person, tmp_path: Path) -> None:
    (asked,) = person.journal.append(e.RunRequested(step="", action="toy.wipe"))
    with running(person.place, world(places_in(tmp_path), wipe, inventory_=things(a="thing"))):
        over = person.over(asked.seq)
    assert (over.state, over.refusal.gate, over.system) == (RunState.REFUSED, "interlock", "a")


@pytest.mark.parametrize(
    ("act", "began_on", "said"),
    [
        (
            mend,
            {"machine_id": "4711"},
            "CANNOT BE TOLD NOW (OSError: no control file); the machine is the same",
        ),
        (mend, {}, "nor whether it is the same machine"),
        (mend, {"machine_id": "4712"}, "it began on machine id 4712, and that is 4711 now"),
        (move, {"machine_id": "4711", "data_directory": "/data"}, "its runner died"),
        (move, {"machine_id": "4712", "data_directory": "/data"}, "it began on machine id 4712"),
        (move, {"machine_id": "4711", "data_directory": "/old"}, "it began on data directory /old, and that is /data"),
    ],
)
def test_another_machine_or_directory_is_never_gone_on_with(
    person: Person, tmp_path: Path, act: Action, began_on: dict[str, str], said: str
) -> None:
    target = facts(confirm="thing@db1", **began_on)
    (asked,) = person.journal.append(e.RunRequested(step="", action=act.spec.name, system="a"))
    person.journal.append(e.ActionStarted(step="", run=asked.seq, action=act.spec.name, system="a", target=target))
    there = dataclasses.replace(
        world(places_in(tmp_path), mend, move, inventory_=things(a="thing")), open_transport=lambda spec: Machine()
    )
    with running(person.place, there):
        over = person.over(asked.seq)
    goes_on = "began on" not in said
    assert (over.state, WORKED) == ((RunState.SUCCEEDED, ["a"]) if goes_on else (RunState.IN_DOUBT, []))
    with Reader(person.place.journal) as reader:
        whys = [event.body.why for event in reader.events() if isinstance(event.body, e.ActionReentered)]
    assert said in (whys[0] if goes_on else over.in_doubt)
    assert len(whys) == goes_on
