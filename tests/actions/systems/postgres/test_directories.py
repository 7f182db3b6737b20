"""Data directories as people have them: mount points, folders that cannot be written, tablespaces, small disks."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
import pytest

from actions.inventory import load_inventory
from actions.outcome import ActionFailed, GateClosed
from actions.systems.postgres.apply_wal import apply_wal
from actions.systems.postgres.restore import restore
from actions.systems.postgres.restore_record import PreservedCopy, load_record
from actions.systems.postgres.server import find_server
from actions.systems.postgres.start_stop import stop
from actions.systems.postgres.writers import allow_writers
from tests.actions.contexts import FakeContext, RunnerDied
from tests.actions.systems.postgres.mounts import bound, folder, in_fstab, mounted, unwritable
from tests.actions.systems.postgres.strangers import pg_ctl, served
from tests.labs import Lab, running_lab

pytestmark = pytest.mark.xdist_group("postgres-places")


@pytest.fixture
def lab() -> Iterator[Lab]:
    with running_lab() as running:
        yield running


@pytest.fixture
def ctx(lab: Lab) -> FakeContext:
    return context(lab)


def context(
    lab: Lab, *, dry_run: bool = False, overrides: dict[str, str] | None = None, keep_in: str = ""
) -> FakeContext:
    inventory = load_inventory(lab.inventory_path)
    systems = {name: msgspec.structs.replace(one, keep_in=keep_in) for name, one in inventory.systems.items()}
    inventory = msgspec.structs.replace(inventory, systems=systems)
    return FakeContext(inventory, decisions={"recovery_point": "latest"}, dry_run=dry_run, overrides=overrides)


def survived(lab: Lab) -> str:
    """Commit a row that no archive has, and kill the server; return the row's id."""
    row = lab.postgres.app_psql("INSERT INTO heartbeat DEFAULT VALUES RETURNING id").split()[0]
    pg_ctl(lab, lab.postgres.data_directory, "-m", "immediate", "stop")
    return row


def kept(ctx: FakeContext) -> PreservedCopy:
    record = load_record(find_server(ctx))
    assert record
    return record.kept[-1]


def recovered(lab: Lab, ctx: FakeContext, row: str) -> None:
    assert ctx.do(apply_wal).ok
    assert lab.psql(f"SELECT count(*) FROM heartbeat WHERE id = {row}") == "1"
    assert ctx.do(allow_writers).ok


def refused(ctx: FakeContext, **params: str) -> GateClosed | ActionFailed:
    """Return why a restore is refused, which is known before hours are spent on verifying."""
    with pytest.raises((GateClosed, ActionFailed)) as closed:
        ctx.do(restore, **params)
    assert "verify" not in ctx.programs
    assert not any("verify the repository" in effect for effect in ctx.effects)
    return closed.value


@pytest.mark.parametrize("mount", [mounted, pytest.param(bound, marks=pytest.mark.soak)])
def test_a_mount_point_is_restored_into_and_what_lay_there_is_kept_outside(
    lab: Lab, ctx: FakeContext, mount: Callable[[Path], AbstractContextManager[Path]]
) -> None:
    row = survived(lab)
    with mount(lab.postgres.data_directory) as data:
        dry = context(lab, dry_run=True)
        dry.do(restore)
        assert any(f"(file system {data}," in line for line in dry.lines)
        assert any("would keep the old data directory: copy" in line for line in dry.lines)
        before, mount_point = (data / "global" / "pg_control").read_bytes(), data.stat().st_ino
        ctx.dies_after = "copy"
        with pytest.raises(RunnerDied):
            ctx.do(restore)
        (half,) = data.parent.glob("*.copying")
        (half / "global" / "pg_control").unlink()  # as if the copy had been killed before it came there
        aside = Path(ctx.do(restore).facts["aside"])
        assert f"{aside}.copying" == str(half)
        assert (aside / "global" / "pg_control").read_bytes() == before
        assert list(data.parent.glob("*.aside-*")) == [aside], "one copy, and nothing half done beside it"
        assert data.stat().st_ino == mount_point
        recovered(lab, ctx, row)
        assert ctx.do(stop).ok


def test_what_is_mounted_in_the_data_directory_stays_where_it_is(lab: Lab, ctx: FakeContext) -> None:
    """A mount that went along when its directory was moved would come back at the next boot, over the restored log."""
    row = survived(lab)
    with mounted(lab.postgres.data_directory / "pg_wal") as log:
        aside = Path(ctx.do(restore).facts["aside"])
        assert log.is_mount()
        assert any((aside / "pg_wal").glob("0000*")) and not (aside / "pg_wal").is_mount()
        recovered(lab, ctx, row)
        assert ctx.do(stop).ok


