"""Several PostgreSQL clusters in one inventory: each is broken, recovered and left alone by its own name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from actions.inventory import known_systems, load_inventory
from actions.registry import catalogue, registry
from actions.runner import World
from actions.transport import open_transport
from cleo_console.lab.postgres.postmaster import postmaster
from journal.events.types import InventoryRead, Override
from journal.incident.instances import counts
from journal.incident.interlock import word_to_type
from journal.incident.records import Run, RunState, StepState
from tests.actions.worlds import PLAN, Person, declared, places_in, running
from tests.labs import Lab, lab_directory

pytestmark = pytest.mark.xdist_group("fleet")
NAMES = ("postgres", "orders", "billing")


def _step(id_: str, action: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "title": id_.capitalize(), "action": action, **more}


def plan() -> dict[str, Any]:
    decision = {"name": "recovery_point", "question": "To when?", "kind": "recovery-point"}
    steps = [
        {"id": "point", "title": "Point", "decision": decision},
        _step("hold", "backups.hold"),
        _step("writers", "postgres.stop_writers", system="postgres"),
        _step("stop", "postgres.stop", system="postgres", needs=["writers"]),
        _step("restore", "postgres.restore", system="postgres", needs=["stop"]),
    ]
    (phase,) = PLAN["phases"]
    rto = {"critical": {"title": "Critical", "rto": "1 h", "validated_by": ["restore"]}}
    return {
        **PLAN,
        "objectives": {**PLAN["objectives"], "rto": rto},
        "systems": {"postgres": {"title": "PostgreSQL", "tier": "critical", "data": "database"}},
        "scenarios": {"loss": {**PLAN["scenarios"]["loss"], "systems": ["postgres"]}},
        "phases": [{**phase, "sections": [{"title": "Work", "steps": steps}]}],
    }


class Fleet:
    """Three clusters, all of which play the plan's PostgreSQL, and an incident about them with a runner."""

    def __init__(self, lab: Lab, person: Person) -> None:
        self.lab = lab
        self.person = person

    def cluster(self, name: str) -> Any:
        return self.lab.cluster(name)

    def over(self, runs: list[int]) -> list[Run]:
        return [self.person.over(run) for run in runs]

    def confirmed(self, step: str, on: tuple[str, ...] = NAMES, *gates: str) -> list[Run]:
        """Run a destructive step at each, with the target that its dry run named; all at once."""
        overrides = [Override(gate=gate, reason="known in this test") for gate in gates]
        dry = self.over(self.person.desk.request_runs(step, on=on, dry_run=True))
        words = {run.system: word_to_type(run.target) for run in dry}
        asked = [
            self.person.desk.request_run(step, system=name, confirmed=words[name], overrides=overrides) for name in on
        ]
        return self.over(asked)

    def made_ready(self, *names: str) -> None:
        """Bring some to where a restore may begin."""
        self.person.desk.decide("point", "latest")
        held = self.over(self.person.desk.request_runs("hold", on=names))
        assert {run.state for run in held} == {RunState.SUCCEEDED}
        for step in ("writers", "stop"):
            assert {run.state for run in self.confirmed(step, names)} == {RunState.SUCCEEDED}

    def counted(self) -> str:
        incident = self.person.incident()
        return counts(incident, incident.plan.by_id["restore"])


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """One lab for both tests; the second works on whatever the first left."""
    with lab_directory() as directory:
        yield Lab.up(directory, systems=NAMES, backup_minutes=60.0)


@pytest.fixture
def fleet(lab: Lab, tmp_path: Path) -> Iterator[Fleet]:
    data = yaml.safe_load(lab.inventory_path.read_text())
    for entry in data["systems"].values():
        entry["plays"] = "postgres"
    file = tmp_path / "inventory.yaml"
    file.write_text(yaml.safe_dump(data))
    places, inventory = places_in(tmp_path), load_inventory(file)
    world = World(registry(), catalogue(), inventory, open_transport, locks=places.locks)
    person = Person(declared(places, plan=plan()))
    person.journal.append(InventoryRead(path=str(file), sha256="1", systems=known_systems(inventory, ["postgres"])))
    with running(person.place, world):
        yield Fleet(lab, person)


def test_one_is_restored_while_the_others_are_not_touched(fleet: Fleet) -> None:
    untouched = {name: fleet.cluster(name) for name in NAMES[1:]}
    before = {name: (postmaster(one.data_directory), one.backup_config.read_bytes()) for name, one in untouched.items()}
    fleet.lab.break_("postgres", "lose-data-directory")
    fleet.made_ready("postgres")
    (run,) = fleet.confirmed("restore", ("postgres",), "smallest-cure")
    assert run.state is RunState.SUCCEEDED, run.summary
    assert (fleet.counted(), fleet.person.incident().state("restore")) == ("1/3 done", StepState.WAITING)
    after = {name: (postmaster(one.data_directory), one.backup_config.read_bytes()) for name, one in untouched.items()}
    assert after == before
    for one in untouched.values():
        assert not one.hold_file.exists()
        assert int(one.psql("SELECT count(*) FROM heartbeat")) > 0


@pytest.mark.soak
def test_of_three_that_are_restored_one_fails_and_again_means_that_one(fleet: Fleet) -> None:
    fleet.made_ready(*NAMES)
    lost = fleet.cluster("orders").repository
    lost.rename(lost.with_name("elsewhere"))
    ended = {run.system: run.state for run in fleet.confirmed("restore", NAMES, "smallest-cure", "verified")}
    assert ended == {"postgres": RunState.SUCCEEDED, "orders": RunState.FAILED, "billing": RunState.SUCCEEDED}
    assert fleet.counted() == "2/3 done · 1 FAILED"
    assert fleet.person.incident().state("restore") is StepState.FAILED

    lost.with_name("elsewhere").rename(lost)
    (dry,) = fleet.over(fleet.person.desk.request_runs("restore", dry_run=True))
    assert dry.system == "orders"
    (again,) = fleet.confirmed("restore", ("orders",), "smallest-cure")
    assert again.state is RunState.SUCCEEDED, again.summary
    assert (fleet.counted(), fleet.person.incident().state("restore")) == ("3/3 done", StepState.DONE)
