"""Which timeline an instant lies on follows from the log: a repository that was copied has the copy's times."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from actions.inventory import load_inventory
from actions.outcome import ActionFailed, GateClosed
from actions.systems.postgres.apply_wal import apply_wal
from actions.systems.postgres.restore import restore
from actions.systems.postgres.start_stop import stop
from actions.systems.postgres.writers import allow_writers, stop_writers
from tests.actions.contexts import FakeContext
from tests.labs import Lab, lab
from tests.waiting import until

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-eras")

BEAT = """
    INSERT INTO heartbeat DEFAULT VALUES
    RETURNING id || ' ' || to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')
"""


@pytest.fixture
def ctx(lab: Lab) -> FakeContext:
    return FakeContext(load_inventory(lab.inventory_path), decisions={"recovery_point": "latest"})


def beat(lab: Lab) -> tuple[str, datetime]:
    """Commit a row; return its id and time."""
    row, at = lab.postgres.app_psql(BEAT).split("\n")[0].split()
    return row, datetime.fromisoformat(at).replace(tzinfo=UTC)


def archived(lab: Lab) -> None:
    """Wait until all log so far is in the archive."""
    name = lab.psql("SELECT pg_walfile_name(pg_switch_wal())")
    until(lambda: any(lab.postgres.repository.rglob(f"{name}-*")))


def copied(lab: Lab, when: str) -> None:
    """Give every file of the repository the same time, as ``cp -r`` does."""
    subprocess.run(["find", str(lab.postgres.repository), "-exec", "touch", "-d", when, "{}", "+"], check=True)


def replayed(ctx: FakeContext, point: str) -> int:
    """Recover, and leave the writers out."""
    ctx.with_incident(decisions={"recovery_point": point})
    assert ctx.do(stop_writers).ok
    assert ctx.do(stop).ok
    assert ctx.do(restore).ok
    timeline: int = ctx.do(apply_wal).facts["timeline"]
    return timeline


def recover(ctx: FakeContext, point: str) -> int:
    timeline = replayed(ctx, point)
    assert ctx.do(allow_writers).ok
    return timeline


def has(lab: Lab, row: str) -> bool:
    return lab.psql(f"SELECT count(*) FROM heartbeat WHERE id = {row}") == "1"


@pytest.mark.parametrize(
    "when",
    ["now", *(pytest.param(other, marks=pytest.mark.soak) for other in ("2001-01-01", "2040-01-01"))],
)
def test_an_instant_is_found_on_the_timeline_that_was_written_then(lab: Lab, ctx: FakeContext, when: str) -> None:
    archived(lab)
    recover(ctx, "latest")
    first, _ = beat(lab)
    second, at = beat(lab)
    archived(lab)
    copied(lab, when)
    recover(ctx, f"time:{at.isoformat()}")
    assert has(lab, first), "the work on the newer timeline is gone"
    assert not has(lab, second)


@pytest.mark.soak
def test_it_is_found_where_the_data_directory_is_lost(lab: Lab, ctx: FakeContext) -> None:
    """pgBackRest hands out no log without a control file: the repository's own files are read then."""
    recover(ctx, "latest")
    first, _ = beat(lab)
    second, at = beat(lab)
    archived(lab)
    lab.break_("postgres", "lose-data-directory")
    ctx.with_incident(decisions={"recovery_point": f"time:{at.isoformat()}"})
    assert ctx.do(restore).ok
    assert ctx.do(apply_wal).ok
    assert has(lab, first) and not has(lab, second)
    assert ctx.do(allow_writers).ok


@pytest.mark.soak
def test_an_instant_between_two_timelines_is_asked_back(lab: Lab, ctx: FakeContext) -> None:
    """The writers were out from the last commit on the one to the first on the other: both are as likely meant."""
    _, last = beat(lab)
    archived(lab)
    replayed(ctx, "latest")
    newest = datetime.fromisoformat(lab.psql("SELECT max(at)::text FROM heartbeat"))
    assert newest >= last
    assert ctx.do(allow_writers).ok
    until(lambda: datetime.fromisoformat(lab.psql("SELECT max(at)::text FROM heartbeat")) > newest)
    archived(lab)
    between = newest + timedelta(milliseconds=50)
    ctx.with_incident(decisions={"recovery_point": f"time:{between.isoformat()}"})
    assert ctx.do(stop).ok
    with pytest.raises(ActionFailed, match="nobody can tell which one is meant"):
        ctx.do(restore)
    assert (lab.postgres.data_directory / "PG_VERSION").exists()
    recover(ctx, "latest")


@pytest.mark.parametrize("later", [timedelta(hours=5), pytest.param(timedelta(0), marks=pytest.mark.soak)])
def test_a_point_after_the_last_commit_is_the_latest_and_refused_like_it(
    lab: Lab, ctx: FakeContext, later: timedelta
) -> None:
    ctx.with_incident(scenario="data-corruption")
    assert ctx.do(stop_writers).ok
    assert ctx.do(stop).ok
    point = datetime.now(UTC) + later
    ctx.with_incident(decisions={"recovery_point": f"time:{point.isoformat()}"})
    with pytest.raises(GateClosed, match="so it is the latest") as closed:
        ctx.do(restore)  # refuses what is still to come, and what the log of the old data disproves
        ctx.do(apply_wal)  # has all the log there is
    assert (closed.value.gate, closed.value.yields) == ("recovery-point", "never")
    ctx.with_incident(scenario="database-failure")
    recover(ctx, "latest")
