"""A lab runs whatever types of systems there are, by what each brings, and knows nothing else of them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from click.testing import CliRunner

from actions import system_types
from actions.system_type import SystemType
from cleo_console.cli.lab import lab as command
from cleo_console.lab import Lab, processes, service_types
from cleo_console.lab.account import Account
from cleo_console.lab.service import Done, FaultKind, Instance, LabService, Order, Say, ServiceStatus
from cleo_console.lab.workspace import Workspace
from cleo_console.plans import bundled
from cleo_console.settings import journal_paths
from journal.commands.declare import Declaration, declare
from journal.errors import CleoError
from journal.events.types import Kind
from journal.plan.load import load_plan
from tests.labs import lab_directory
from tests.waiting import until

HERE = "tests.cleo_console.test_lab_services"


def _lose(bell: Bell) -> Done:
    bell.marker.unlink()
    return "The bell is lost.", {"marker": str(bell.marker)}


class Bell(LabService):
    """A service whose server is a sleeping shell: it is the lab's by the variable that it carries, and by no more."""

    small_bytes: ClassVar[int] = 1000
    faults: ClassVar[tuple[FaultKind, ...]] = (FaultKind("lose", "lose the bell", _lose),)

    def __init__(self, instance: Instance, lab: Path, primary: LabService | None = None) -> None:
        super().__init__(instance, lab, primary)
        chosen = instance.settings
        self.workspace = Workspace(lab, instance.name, Account("", chosen["uid"], chosen["gid"]))

    @classmethod
    def choose_settings(cls, name: str, primary: LabService | None) -> dict[str, Any]:
        return {"uid": os.geteuid(), "gid": os.getegid()}

    @property
    def title(self) -> str:
        return f"Bell {self.instance.name}"

    @property
    def address(self) -> str:
        return "nowhere"

    @property
    def marker(self) -> Path:
        return self.workspace.run_directory / "bell"

    @property
    def script(self) -> Path:
        return self.workspace.directory / "bin" / "ring.sh"

    def create(self, order: Order, say: Say) -> None:
        say(f"Casting {self.title}.")
        self.workspace.make()
        self.script.write_text("while :; do sleep 1; done\n")
        self.marker.touch()
        self.start()

    def start(self) -> None:
        self.workspace.spawn(["sh", str(self.script)], self.workspace.log("bell"))

    def stop(self) -> None:
        processes.end_processes(self.workspace.directory)

    def is_running(self) -> bool:
        return processes.running_script(self.workspace.directory, self.script) is not None

    def status(self) -> ServiceStatus:
        found = processes.running_script(self.workspace.directory, self.script)
        trouble = [] if self.marker.exists() else ["the bell is lost"]
        return ServiceStatus("bell", self.address, {"ringer": found.pid if found else None}, trouble=trouble)

    def inventory_entry(self) -> dict[str, Any]:
        return {"title": self.title}


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Types as if their packages were installed, and a folder for a lab of them."""
    types = {
        name: SystemType(name=name, title=name, settings="", probe="", lab=part)
        for name, part in (("bell", f"{HERE}:Bell"), ("broken", "nowhere.at_all:Service"), ("plain", ""))
    }
    monkeypatch.setattr(system_types, "_installed", lambda: (types, {}))
    caches = (service_types.service_classes, service_types.server_programs)
    for each in caches:
        each.cache_clear()
    with lab_directory() as directory:
        yield directory
    for each in caches:
        each.cache_clear()


def cleo(directory: Path, *words: str) -> str:
    done = CliRunner().invoke(command, [*words, "--dir", str(directory)], catch_exceptions=False)
    return done.output


def test_a_lab_of_another_type_alone_lives_breaks_and_goes(bells: Path) -> None:
    said = cleo(bells, "up", "--only", "tower=bell", "--also", "bell")
    assert "Casting Bell tower." in said
    lab = Lab.at(bells)
    assert list(lab.services) == ["tower", "bell"]
    systems = yaml.safe_load(lab.inventory_path.read_text())["systems"]
    assert systems == {
        "tower": {"type": "bell", "plays": "bell", "title": "Bell tower"},
        "bell": {"type": "bell", "title": "Bell bell"},
    }
    until(lambda: lab.status().whole)

    fault = json.loads(cleo(bells, "break", "tower", "--how", "lose", "--json"))
    assert (fault["system"], fault["what"]) == ("tower", "The bell is lost.")
    status = lab.status()
    assert {name: service.whole for name, service in status.services.items()} == {"tower": False, "bell": True}

    cleo(bells, "down", "--keep")
    assert processes.lab_processes(bells) == []
    cleo(bells, "up")
    assert list(Lab.at(bells).services) == ["tower", "bell"], "what is not asked for is not added"
    until(Lab.at(bells).services["bell"].is_running)
    assert cleo(bells, "down") == "The lab is gone: no process, no folder.\n"
    assert processes.lab_processes(bells) == []


def test_an_incident_that_is_still_open_is_named_as_its_lab_goes(
    bells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEO_HOME", str(tmp_path))
    cleo(bells, "up", "--only", "tower=bell")
    inventory, now = str(Lab.at(bells).inventory_path), datetime.now(UTC)
    told = Declaration(
        title="the bell", scenario="database-failure", severity="low", kind=Kind.LAB, began_at=now, discovered_at=now
    )
    place = declare(journal_paths(), load_plan(bundled()), told, actor="ana@here", inventory=inventory)
    left = place.folder.name
    assert f"{left} is still open, and its runner goes on: cleo close --incident {left}" in cleo(bells, "down")


@pytest.mark.parametrize(
    ("system", "words"),
    [("broken", "cannot be loaded"), ("plain", "cannot run a plain"), ("x=none", "no type of system")],
)
def test_what_cannot_run_in_a_lab_is_refused_before_anything_is_made(bells: Path, system: str, words: str) -> None:
    with pytest.raises(CleoError, match=words):
        Lab.up(bells, systems=[system])
    with pytest.raises(CleoError, match="standby of a bell"):
        Lab.up(bells, systems=["bell"], standby=True)
    assert not bells.exists()


def test_a_service_whose_making_was_cut_short_is_made_anew(bells: Path) -> None:
    Lab.up(bells, systems=["bell"])
    left = bells / "tower"
    Bell(Instance(name="tower", type="bell", settings=Bell.choose_settings("tower", None)), bells).create(
        Order(None, 1), lambda _: None
    )
    until(lambda: processes.lab_processes(left))  # a program that was just started has no command line yet
    before = {process.pid for process in processes.lab_processes(left)}
    assert before
    lab = Lab.up(bells, systems=["bell", "tower=bell"])
    until(lambda: lab.status().whole)
    assert not before & {process.pid for process in processes.lab_processes(left)}
