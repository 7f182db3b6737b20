"""Two incidents on one cluster, each with a runner of its own: neither takes away what the other stands on."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from actions.backups.hold import held, hold, is_held_for_us, release
from actions.inventory import load_inventory
from actions.registry import catalogue, registry
from actions.runner import World
from actions.systems.postgres.guards import is_down, writers_kept_out
from actions.systems.postgres.managers import unmanaged
from actions.systems.postgres.start_stop import start, stop
from actions.systems.postgres.writers import allow_writers, stop_writers
from actions.transport import open_transport
from journal.incident.records import Run, RunState
from journal.store.journal import Reader
from journal.store.rows import Reading
from journal.wording.other_incidents import other_incidents
from screens.guidance.status import troubles
from tests.actions.contexts import FakeContext
from tests.actions.worlds import Person, declared, places_in, running
from tests.closing import close_anyway
from tests.labs import Lab, lab
from tests.waiting import until

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("two-incidents")


def context(lab: Lab, incident: str = "INC-1") -> FakeContext:
    return FakeContext(load_inventory(lab.inventory_path), id=incident)


def test_a_hold_belongs_to_each_incident_and_ends_with_the_last(lab: Lab) -> None:
    before = lab.postgres.backup_config.read_text()
    first, second = context(lab), context(lab, "INC-2")
    assert first.do(hold).ok
    assert is_held_for_us(first) is None
    shut = is_held_for_us(second)
    assert shut and "only for INC-1" in shut.message and shut.opens == "backups.hold"

    joined = second.do(hold)
    assert joined.facts["changed"] and "INC-1" in joined.summary
    left = first.do(release)
    assert "INC-2" in left.summary
    assert is_held_for_us(second) is None, "the first incident's release took the second's hold away"
    assert not is_held_for_us(second) and is_held_for_us(first)
    assert second.do(held).facts["holders"] == ["INC-2"]
    assert lab.postgres.hold_file.exists()
    assert first.do(release).facts["changed"] == []

    assert second.do(release).ok
    assert not lab.postgres.hold_file.exists()
    assert lab.postgres.backup_config.read_text() == before


def test_a_hold_of_an_earlier_version_is_its_incidents(lab: Lab) -> None:
    before = lab.postgres.backup_config.read_text()
    first, second = context(lab), context(lab, "INC-2")
    assert first.do(hold).ok
    config = lab.postgres.backup_config
    config.write_text("".join(x for x in config.read_text().splitlines(keepends=True) if "Held for" not in x))
    assert is_held_for_us(first) is None
    assert is_held_for_us(second)
    assert first.do(release).ok
    assert config.read_text() == before
    assert not lab.postgres.hold_file.exists()


def test_a_hold_file_of_somebody_else_stays_theirs(lab: Lab) -> None:
    lab.postgres.hold_file.write_text("the storage is being moved; ask Kim\n")
    ctx = context(lab)
    assert "somebody else" in ctx.do(hold).summary
    assert "somebody else" in ctx.do(release).summary
    assert "ask Kim" in lab.postgres.hold_file.read_text()
    lab.postgres.hold_file.unlink()


def test_the_gates_of_a_restore_look_at_the_server(lab: Lab) -> None:
    ctx = context(lab)
    shut = is_down(ctx)
    assert shut and (shut.gate, shut.yields, shut.opens) == ("down", "never", "postgres.stop")
    out = writers_kept_out(ctx)
    assert out and (out.yields, out.opens) == ("reason and target", "postgres.stop_writers")
    assert ctx.do(stop_writers).ok
    assert writers_kept_out(ctx) is None
    assert ctx.do(stop).ok
    assert is_down(ctx) is None
    assert ctx.do(allow_writers).ok
    assert writers_kept_out(ctx), "it is down, and lets everybody in when somebody starts it"
    assert ctx.do(start).ok


@contextmanager
def two(lab: Lab, folder: Path) -> Iterator[tuple[Person, Person]]:
    places = places_in(folder)
    here = World(
        registry=registry(),
        catalogue=catalogue(),
        inventory=load_inventory(lab.inventory_path),
        open_transport=open_transport,
        locks=places.locks,
    )
    first, second = Person(declared(places)), Person(declared(places))
    with running(first.place, here), running(second.place, here):
        yield first, second


def do(person: Person, action: str, **more: Any) -> Run:
    run: Run = person.over(person.desk.request_action(action, {}, **more))
    return run


def test_what_one_incident_works_on_another_only_looks_at(lab: Lab, tmp_path: Path) -> None:
    with two(lab, tmp_path) as (first, second):
        assert do(first, "backups.hold").state is RunState.SUCCEEDED
        target = next(i.value for i in do(first, "postgres.stop_writers", dry_run=True).target if i.name == "confirm")
        assert do(first, "postgres.stop_writers", confirmed=target).state is RunState.SUCCEEDED
        assert do(second, "backups.hold").state is RunState.SUCCEEDED
        assert do(second, "postgres.writers").state is RunState.SUCCEEDED
        for action in ("postgres.allow_writers", "backups.take", "postgres.start", "postgres.stop"):
            run = do(second, action, confirmed=target)
            assert (run.state, run.refusal and run.refusal.gate) == (RunState.REFUSED, "target"), action
            assert run.refusal and first.incident().id in run.refusal.message

        foreseen = do(first, "postgres.restore", dry_run=True)
        assert "would restore backup" in foreseen.summary, "it tells what it would do though the server runs"
        gates = {gate.gate: gate.opens for gate in foreseen.closed}
        assert gates.keys() == {"recovery-point", "smallest-cure", "down"}
        assert (gates["recovery-point"], gates["down"]) == ("recovery_point", "postgres.stop")

        assert do(second, "backups.release").state is RunState.SUCCEEDED
        assert "hold" not in {gate.gate for gate in do(first, "postgres.restore", dry_run=True).closed}
        lab.postgres.hold_file.unlink()  # whoever did that: the step is still ticked
        assert "hold" in {gate.gate for gate in do(first, "postgres.restore", dry_run=True).closed}
        assert do(first, "backups.release").state is RunState.SUCCEEDED
        assert do(first, "postgres.allow_writers").state is RunState.SUCCEEDED


@pytest.mark.parametrize(
    ("leave", "name"),
    [
        (("patroni.dynamic.json", "{}"), "Patroni"),
        (("postgresql.auto.conf", "shared_preload_libraries = 'repmgr'\n"), "repmgr"),
        (("custom.conf", "archive_command = '/controller/manager wal-archive %p'\n"), "CloudNativePG"),
    ],
)
def test_a_server_that_somebody_else_manages_is_told_by_what_lies_there(
    lab: Lab, leave: tuple[str, str], name: str
) -> None:
    ctx = context(lab)
    assert unmanaged(ctx) is None
    file = lab.postgres.data_directory / leave[0]
    before = file.read_text() if file.exists() else None
    file.write_text((before or "") + leave[1])
    shut = unmanaged(ctx)
    file.write_text(before) if before is not None else file.unlink()
    assert shut and (shut.gate, shut.yields) == ("managed", "reason and target")
    assert name in shut.message
    assert "not seen on this host" in shut.message or "no Patroni of it runs on" in shut.message


@pytest.mark.parametrize("program", ["patroni", "repmgrd", "pg_autoctl", "stolon-keeper"])
def test_its_daemon_is_found_and_one_that_manages_something_else_is_not_taken_for_it(
    lab: Lab, tmp_path: Path, program: str
) -> None:
    ctx, config = context(lab), lab.directory / f"{program}.conf"
    daemon = lab.directory / program
    daemon.symlink_to("/bin/sleep")
    for data, managed in (("/var/lib/elsewhere", False), (str(lab.postgres.data_directory), True)):
        config.write_text(f"postgresql:\n  data_dir: {data}\n")
        config.chmod(0o644)
        running = subprocess.Popen(["bash", "-c", f"exec -a '{program} {config}' {daemon} 60"])
        try:
            named = Path(f"/proc/{running.pid}/cmdline")
            until(lambda named=named: named.read_text().startswith(program))
            shut = unmanaged(ctx)
        finally:
            running.kill()
            running.wait()
        assert bool(shut) == managed, shut
        assert not shut or "runs here" in shut.message


def test_each_incident_is_told_of_the_other_until_that_is_closed(lab: Lab, tmp_path: Path) -> None:
    with two(lab, tmp_path) as (first, second):
        for one, other in ((first, second), (second, first)):
            until(lambda one=one: others(one))
            (line,) = others(one)
            assert line.startswith(f"ALSO OPEN on postgres: {other.incident().id} on ")
            assert "It broke" in line
            assert line in troubles(one.incident(), readings(one))
        close_anyway(second.desk, second.incident, "it was the same")
        until(lambda: not others(first))


def test_what_a_closed_incident_claimed_is_free_though_its_runner_was_not_there(lab: Lab, tmp_path: Path) -> None:
    with two(lab, tmp_path) as (first, second):
        assert do(first, "postgres.start").state is RunState.SUCCEEDED
        assert do(second, "postgres.start").state is RunState.REFUSED
    close_anyway(first.desk, first.incident, "done")
    with two(lab, tmp_path) as (third, _):
        assert do(third, "postgres.start").state is RunState.SUCCEEDED


def readings(person: Person) -> dict[str, Reading]:
    with Reader(person.place.journal) as reader:
        return reader.readings()


def others(person: Person) -> list[str]:
    return other_incidents(readings(person))
