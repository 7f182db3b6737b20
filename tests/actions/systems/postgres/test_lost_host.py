"""A primary whose host is gone: its backups are held and looked at by who else reaches them, and nobody is stuck."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import yaml

from actions.backups.hold import held, hold, release
from actions.backups.verify import verify
from actions.inventory import Inventory, load_inventory
from actions.registry import catalogue, registry
from actions.runner import World
from actions.transport import open_transport
from journal.incident.records import RunState
from tests.actions.contexts import FakeContext
from tests.actions.systems.postgres.failing_over import STANDBY, inventory_of, with_fields
from tests.actions.systems.postgres.test_promote import plan
from tests.actions.worlds import Person, declared, places_in, running
from tests.labs import Lab, running_lab

pytestmark = pytest.mark.xdist_group("promote")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running_lab() as running_:
        yield Lab.up(running_.directory, standby=True)


def gone(lab: Lab, folder: Path, *, shared: bool = True) -> Inventory:
    """Return the lab's inventory without the primary's host; not ``shared``: the standby has other backups.

    Then there is no second place either: what is held there has tests of its own.
    """
    inventory = inventory_of(lab, folder, gone=True)
    backups = inventory.systems[STANDBY].backups  # type: ignore[attr-defined]
    other = type(backups)(**{**_fields(backups), "stanza": "another"})
    if shared:
        return inventory
    return msgspec.structs.replace(with_fields(inventory, STANDBY, backups=other), offsite=None)


def _fields(struct: object) -> dict[str, object]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}  # type: ignore[attr-defined]


def test_backups_are_held_and_looked_at_by_the_standby_that_has_the_same(lab: Lab, tmp_path: Path) -> None:
    ctx, config = FakeContext(gone(lab, tmp_path)), Path(lab.cluster(STANDBY).backup_config)
    before = config.read_text()
    seen = ctx.do(verify)
    assert seen.ok
    assert seen.facts["backups"] == 1
    assert f"by the host of {STANDBY}" in seen.summary
    done = ctx.do(hold)
    assert done.summary.startswith(f"Backups are held on the host of {STANDBY}")
    (warned,) = done.findings
    assert warned.about == "postgres on gone"
    assert warned.text.startswith("held in the second place, not there: once it is back `cleo backup run` waits")
    assert "backups.hold --on postgres" in warned.cure
    assert ctx.do(held).facts["held"]
    assert ctx.do(release).ok
    assert config.read_text() == before


def test_where_nobody_reaches_them_that_is_said_and_nothing_is_in_force(lab: Lab, tmp_path: Path) -> None:
    ctx = FakeContext(gone(lab, tmp_path, shared=False))
    seen, done = ctx.do(verify), ctx.do(hold)
    assert seen.ok
    assert seen.partial.startswith("not looked at")
    assert "may be whole, or gone" in seen.findings[0].text
    assert done.partial.startswith("not held")
    assert done.facts == {"held": False, "in_force": False}
    assert "held" not in ctx.do(held).facts
    assert "a hold of this incident may stand there" in ctx.do(release).findings[0].text


def test_a_hold_from_before_the_failover_ends_on_both_hosts(lab: Lab) -> None:
    """The plan's release acts on who took over; the hold was written on the old primary's host."""
    both = [Path(lab.cluster(name).backup_config) for name in ("postgres", STANDBY)]
    before = [file.read_text() for file in both]
    assert FakeContext(load_inventory(lab.inventory_path)).do(hold).ok
    assert [file.read_text() == text for file, text in zip(both, before, strict=True)] == [False, True]
    assert FakeContext(load_inventory(lab.inventory_path), system=STANDBY).do(release).ok
    assert [file.read_text() for file in both] == before


def test_a_step_at_a_lost_host_fails_with_what_helps_and_is_left_out(lab: Lab, tmp_path: Path) -> None:
    inventory = gone(lab, tmp_path)
    place = declared(places_in(tmp_path), plan=plan())
    person = Person(place)
    world = World(registry(), catalogue(), inventory, open_transport, locks=places_in(tmp_path).locks)
    with running(place, world):
        run = person.over(person.desk.request_action("postgres.start", {}, system="postgres"))
        assert run.state is RunState.FAILED
        assert run.left_behind == "Nothing was begun."
        assert [cure.leave_out for cure in run.cures] == ["postgres.start"]
        cold = person.over(person.desk.request_action("postgres.restore", {}, system="postgres", dry_run=True))
        assert cold.cures[0].decision == "strategy"
        held_ = person.over(person.desk.request_action("backups.hold", {}, system="postgres"))
        assert held_.state is RunState.SUCCEEDED, held_.summary
        assert [one.undone_by for one in person.incident().in_force.values()] == ["backups.release"]


def test_redis_says_so_too(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        host = {"via": "ssh", "host": "127.0.0.1", "port": free.getsockname()[1], "relink_s": 0.0}
    entry = {"type": "redis", "host": "gone", "data_directory": "/srv/redis", "backups": {"repository": "/srv/backups"}}
    redis = {**entry, "service": {"manager": "systemd", "unit": "redis"}}
    file = tmp_path / "inventory.yaml"
    systems = {"hosts": {"gone": host}, "systems": {"redis": redis}}
    file.write_text(yaml.safe_dump({"name": "x", "allows": ["LAB"], "lab": True, **systems}))
    ctx = FakeContext(load_inventory(file), system="redis")
    assert ctx.do(hold).partial.startswith("not held")
    assert ctx.do(verify).partial.startswith("not looked at")
