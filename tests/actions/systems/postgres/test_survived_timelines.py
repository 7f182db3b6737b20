"""A timeline that was never archived counts, where its log survived; what cannot be considered is asked back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.inventory import load_inventory
from actions.outcome import GateClosed
from actions.systems.postgres.apply_wal import apply_wal
from actions.systems.postgres.restore import restore
from actions.systems.postgres.restore_record import load_record
from actions.systems.postgres.server import find_server
from actions.systems.postgres.start_stop import stop
from actions.systems.postgres.writers import allow_writers
from tests.actions.contexts import FakeContext
from tests.actions.systems.postgres.survivors import archive_refuses, is_there, killed, written
from tests.labs import Lab, lab
from tests.waiting import until

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-survived-timelines")

NEXT = iter(range(1, 100))


@pytest.fixture
def ctx(lab: Lab) -> FakeContext:
    return FakeContext(
        load_inventory(lab.inventory_path), decisions={"recovery_point": "latest"}, id=f"INC-{next(NEXT)}"
    )


def recovered(ctx: FakeContext, point: str = "latest") -> int:
    """Recover to a point, and return the timeline that this begins."""
    ctx.with_incident(decisions={"recovery_point": point})
    assert ctx.do(restore).ok
    timeline: int = ctx.do(apply_wal).facts["timeline"]
    assert ctx.do(allow_writers).ok
    return timeline


def lost(lab: Lab, rows: list[str]) -> list[str]:
    return [row for row in rows if not is_there(lab, row)]


def test_the_latest_is_that_of_a_timeline_that_was_never_archived(lab: Lab, ctx: FakeContext) -> None:
    with archive_refuses(lab):
        rows = [written(lab)[0]]
        timelines = []
        for _ in range(3):
            rows.append(lab.postgres.app_psql("INSERT INTO heartbeat DEFAULT VALUES RETURNING id").split()[0])
            killed(lab)
            timelines.append(recovered(ctx))
            assert lost(lab, rows) == []
            rows += [written(lab)[0], written(lab)[0]]
        assert timelines == sorted(set(timelines)), "each recovery begins a timeline of its own"


@pytest.mark.soak
def test_an_instant_is_found_on_a_timeline_that_was_never_archived(lab: Lab, ctx: FakeContext) -> None:
    assert ctx.do(stop).ok
    with archive_refuses(lab):
        recovered(ctx)
        kept, _ = written(lab)
        at = datetime.fromisoformat(lab.psql("SELECT clock_timestamp()")).astimezone(UTC)
        given_up, _ = written(lab)
        killed(lab)
        recovered(ctx, f"time:{at.isoformat()}")
    assert is_there(lab, kept)
    assert not is_there(lab, given_up)


@pytest.mark.soak
def test_what_lies_before_a_fork_is_replayed_from_the_older_timelines_copy(lab: Lab, ctx: FakeContext) -> None:
    """Of the newer timeline only its history was archived before the data directory was lost."""
    with archive_refuses(lab):
        row, _ = forked(lab, ctx)
        recovered(ctx)
    assert is_there(lab, row)


@pytest.mark.soak
def test_what_lies_before_a_fork_is_a_gap_where_no_log_of_it_is_left(lab: Lab, ctx: FakeContext) -> None:
    with archive_refuses(lab):
        _, timeline = forked(lab, ctx)
        assert ctx.do(restore).ok
        record = load_record(find_server(ctx))
        assert record
        older = [path for place in record.logs for path in Path(place).glob(f"{timeline - 1:08X}" + "?" * 16)]
        for path in older:
            path.unlink()
        with pytest.raises(GateClosed) as closed:
            ctx.do(apply_wal)
        assert (closed.value.gate, closed.value.yields) == ("wal-gap", "reason")
        ctx.overrides["wal-gap"] = "no other copy exists"
        recovered(ctx)
    ctx.overrides.pop("wal-gap")


def forked(lab: Lab, ctx: FakeContext) -> tuple[str, int]:
    """Lose all but the history of a timeline that a recovery began; return a row from before it, and its number."""
    row = lab.postgres.app_psql("INSERT INTO heartbeat DEFAULT VALUES RETURNING id").split()[0]
    killed(lab)
    timeline = recovered(ctx)
    assert is_there(lab, row)
    history = lab.postgres.data_directory / "pg_wal" / f"{timeline:08X}.history"
    folder = next((lab.postgres.repository / "archive").rglob("archive.info")).parent
    (home,) = [path for path in folder.iterdir() if path.is_dir()]
    home.chmod(0o750)
    lab.postgres.run(["cp", str(history), str(home)])
    home.chmod(0o550)
    lab.break_("postgres", "lose-data-directory")
    return row, timeline


@pytest.mark.soak
def test_another_timeline_of_the_same_number_is_asked_back(lab: Lab, ctx: FakeContext) -> None:
    """A copy was started and promoted by hand, and got the number that the archive has for another timeline."""
    assert ctx.do(stop).ok
    timeline = recovered(ctx)
    history = f"{timeline:08X}.history"
    until(lambda: any(lab.postgres.repository.rglob(history)))
    row, segment = written(lab)
    until(lambda: any(lab.postgres.repository.rglob(f"{segment}-*")))
    killed(lab)
    path = lab.postgres.data_directory / "pg_wal" / history
    *older, last = path.read_text().strip().splitlines()
    number, _, why = last.split("\t")
    path.write_text("\n".join([*older, f"{number}\t0/1000100\t{why}"]) + "\n")
    with pytest.raises(GateClosed, match=f"timeline {timeline} in ") as closed:
        ctx.do(restore)
    assert (closed.value.gate, closed.value.yields) == ("timelines", "reason")
    ctx.overrides["timelines"] = "it was a drill"
    recovered(ctx)
    assert is_there(lab, row), "the archive's own timeline"


@pytest.mark.soak
def test_a_timeline_of_which_nothing_is_left_is_named(lab: Lab, ctx: FakeContext) -> None:
    ctx.overrides["timelines"] = "it was a drill"
    assert ctx.do(stop).ok
    with archive_refuses(lab):
        timeline = recovered(ctx)
        written(lab)
        lab.break_("postgres", "lose-data-directory")
        recovered(ctx)
    assert any(f"timeline {timeline}; neither the archive nor any copy has log of it" in line for line in ctx.lines)
