"""Who sits at a login that several share is asked for a name, once in a session, and never without a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cleo_console.settings import actor
from tests.cleo_console.test_cli import Cleo
from tests.e2e.pty_terminal import DumbTerminal

CLEO = str(Path(sys.executable).parent / "cleo")
ASKED = "Your name, for the journal"


def _people(cleo: Cleo) -> str:
    said = cleo("handover").stdout.splitlines()
    return next(line for line in said if line.startswith("people"))


@pytest.fixture
def shared(tmp_path: Path) -> dict[str, str]:
    """The environment of a login that people share, at a terminal."""
    return {"CLEO_HOME": str(tmp_path / "cleo"), "LOGNAME": "root", "SUDO_USER": "", "CLEO_ACTOR": ""}


@pytest.fixture
def cleo(tmp_path: Path) -> Cleo:
    return Cleo(tmp_path)


def _in_one_session(*commands: str) -> list[str]:
    """Return the words that run commands in one shell, and end with it."""
    return ["sh", "-c", "; ".join([*commands, "echo ended"])]


def test_a_shared_login_is_asked_once_in_a_session(cleo: Cleo, shared: dict[str, str]) -> None:
    cleo.declare()
    commands = _in_one_session(f"{CLEO} note one", f"{CLEO} note two")
    with DumbTerminal(commands, shared) as terminal:
        terminal.answer(ASKED, "runner")
        terminal.until("is a program's name")
        terminal.answer(ASKED, "ana")
        terminal.until("ended")
        assert terminal.printed.count("written as event") == 2
        assert terminal.printed.count(ASKED) == 2
    assert "ana@" in _people(cleo)
    with DumbTerminal(_in_one_session(f"{CLEO} note three"), shared) as terminal:  # another session, another person
        terminal.answer(ASKED, "")
        terminal.until("ended")
    assert "root@" in _people(cleo)


def test_who_said_it_beforehand_or_only_looks_is_not_asked(cleo: Cleo, shared: dict[str, str]) -> None:
    cleo.declare()
    looks = (f"{CLEO} status", f"{CLEO} drill list", f"{CLEO} --actor ben note one", f"CLEO_ACTOR=cyd {CLEO} note two")
    own = f"LOGNAME=ana {CLEO} note three"
    with DumbTerminal(_in_one_session(*looks, own), shared) as terminal:
        terminal.until("ended")
        assert ASKED not in terminal.printed
    for name in ("ben@", "cyd@", "ana@"):
        assert name in _people(cleo)


def test_without_a_terminal_nobody_is_asked(cleo: Cleo, shared: dict[str, str]) -> None:
    cleo.declare()
    env = {**os.environ, **shared}
    done = subprocess.run([CLEO, "note", "by cron"], env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0
    assert ASKED not in done.stdout + done.stderr
    assert "root@" in _people(cleo)


def test_line_mode_asks_before_anything_is_written(cleo: Cleo, shared: dict[str, str]) -> None:
    incident = cleo.declare()
    with DumbTerminal([CLEO, "--plain", incident], shared) as terminal:
        terminal.answer(ASKED, "ana")
        terminal.answer("1.1.1 >", "i")
        terminal.until("Taken.")
        said = cleo("status").stdout
        assert "  here: ana@" in said and "(line mode), seen " in said
        assert ", by ana@" in said
        (here,) = json.loads(cleo("status", "--json").stdout)["here"]
        assert here["actor"].startswith("ana@") and here["place"] == "line mode"
        terminal.answer(">", "q")
    assert "ana since" in cleo("handover").stdout
    cleo.close()


def test_further_logins_are_named_as_shared(
    cleo: Cleo, shared: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cleo.declare()
    dba = {**shared, "LOGNAME": "dba", "CLEO_SHARED_LOGINS": "dba, night"}
    with DumbTerminal(_in_one_session(f"{CLEO} note one"), dba) as terminal:
        terminal.answer(ASKED, "ana")
        terminal.until("ended")
    monkeypatch.setenv("CLEO_ACTOR", "ben")
    assert actor().startswith("ben@")
