"""Something starts the server again, right after it was stopped, or while its directory is moved aside."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from actions.inventory import load_inventory
from actions.outcome import ActionFailed, GateClosed
from actions.systems.postgres.restore import restore
from actions.systems.postgres.start_stop import start, stop
from tests.actions.contexts import FakeContext
from tests.actions.systems.postgres.strangers import pg_ctl
from tests.labs import Lab, lab

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("started-again")


@pytest.fixture
def ctx(lab: Lab) -> Iterator[FakeContext]:
    ctx = FakeContext(load_inventory(lab.inventory_path), decisions={"recovery_point": "latest"})
    yield ctx
    ctx.do(start)


@contextmanager
def supervisor(lab: Lab) -> Iterator[None]:
    """Looks every half a second whether the server is there, and starts it where it is not."""
    leave = threading.Event()

    def keep() -> None:
        while not leave.wait(0.5):
            if not (lab.postgres.data_directory / "postmaster.pid").exists():
                with contextlib.suppress(Exception):
                    pg_ctl(lab, lab.postgres.data_directory, "start")

    thread = threading.Thread(target=keep)
    thread.start()
    try:
        yield
    finally:
        leave.set()
        thread.join()


@pytest.mark.parametrize("immediate", [False, True])
def test_stopped_is_said_only_of_what_stays_down(lab: Lab, ctx: FakeContext, immediate: bool) -> None:
    with supervisor(lab), pytest.raises(ActionFailed, match="something started it again: pid") as failed:
        ctx.do(stop, immediate=immediate)
    assert "supervisor" in failed.value.hint
    assert lab.pids["server"]


def test_a_server_that_starts_while_its_directory_is_moved_keeps_it(lab: Lab, ctx: FakeContext) -> None:
    assert ctx.do(stop).ok
    real = ctx.run

    def run(key: str, *args: object, **rest: object) -> object:
        if key == "keep":
            pg_ctl(lab, lab.postgres.data_directory, "start")
        return real(key, *args, **rest)  # type: ignore[arg-type]

    ctx.run = run  # type: ignore[assignment,method-assign]
    with pytest.raises(GateClosed, match="while its data was being kept") as closed:
        ctx.do(restore)
    assert (closed.value.gate, closed.value.opens) == ("down", "postgres.stop")
    assert lab.psql("SELECT 1") == "1"
    assert lab.psql("SELECT trim(pg_read_file('PG_VERSION'))"), "it works where it was"
    assert not list(lab.postgres.data_directory.parent.glob("*.aside-*"))
    record = lab.postgres.data_directory.with_name("data.cleo-restore.json")
    record.unlink(missing_ok=True)