def test_a_folder_that_nothing_can_be_made_in_is_known_first(lab: Lab, ctx: FakeContext) -> None:
    row, data = survived(lab), lab.postgres.data_directory
    elsewhere = folder(lab, "kept")
    with unwritable(data.parent):
        error = refused(ctx)
        assert f"{data.parent} cannot be written by" in error.message
        assert "keep_in" in error.hint
        named = context(lab, keep_in=str(elsewhere))
        named.dies_after = "empty"
        with pytest.raises(RunnerDied):
            named.do(restore)
        (moving,) = elsewhere.glob("*.moving")
        shutil.move(moving / "base", data / "base")  # as if the runner had died in the middle
        aside = Path(named.do(restore).facts["aside"])
        assert f"{aside}.moving" == str(moving)
        assert (aside / "base").is_dir() and (aside / "PG_VERSION").read_text()
        assert list(elsewhere.glob("*aside-*")) == [aside]
        recovered(lab, named, row)


def test_the_next_incident_goes_on_with_what_was_moved_half(lab: Lab, ctx: FakeContext) -> None:
    row, data = survived(lab), lab.postgres.data_directory
    elsewhere = folder(lab, "kept")
    with unwritable(data.parent):
        first = context(lab, keep_in=str(elsewhere))
        first.dies_after = "empty"
        with pytest.raises(RunnerDied):
            first.do(restore)
        (moving,) = elsewhere.glob("*.moving")
        shutil.move(moving / "base", data / "base")
        second = context(lab, keep_in=str(elsewhere)).with_incident(id="INC-2")
        aside = Path(second.do(restore).facts["aside"])
        assert f"{aside}.moving" == str(moving)
        assert (aside / "base").is_dir() and (aside / "global").is_dir()
        assert kept(second).incident == first.incident.id
        recovered(lab, second, row)


def test_the_old_data_is_kept_where_a_person_says(lab: Lab, ctx: FakeContext) -> None:
    row, elsewhere = survived(lab), folder(lab, "kept")
    inside = refused(ctx, keep_in=f"{lab.postgres.data_directory}/base")
    assert "cannot be kept in" in inside.message
    missing = refused(ctx, keep_in=f"{elsewhere}/none")
    assert "install -d" in missing.hint
    assert ctx.do(restore, keep_in=str(elsewhere)).facts["aside"].startswith(f"{elsewhere}/")
    recovered(lab, ctx, row)


def test_no_room_to_keep_is_a_typed_decision_with_figures(lab: Lab) -> None:
    row, small = survived(lab), folder(lab, "small")
    log = sum(file.stat().st_size for file in (lab.postgres.data_directory / "pg_wal").rglob("*"))
    with mounted(small, str(log + 2_000_000)):
        closed = refused(context(lab), keep_in=str(small))
        assert isinstance(closed, GateClosed)
        assert (closed.gate, closed.yields) == ("space", "reason and target")
        assert f"needed on the file system {small}" in closed.message and "MB free" in closed.message
        sure = context(lab, overrides={"space": "the disk is small"})
        assert sure.do(restore, keep_in=str(small)).facts["aside"] == ""
        assert kept(sure).wal.startswith(f"{small}/")
        recovered(lab, sure, row)


def test_no_room_to_restore_yields_to_a_reason_and_the_disk_has_the_last_word(lab: Lab) -> None:
    survived(lab)
    for entry in lab.postgres.data_directory.iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    with mounted(lab.postgres.data_directory, "30m") as data:
        closed = refused(context(lab))
        assert isinstance(closed, GateClosed)
        assert (closed.gate, closed.yields) == ("room", "reason")
        assert str(data) in closed.message and " MB free" in closed.message
        sure = context(lab, overrides={"room": "it is compressed"})
        config = lab.postgres.backup_config  # else pgBackRest tries every file again after 15 s, and after 15 more
        config.write_text(config.read_text().replace("[global]\n", "[global]\njob-retry=0\n"))
        with pytest.raises(ActionFailed) as failed:
            sure.do(restore)
        assert "The disk is full" in failed.value.hint


@pytest.fixture
def space(lab: Lab) -> Path:
    """A tablespace outside of the data directory, with a table in it, in the newest backup."""
    place = folder(lab, "space")
    lab.psql(f"CREATE TABLESPACE outside LOCATION '{place}'")
    lab.psql("CREATE TABLE heavy TABLESPACE outside AS SELECT generate_series(1, 1000) AS n")
    lab.postgres.pgbackrest("--type=full", "backup")
    return place


