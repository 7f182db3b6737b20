"""PostgreSQL passes what every type of system must pass."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from cleo_contract import Contract, SystemUnderTest
from tests.actions.systems.postgres.strangers import foreign_cluster, pg_ctl
from tests.labs import Lab, lab

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-contract")

_OURS = ("pg_hba.conf", "postgresql.conf", "postgresql.auto.conf", "recovery.signal", "standby.signal", "PG_VERSION")


class PostgresUnderTest(SystemUnderTest):
    """The lab's cluster."""

    type = "postgres"
    recovery = (
        "backups.hold",
        "postgres.stop_writers",
        "postgres.restore",
        "postgres.apply_wal",
        "postgres.verify",
        "postgres.allow_writers",
        "backups.release",
    )
    asked_twice = (
        "backups.hold",
        "backups.release",
        "postgres.stop_writers",
        "postgres.allow_writers",
        "postgres.stop",
        "postgres.start",
    )
    kill_every = 3
    told_by_environment = ("pg_amcheck",)

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab.inventory_path)
        self._lab = lab
        self._data = lab.postgres.data_directory

    def fingerprint(self) -> Mapping[str, object]:
        files = [self._data / name for name in _OURS]
        files += [self._lab.postgres.backup_config, self._lab.postgres.hold_file]
        found: dict[str, object] = {str(path): _digest(path) for path in files if path.is_file()}
        found |= {"beside": sorted(path.name for path in self._data.parent.iterdir())}
        pid = self._data / "postmaster.pid"
        return found | {"pid": pid.read_text().split()[0] if pid.exists() else ""}

    def kept(self) -> Sequence[str]:
        return [path.name for path in sorted(self._data.parent.glob(f"{self._data.name}.aside-*"))]

    def lose(self) -> None:
        self._lab.break_("postgres", "kill-postmaster")

    @contextmanager
    def hangs(self) -> Iterator[None]:
        pid = int((self._data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextmanager
    def stranger(self) -> Iterator[Callable[[], bool]]:
        """A cluster that was never ours, with a role and a database of our names."""
        pg_ctl(self._lab, self._data, "-m", "fast", "stop")
        try:
            with foreign_cluster(self._lab) as directory:
                before = _digest(directory / "pg_hba.conf")
                yield lambda: _digest(directory / "pg_hba.conf") != before
        finally:
            pg_ctl(self._lab, self._data, "start")

    @contextmanager
    def unseen(self) -> Iterator[None]:
        """Its postmaster.pid is gone."""
        file = self._data / "postmaster.pid"
        said = file.rename(self._data.with_name("postmaster.pid.gone"))
        try:
            yield
        finally:
            said.rename(file)

    def show_secrets(self) -> bool:
        """A table that no backup holds is called like the password."""
        self._lab.psql(f'CREATE TABLE IF NOT EXISTS "{self.secrets[0]}" ()')
        return True


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


class TestPostgres(Contract):
    """The contract, asked of PostgreSQL."""

    @pytest.fixture(scope="class")
    def system(self, lab: Lab) -> SystemUnderTest:  # type: ignore[override]
        return PostgresUnderTest(lab)
