"""A hang-up, on a real terminal: the console leaves cleanly, and nothing of it stays behind."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from journal.store.journal import Journal
from tests.screens.app_services import FakeServices
from tests.waiting import readable

_PROGRAM = """
import pathlib, sys
from cleo_console.app import CleoApp
from tests.screens.app_services import INCIDENT, FakeServices, SetClock
clock = SetClock()
app = CleoApp(FakeServices(pathlib.Path(sys.argv[1]), clock), INCIDENT, clock=clock)
app.run()
sys.exit(app.return_code or 0)
"""


def _read_until(terminal: int, text: bytes, deadline: float) -> bytes:
    seen = b""
    while text not in seen:
        assert time.monotonic() < deadline, seen[-2000:]
        if readable(terminal, 0.1):
            seen += os.read(terminal, 65536)
    return seen


def _drain(terminal: int) -> bytes:
    seen = b""
    while readable(terminal, 0):
        try:
            seen += os.read(terminal, 65536)
        except OSError:  # the other side is closed: Linux says EIO
            break
    return seen


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_ends_the_console_cleanly(
    services: FakeServices, journal: Journal, tmp_path: Path, number: signal.Signals
) -> None:
    ours, theirs = pty.openpty()
    root = Path(__file__).parents[2]
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(tmp_path)], stdin=theirs, stdout=theirs, stderr=theirs, env=env, cwd=root
    )
    os.close(theirs)
    try:
        _read_until(ours, b"Check system status", time.monotonic() + 60)
        process.send_signal(number)
        deadline = time.monotonic() + 20
        last_words = b""
        while process.poll() is None and time.monotonic() < deadline:
            last_words += _drain(ours)
            time.sleep(0.02)
        assert process.returncode == 0, last_words + _drain(ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
