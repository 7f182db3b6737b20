"""A file that is replaced on a server is whole or untouched, however much of its text arrived."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actions.outcome import ActionFailed
from actions.systems.postgres.preserve import _COPY_LOG
from actions.systems.postgres.server import Server
from actions.systems.postgres.settings import Backups, PostgresSettings, Service
from actions.transport import Completed
from actions.transport.local_transport import LocalTransport

OLD, NEW = "old\n" * 100, "new\n" * 5000


class CutOff(LocalTransport):
    """A writer that is killed after so many bytes: the other side sees the end of its input."""

    def __init__(self, arrives: float) -> None:
        super().__init__()
        self.arrives = arrives

    def query(self, argv: Any, **more: Any) -> Completed:
        text = more.pop("stdin") or b""
        return super().query(argv, stdin=text[: int(len(text) * self.arrives)], **more)


class Context:
    """As much of an action's context as writing a file takes."""

    def __init__(self, arrives: float) -> None:
        self.way = CutOff(arrives)
        self.said: list[str] = []

    def transport(self, host: str) -> LocalTransport:
        return self.way

    def log(self, text: str, stream: str = "out") -> None:
        self.said.append(text)


@pytest.fixture
def folder() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="cleo-files-", dir="/var/tmp"))
    yield place
    shutil.rmtree(place)


def write(path: Path, text: str, arrives: float = 1) -> list[str]:
    context: Any = Context(arrives)
    settings = PostgresSettings(
        host="local", data_directory=str(path.parent), service=Service(manager="pg_ctl"), backups=Backups()
    )
    Server(context, "postgres", settings).write(str(path), text, user="")
    return list(context.said)


@pytest.mark.parametrize("arrives", [0, 0.0001, 0.5, 0.9999])
def test_a_killed_writer_replaces_nothing(folder: Path, arrives: float) -> None:
    path = folder / "pg_hba.conf"
    path.write_text(OLD)
    with pytest.raises(ActionFailed, match="only a part of the text arrived") as failed:
        write(path, NEW, arrives)
    assert "What was there before still is" in (failed.value.hint or "")
    assert path.read_text() == OLD
    assert list(folder.iterdir()) == [path]


def test_a_killed_writer_makes_no_file(folder: Path) -> None:
    with pytest.raises(ActionFailed, match="only a part"):
        write(folder / "record.json", NEW, 0)
    assert list(folder.iterdir()) == []


def test_what_was_there_is_said_and_its_mode_kept(folder: Path) -> None:
    path = folder / "pg_hba.conf"
    path.write_text(OLD)
    path.chmod(0o640)
    said = write(path, NEW)
    assert f"was {len(OLD)} bytes, sha256 " in said[0]
    assert path.read_text() == NEW
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_one_and_what_it_leads_to_is_replaced(folder: Path, there: bool) -> None:
    real, link = folder / "real" / "pgbackrest.conf", folder / "pgbackrest.conf"
    real.parent.mkdir()
    if there:
        real.write_text(OLD)
    link.symlink_to("real/pgbackrest.conf")
    write(link, NEW)
    assert link.is_symlink() and real.read_text() == NEW
    assert list(real.parent.iterdir()) == [real]


def test_an_empty_text_that_is_wanted_is_written(folder: Path) -> None:
    assert "there was none" in write(folder / "recovery.signal", "")[0]
    assert (folder / "recovery.signal").read_text() == ""


def test_a_log_is_saved_again_where_the_move_after_it_did_not_happen(folder: Path) -> None:
    log, saved = folder / "pg_wal", folder / "saved"
    log.mkdir()
    for name in ("1", "2"):
        (log / name).write_text(name)
        subprocess.run(["sh", "-c", _COPY_LOG, "sh", log, saved], check=True)
    assert sorted(path.name for path in saved.iterdir()) == ["1", "2"]
    assert sorted(path.name for path in folder.iterdir()) == ["pg_wal", "saved"]