def test_tablespaces_are_told_and_kept_with_the_rest(lab: Lab, ctx: FakeContext, space: Path) -> None:
    lab.psql("INSERT INTO heavy VALUES (0)")
    row = survived(lab)
    dry = context(lab, dry_run=True)
    dry.do(restore)
    assert any(f"The tablespace outside is {space}" in line for line in dry.lines)
    assert any(f"move {space}/PG_" in line for line in dry.lines)
    ctx.dies_after = "keep"
    with pytest.raises(RunnerDied):
        ctx.do(restore)
    aside = Path(ctx.do(restore).facts["aside"])
    ((was, now),) = kept(ctx).tablespaces.items()
    assert Path(was).parent == space and Path(now).parent.parent == space
    (link,) = (aside / "pg_tblspc").iterdir()
    assert link.readlink() == Path(now).parent, "whoever starts the kept copy does not write to the restored data"
    recovered(lab, ctx, row)
    assert lab.psql("SELECT count(*) FROM heavy") == "1001"
    assert ctx.do(stop).ok
    with served(lab, aside):
        assert lab.psql("SELECT count(*) FROM heavy") == "1001"


def test_tablespaces_that_outlived_the_data_directory_are_kept(lab: Lab, ctx: FakeContext, space: Path) -> None:
    lab.break_("postgres", "lose-data-directory")
    assert ctx.do(restore).ok
    ((was, now),) = kept(ctx).tablespaces.items()
    assert Path(was).is_dir() and Path(now).is_dir()
    assert ctx.do(apply_wal).ok
    assert lab.psql("SELECT count(*) FROM heavy") == "1000"


def test_a_tablespace_that_cannot_be_restored_is_known_first(lab: Lab, ctx: FakeContext, space: Path) -> None:
    survived(lab)
    with unwritable(space):
        error = refused(ctx)
        assert f"The tablespace outside {space} cannot be written" in error.message
    space.rename(space.with_name("gone"))
    with unwritable(space.parent):
        error = refused(ctx)
        assert f"The tablespace outside {space} is missing" in error.message
        assert "mount it" in error.hint


def test_a_tablespace_that_is_restored_elsewhere_is_told_where(lab: Lab, ctx: FakeContext, space: Path) -> None:
    """What lay at its old place is kept also: the log may write there again."""
    survived(lab)
    config, other = lab.postgres.backup_config, folder(lab, "other place")
    config.write_text(f"{config.read_text()}\n[global:restore]\ntablespace-map=outside={other}\n")
    dry = context(lab, dry_run=True)
    dry.do(restore)
    assert any(f"The tablespace outside is {other}" in line for line in dry.lines)
    assert ctx.do(restore).ok
    ((was, now),) = kept(ctx).tablespaces.items()
    assert Path(now).is_dir() and not Path(was).exists()
    assert ctx.do(apply_wal).ok
    assert lab.psql("SELECT count(*) FROM heavy") == "1000"


def test_each_file_system_has_its_room_measured(lab: Lab, ctx: FakeContext, space: Path) -> None:
    lab.psql("INSERT INTO heavy SELECT generate_series(1, 200000)")
    lab.postgres.pgbackrest("--type=full", "backup")
    survived(lab)
    with mounted(space, "12m"):
        closed = refused(ctx)
        assert isinstance(closed, GateClosed)
        assert closed.gate == "space"
        assert f"needed on the file system {space}" in closed.message


@pytest.mark.parametrize("part", ["", "pg_wal"])
def test_a_disk_that_is_not_mounted_is_no_place_to_restore_to(lab: Lab, ctx: FakeContext, part: str) -> None:
    """What is restored beside it would be hidden once it is mounted."""
    survived(lab)
    disk = lab.postgres.data_directory / part
    with in_fstab(disk):
        closed = refused(ctx)
        assert isinstance(closed, GateClosed)
        assert (closed.gate, closed.yields) == ("mounted", "reason")
        assert f"mount {disk}" in closed.hint
        sure = context(lab, dry_run=True, overrides={"mounted": "the disk is dead"})
        assert sure.do(restore).ok
        with mounted(disk):
            assert context(lab, dry_run=True).do(restore).ok


def test_a_lost_and_found_that_stops_pgbackrest_is_known_first(lab: Lab, ctx: FakeContext) -> None:
    survived(lab)
    with mounted(lab.postgres.data_directory) as data:
        (data / "lost+found").mkdir(mode=0o700)
        error = refused(ctx)
        assert f"rmdir {data}/lost+found" in error.hint
