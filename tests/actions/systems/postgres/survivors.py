"""Rows whose log no archive has: it survives in the data directory of a server that was killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.actions.systems.postgres.strangers import pg_ctl
from tests.labs import Lab


@contextmanager
def archive_refuses(lab: Lab) -> Iterator[None]:
    """Nothing can be archived any more; what is in the archive can be read."""
    folders = [path for path in (lab.postgres.repository / "archive").rglob("*") if path.is_dir()]
    for path in folders:
        path.chmod(0o550)
    try:
        yield
    finally:
        for path in folders:
            path.chmod(0o750)


def written(lab: Lab) -> tuple[str, str]:
    """Commit a row and leave its log segment for the next; return the row's id and the segment's name."""
    row = lab.postgres.app_psql("INSERT INTO heartbeat DEFAULT VALUES RETURNING id").split()[0]
    return row, lab.psql("SELECT pg_walfile_name(pg_switch_wal())")


def killed(lab: Lab) -> None:
    pg_ctl(lab, lab.postgres.data_directory, "-m", "immediate", "stop")


def is_there(lab: Lab, row: str) -> bool:
    return lab.psql(f"SELECT count(*) FROM heartbeat WHERE id = {row}") == "1"
