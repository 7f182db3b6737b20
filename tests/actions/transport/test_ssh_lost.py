"""Links that break or freeze in the middle: the program goes on, and nothing is called failed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from actions.transport import Handle, State, TransportLost, Unreachable, open_transport
from tests.actions.sshd import Sshd
from tests.actions.transport.support import Output, finish, never, until_released
from tests.waiting import until

_ROOT = Path(__file__).parents[3]
_NOTICED_S = 10
"""Seconds in which a frozen peer has to be noticed."""


class Follower(threading.Thread):
    """Waits for a program in a thread, as the runner does."""

    def __init__(self, handle: Handle) -> None:
        super().__init__(daemon=True)
        self.handle, self.output = handle, Output()
        self.code: int | None = None
        self.lost: TransportLost | None = None
        self.start()
        until(lambda: self.output)

    def run(self) -> None:
        try:
            self.code = self.handle.wait(on_output=self.output, cancelled=never).code
        except TransportLost as lost:
            self.lost = lost


def _follow(sshd: Sshd, release: Path, *, relink_s: float) -> Follower:
    ssh = open_transport(sshd.host(relink_s=relink_s))
    return Follower(ssh.start(f"{sshd.spool}/run", until_released(release, "seq 100; exit 6")))


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return tmp_path / "release"


def test_a_cut_connection_is_made_anew_and_the_program_never_notices(sshd: Sshd, release: Path) -> None:
    following = _follow(sshd, release, relink_s=15)
    sshd.cut()
    release.touch()
    following.join(30)
    assert following.code == 6
    assert following.handle.reattached
    assert following.output.of("out") == ["begun", *map(str, range(1, 101))]


def test_a_frozen_connection_is_noticed_and_replaced(sshd: Sshd, release: Path) -> None:
    following = _follow(sshd, release, relink_s=15)
    sshd.freeze()
    release.touch()
    until(lambda: following.handle.connection_fault, deadline_s=_NOTICED_S)
    following.join(30)
    assert following.code == 6
    assert not following.handle.connection_fault


def test_a_frozen_host_is_in_doubt_and_keeps_the_exit_status(sshd: Sshd, release: Path) -> None:
    following = _follow(sshd, release, relink_s=0)
    sshd.freeze(whole=True)
    release.touch()
    until(lambda: following.handle.connection_fault, deadline_s=_NOTICED_S)
    following.join(30)
    assert following.lost is not None
    assert "attach again" in following.lost.hint
    sshd.thaw()
    completed = finish(open_transport(sshd.host()).attach(f"{sshd.spool}/run"))
    assert (completed.code, completed.reattached) == (6, True)


def test_a_host_that_is_gone_is_in_doubt_until_it_is_back(sshd: Sshd, release: Path) -> None:
    following = _follow(sshd, release, relink_s=1)
    sshd.stop()
    release.touch()
    following.join(30)
    assert following.lost is not None
    with pytest.raises(TransportLost):
        open_transport(sshd.host(relink_s=0)).attach(f"{sshd.spool}/run").status()
    with pytest.raises(Unreachable):
        open_transport(sshd.host()).start(f"{sshd.spool}/other", ["true"])
    sshd.start()
    assert finish(following.handle).code == 6


def test_a_query_frozen_in_the_middle_is_in_doubt(sshd: Sshd, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    frozen: list[float] = []

    def freeze() -> None:
        until(begun.exists)
        sshd.freeze()
        frozen.append(time.monotonic())

    freezer = threading.Thread(target=freeze)
    freezer.start()
    with pytest.raises(TransportLost):
        open_transport(sshd.host()).query(["sh", "-c", f"touch {begun}; exec sleep 20"], timeout_s=20)
    noticed = time.monotonic()
    freezer.join()
    assert noticed - frozen[0] < _NOTICED_S


def test_a_query_over_a_frozen_link_ends(sshd: Sshd) -> None:
    ssh = open_transport(sshd.host())
    ssh.query(["true"], timeout_s=5)
    sshd.freeze(whole=True)
    since = time.monotonic()
    with pytest.raises(Unreachable):  # no session was opened: nothing ran
        ssh.query(["true"], timeout_s=30)
    assert time.monotonic() - since < _NOTICED_S + 6  # and one attempt at a new connection


def test_a_query_cut_in_the_middle_is_in_doubt_and_the_next_one_works(sshd: Sshd, tmp_path: Path) -> None:
    ssh = open_transport(sshd.host())
    begun = tmp_path / "begun"
    cutter = threading.Thread(target=lambda: (until(begun.exists), sshd.cut()))
    cutter.start()
    with pytest.raises(TransportLost):
        ssh.query(["sh", "-c", f"touch {begun}; exec sleep 5"], timeout_s=30)
    cutter.join()
    assert ssh.query(["echo", "again"], timeout_s=5).out == "again\n"


_RUNNER = """
import msgspec, sys
from actions.transport import SshHost, open_transport
handle = open_transport(msgspec.json.decode(sys.argv[1], type=SshHost)).start(sys.argv[2], sys.argv[3:])
print("started", flush=True)
handle.wait(on_output=lambda *_: None, cancelled=lambda: False)
"""


def test_the_runner_is_killed_and_the_next_one_reads_the_true_end(sshd: Sshd, release: Path) -> None:
    import msgspec

    spec = msgspec.json.encode(sshd.host()).decode()
    program = until_released(release, "seq 1000; exit 6")
    command = [sys.executable, "-c", textwrap.dedent(_RUNNER), spec, f"{sshd.spool}/run", *program]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as runner:
        assert runner.stdout
        assert runner.stdout.readline() == "started\n"
        os.kill(runner.pid, signal.SIGKILL)
    handle = open_transport(sshd.host()).attach(f"{sshd.spool}/run")
    assert handle.status().state is State.RUNNING
    release.touch()
    output = Output()
    assert finish(handle, output).code == 6
    assert output.of("out") == ["begun", *map(str, range(1, 1001))]


def test_asyncssh_is_imported_by_no_module() -> None:
    script = "import sys, actions.transport, actions.transport.ssh; sys.exit('asyncssh' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], cwd=_ROOT, check=True)
