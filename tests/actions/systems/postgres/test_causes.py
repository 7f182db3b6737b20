"""A server that does not start: what it said, and the smallest cure for that, not the largest."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager as Manager
from contextlib import contextmanager, suppress

import pytest

from actions.inventory import load_inventory
from actions.outcome import ActionFailed
from actions.systems.postgres.causes import cure_of
from actions.systems.postgres.start_stop import start, stop
from tests.actions.contexts import FakeContext
from tests.labs import Lab, lab

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-causes")


def configured(*lines: str) -> Callable[[Lab], Manager[None]]:
    @contextmanager
    def spoil(lab: Lab) -> Iterator[None]:
        path = lab.postgres.data_directory / "postgresql.conf"
        kept = path.read_text()
        path.write_text(kept + "\n".join(("", *lines, "")))
        yield
        path.write_text(kept)

    return spoil


@contextmanager
def open_to_all(lab: Lab) -> Iterator[None]:
    lab.postgres.data_directory.chmod(0o777)
    yield
    lab.postgres.data_directory.chmod(0o700)


@contextmanager
def empty_pid_file(lab: Lab) -> Iterator[None]:
    path = lab.postgres.data_directory / "postmaster.pid"
    lab.postgres.run(["touch", str(path)])
    yield
    path.unlink()


@contextmanager
def taken_port(lab: Lab) -> Iterator[socket.socket]:
    port = load_inventory(lab.inventory_path).systems["postgres"].port  # type: ignore[attr-defined]
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        yield taken


def hang_up(taken: socket.socket) -> None:
    """End every connection: nobody waits for an answer."""
    with suppress(OSError):  # it was closed
        while True:
            taken.accept()[0].close()


@contextmanager
def told_to_a_collector(lab: Lab) -> Iterator[None]:
    with configured("logging_collector = on", "log_directory = 'what it says'")(lab), taken_port(lab) as taken:
        threading.Thread(target=hang_up, args=[taken], daemon=True).start()
        yield


@pytest.mark.parametrize(
    ("spoil", "words", "cure"),
    [
        (configured("nonsense = 1"), "nonsense", "configuration is wrong"),
        (configured("shared_buffers = 900GB"), "shared memory", "lower shared_buffers"),
        (configured("shared_preload_libraries = 'not_there'"), "not_there", "not installed"),
        (configured("max_connections = none"), "max_connections", "configuration is wrong"),
        (open_to_all, "invalid permissions", "0700"),
        (empty_pid_file, "is empty", "remove postmaster.pid"),
        (taken_port, "Address already in use", "port is taken"),
        (told_to_a_collector, "Address already in use", "port is taken"),
    ],
    ids=[
        "unknown-setting",
        "too-much-memory",
        "no-library",
        "bad-value",
        "permissions",
        "pid-file",
        "port",
        "collector",
    ],
)
def test_a_failed_start_names_its_cause(lab: Lab, spoil: Callable[[Lab], Manager[None]], words: str, cure: str) -> None:
    ctx = FakeContext(load_inventory(lab.inventory_path))
    ctx.do(stop)
    with spoil(lab), pytest.raises(ActionFailed) as failed:
        ctx.do(start)
    assert words in failed.value.message
    assert cure in failed.value.hint
    assert [one.action for one in failed.value.cures] == [""], "a person does it, and nothing need be restored"


def test_a_start_without_the_log_that_it_begins_with_leads_to_a_restore(lab: Lab) -> None:
    ctx = FakeContext(load_inventory(lab.inventory_path), decisions={"recovery_point": "latest"})
    ctx.do(stop)
    log, aside = lab.postgres.data_directory / "pg_wal", lab.postgres.data_directory.parent / "log-aside"
    log.rename(aside)
    lab.postgres.run(["mkdir", "-m", "700", str(log)])
    try:
        with pytest.raises(ActionFailed, match="checkpoint") as failed:
            ctx.do(start)
        (cure,) = failed.value.cures
        assert (cure.action, cure.cost) == ("postgres.restore", "what was committed after the recovery point")
    finally:
        lab.postgres.run(["rm", "-r", str(log)])
        aside.rename(log)
    assert ctx.do(start).ok


def test_what_it_said_at_an_earlier_start_is_not_the_cause(lab: Lab) -> None:
    ctx = FakeContext(load_inventory(lab.inventory_path))
    ctx.do(stop)
    with configured("nonsense = 1")(lab), pytest.raises(ActionFailed):
        ctx.do(start)
    with open_to_all(lab), pytest.raises(ActionFailed) as failed:
        ctx.do(start)
    assert "nonsense" not in failed.value.message
    assert ctx.do(start).ok


@pytest.mark.parametrize(
    ("said", "cure"),
    [
        ("ERROR: [039]: unable to write '/d/base/1': [28] No space left on device", "disk is full"),
        ("ERROR: [064]: raised from local-2 protocol: unable to write '/d/base/1'", "look at the room there"),
        ("ERROR: [026]: error restoring '/d/base/1': invalid checksum 'a'", "takes the backup before"),
        ("ERROR: [050]: unable to acquire lock on file '/tmp/pgbackrest/main.lock'", "Another pgBackRest"),
        ("repository 1: [CryptoError] unable to flush\nHINT: is or was the repo encrypted? (99)", "decrypted"),
        ("words that nobody has heard", ""),
    ],
)
def test_a_restore_that_failed_has_the_hint_of_its_own_error(said: str, cure: str) -> None:
    assert cure in cure_of(said)
    assert bool(cure) == bool(cure_of(said))
