"""A file of log counts for what it is, not for what it is called: recycled, zeroed and foreign ones are left out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from actions.inventory import load_inventory
from actions.outcome import GateClosed
from actions.systems.postgres.apply_wal import apply_wal
from actions.systems.postgres.restore import restore
from actions.systems.postgres.start_stop import stop
from actions.systems.postgres.writers import allow_writers
from tests.actions.contexts import FakeContext
from tests.actions.systems.postgres.strangers import pg_ctl
from tests.actions.systems.postgres.survivors import archive_refuses, is_there, killed, written
from tests.labs import Lab, lab

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-survived-log")

NEXT = iter(range(1, 100))


@pytest.fixture
def ctx(lab: Lab) -> FakeContext:
    return FakeContext(
        load_inventory(lab.inventory_path), decisions={"recovery_point": "latest"}, id=f"INC-{next(NEXT)}"
    )


def log_of_another_cluster(lab: Lab) -> bytes:
    directory = lab.postgres.directory / "pg" / "another"
    lab.postgres.run([lab.postgres.programs.server("initdb"), "--pgdata", str(directory), "--auth=trust", "--no-sync"])
    content = next((directory / "pg_wal").glob("0000*")).read_bytes()
    shutil.rmtree(directory)
    return content


def spoil(lab: Lab, path: Path, how: str) -> None:
    """Make of a segment's file what it is not."""
    content = path.read_bytes()
    half = len(content) // 2
    spoiled = {
        "recycled": lambda: path.with_name(f"{path.name[:16]}{int(path.name[16:], 16) - 1:08X}").read_bytes(),
        "zeroed": lambda: bytes(len(content)),
        "another cluster": lambda: log_of_another_cluster(lab),
        "cut short": lambda: content[:half],
        "damaged": lambda: content[:100] + bytes(len(content) - 100),
    }[how]()
    path.write_bytes(spoiled)


def test_what_is_no_log_is_a_gap_and_never_the_end(lab: Lab, ctx: FakeContext) -> None:
    with archive_refuses(lab):
        before, _ = written(lab)
        row, segment = written(lab)
        last, _ = written(lab)
        killed(lab)
        path = lab.postgres.data_directory / "pg_wal" / segment
        whole = path.read_bytes()
        spoil(lab, path, "recycled")
        kept = Path(ctx.do(restore).facts["aside"], "pg_wal", segment)
        require_gap(ctx, segment, "recycled")
        for how in ("zeroed", "another cluster", "cut short", "damaged"):
            kept.write_bytes(whole)
            spoil(lab, kept, how)
            require_gap(ctx, segment, how if how != "damaged" else "damaged in the copy")
    kept.write_bytes(whole)
    assert ctx.do(apply_wal).ok
    assert all(is_there(lab, each) for each in (before, row, last))
    assert ctx.do(allow_writers).ok


def require_gap(ctx: FakeContext, segment: str, words: str) -> None:
    with pytest.raises(GateClosed, match=f"Log segment {segment} is ") as closed:
        ctx.do(apply_wal)
    assert (closed.value.gate, closed.value.yields) == ("wal-gap", "reason")
    assert words in closed.value.message


def test_recycled_files_are_one_line_for_whoever_reads_the_dry_run(lab: Lab, ctx: FakeContext) -> None:
    _, segment = written(lab)
    killed(lab)
    log = lab.postgres.data_directory / "pg_wal"
    for ahead in (40, 41, 42):
        lab.postgres.run(["cp", str(log / segment), str(log / f"{segment[:16]}{int(segment[16:], 16) + ahead:08X}")])
    assert ctx.do(restore).ok
    assert len([line for line in ctx.lines if "recycled" in line]) == 1
    assert ctx.do(apply_wal).ok
    assert ctx.do(allow_writers).ok


def test_a_sound_file_is_taken_where_an_earlier_copy_has_a_stale_one(lab: Lab, ctx: FakeContext) -> None:
    """Somebody took the kept data back by a copy, and it went on on its timeline until it died as well."""
    data = lab.postgres.data_directory
    with archive_refuses(lab):
        first, segment = written(lab)
        killed(lab)
        stale = data / "pg_wal" / f"{segment[:16]}{int(segment[16:], 16) + 2:08X}"
        lab.postgres.run(["cp", str(data / "pg_wal" / segment), str(stale)])
        kept = ctx.do(restore).facts["aside"]
        lab.postgres.run(["rm", "-rf", str(data)])
        lab.postgres.run(["cp", "-a", kept, str(data)])
        (data / "pg_wal" / stale.name).unlink()
        (data / "postmaster.pid").unlink(missing_ok=True)
        pg_ctl(lab, data, "start")
        rows = [first, *(written(lab)[0] for _ in range(4))]
        assert (data / "pg_wal" / stale.name).exists(), "the segment was written for good since"
        killed(lab)
        assert ctx.do(restore).ok
        assert ctx.do(apply_wal).ok
    assert [row for row in rows if not is_there(lab, row)] == []
    assert ctx.do(allow_writers).ok
    assert ctx.do(stop).ok
