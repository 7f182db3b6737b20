"""A cold standby that is activated: refused where the host does not fit, and killed at every point between two effects.

On one machine, with the standby as a host of another site; the lost server is fenced by its service.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from msgspec.structs import replace

from actions.cold_standby.activate import activate
from actions.cold_standby.standby import ACTIVATE
from actions.inventory import load_inventory
from actions.outcome import ActionFailed, GateClosed
from actions.settings import SystemSettings
from actions.systems.mongodb.failover.fence import fence as fence_mongodb
from actions.systems.postgres.failover.fence import fence as fence_postgres
from benchmarks.incidents import fold
from cleo_console.lab.service import Instance, LabService, Order
from cleo_console.lab.service_types import class_of
from tests.actions.contexts import FakeContext
from tests.e2e.stand import Stand
from tests.labs import Lab, lab_directory
from tests.soak.killing import Killing, Step, home

__all__ = ["home"]

FENCES = {"postgres": fence_postgres, "mongodb": fence_mongodb}
TYPES = ("postgres", "mongodb")
VERSIONS = {"postgres": ("postgres", "postgres (PostgreSQL) 11.2"), "mongodb": ("mongod", "db version v4.4.1")}
"""A server's program, and what it says where it is of another release."""


class ColdLab:
    """A lab of one server whose backups are copied, and a host that stands by for it.

    Args:
        lab: the lab.
        system: the server.
    """

    def __init__(self, lab: Lab, system: str) -> None:
        self.lab, self.system = lab, system
        self.standby = self._prepared()
        self.folder = lab.directory / self.name
        self._as_prepared = lab.directory / f"{self.name}.before"
        _copy(self.folder, self._as_prepared)

    @property
    def name(self) -> str:
        """The standby's name."""
        return f"{self.system}-cold"

    @property
    def copies(self) -> Path:
        """What is in the second place of the server."""
        return self.lab.directory / "offsite" / "copies" / self.system

    def reset(self) -> None:
        """Have the standby's host as it was prepared."""
        shutil.rmtree(self.folder)
        _copy(self._as_prepared, self.folder)

    def settings(self) -> SystemSettings:
        """The standby's entry in the inventory."""
        return load_inventory(self.lab.inventory_path).systems[self.name]

    def repository(self) -> Path:
        """Where the copies are brought to."""
        return self.folder / ("repo" if self.system == "postgres" else f"repo/{self.name}")

    def context(self, **more: object) -> FakeContext:
        """An incident of its own, in which the server is lost."""
        return FakeContext(load_inventory(self.lab.inventory_path), system=self.system, **more)  # type: ignore[arg-type]

    def hold_file(self) -> Path:
        """What says for whom its backups are held."""
        return Path(self.settings().backups.hold_file)  # type: ignore[attr-defined]

    def _prepared(self) -> LabService:
        primary = self.lab.services[self.system]
        named = Instance(name=self.name, type=self.system, site="dr", standby_of=self.system, cold=True)
        class_ = class_of(named)
        found = class_(replace(named, settings=class_.choose_settings(self.name, primary)), self.lab.directory, primary)
        found.create(Order(None, 600), lambda words: None)
        inventory = yaml.safe_load(self.lab.inventory_path.read_text())
        inventory["hosts"]["db2"] = {"via": "local"}
        said = {"type": self.system, "site": "dr", "standby_of": self.system, "cold": True}
        inventory["systems"][self.name] = {**said, **found.inventory_entry(), "host": "db2"}
        self.lab.inventory_path.write_text(yaml.safe_dump(inventory))
        return found


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def files(folder: Path) -> dict[str, bytes]:
    """Return what lies in a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module", params=TYPES)
def cold(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ColdLab]:
    with lab_directory() as directory:
        lab = Lab.up(directory, systems=[request.param], backup_minutes=600)
        Stand(lab, tmp_path_factory.mktemp("home")).cleo("backup", "run", "--type", "offsite-sync")
        yield ColdLab(lab, request.param)


@contextmanager
def listening(port: int) -> Iterator[None]:
    with socket.create_server(("127.0.0.1", port)):
        yield


def data_there(cold: ColdLab) -> str:
    place = Path(cold.settings().place())
    place.mkdir(parents=True, exist_ok=True)
    (place / "somebody").write_text("else's")
    return "its data directory"


def repository_there(cold: ColdLab) -> str:
    cold.repository().mkdir(exist_ok=True)
    (cold.repository() / "somebody").write_text("else's")
    return "its repository"


@pytest.mark.parametrize("occupy", [data_there, repository_there])
def test_what_somebody_else_has_there_stops_it(cold: ColdLab, occupy: Callable[[ColdLab], str]) -> None:
    cold.reset()
    words = occupy(cold)
    for dry_run in (True, False):
        with pytest.raises(GateClosed, match=rf"db2 is not empty: {words} .* \(somebody\)"):
            cold.context(dry_run=dry_run).do(activate)
    assert not [name for name in files(cold.repository()) if name != "somebody"]


def test_who_listens_on_its_port_stops_it(cold: ColdLab) -> None:
    cold.reset()
    port = int(getattr(cold.settings(), "port"))  # noqa: B009
    with listening(port), pytest.raises(GateClosed, match=f"somebody listens on its port {port}"):
        cold.context().do(activate)
    assert not files(cold.repository())


def test_somebody_who_decided_goes_on_and_replaces_nothing(cold: ColdLab) -> None:
    cold.reset()
    data_there(cold)
    for dry_run in (True, False):
        assert cold.context(overrides={"occupied": "left by a rehearsal"}, dry_run=dry_run).do(activate).ok
    assert (Path(cold.settings().place()) / "somebody").read_text() == "else's"
    assert files(cold.repository()).items() >= files(cold.copies).items()


def test_too_little_room_is_said_before_anything_is_fetched(cold: ColdLab) -> None:
    cold.reset()
    repository = cold.folder / "repo"
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=777", "tmpfs", str(repository)]
    subprocess.run(mount, check=True)
    try:
        with pytest.raises(GateClosed, match=r"no room to restore: .* for the copies") as raised:
            cold.context(dry_run=True).do(activate)
        assert [cure.override for cure in raised.value.cures] == ["", "room"]
        assert not files(repository)
    finally:
        subprocess.run(["umount", str(repository)], check=True)


def test_copies_of_another_release_are_refused_before_they_are_fetched(cold: ColdLab) -> None:
    cold.reset()
    program, says = VERSIONS[cold.system]
    programs = cold.folder / "other-release"
    programs.mkdir(mode=0o755)
    (programs / program).write_text(f"#!/bin/sh\necho '{says}'\n")
    (programs / program).chmod(0o755)
    inventory = load_inventory(cold.lab.inventory_path)
    other = replace(cold.settings(), bin_directory=str(programs))  # type: ignore[call-arg]
    inventory = replace(inventory, systems={**inventory.systems, cold.name: other})
    with pytest.raises(ActionFailed, match=r"[0-9.]+, and db2 has (version )?(11|4\.4)") as raised:
        FakeContext(inventory, system=cold.system, dry_run=True).do(activate)
    assert "Install" in raised.value.cures[0].words
    assert not files(cold.repository())


def test_killed_at_every_point_the_next_run_sees_it_through(cold: ColdLab, home: Path) -> None:
    cold.reset()
    assert cold.context().do(FENCES[cold.system]).ok
    killing = Killing(cold.lab, home, [Step("activate", ACTIVATE, cold.system)])
    points = killing.points("activate")
    assert len(points) > 5, points
    for number, name in enumerate(points, 1):
        cold.reset()
        place = killing.begun("activate")
        state = killing.killed(place, "activate", number)
        print(f"{cold.system}, {name}: {state}", flush=True)
        assert files(cold.repository()).items() >= files(cold.copies).items(), name
        assert fold(place).takeovers == {cold.system: cold.name}, name
        assert place.name in cold.hold_file().read_text(), name
        killing.close(place)
