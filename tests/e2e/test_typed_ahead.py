"""A slow line delivers in one piece what was typed in seconds; a dropped one goes while there is much to paint."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.e2e.stand import CLEO
from tests.e2e.terminal import Terminal
from tests.waiting import until


def demo(tmp_path: Path) -> Terminal:
    return Terminal([CLEO, "demo"], 80, 24, {"CLEO_HOME": str(tmp_path), "CLEO_ACTOR": "player@table"})


def gone(pid: int) -> bool:
    """Return whether a process has ended; nobody may have taken note of it yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_what_comes_in_one_piece_goes_where_it_belongs(tmp_path: Path) -> None:
    with demo(tmp_path) as terminal:
        terminal.until("d dry run")
        terminal.keys("n", *"disk", "Enter", "n", *"gone", "Enter", "t", "/", *"note:", "Enter")
        screen = terminal.until(lambda screen: "Note: disk" in screen and "Note: gone" in screen)
        assert "2 of " in screen, "the words looked for went elsewhere: both notes are found, and nothing else"
        assert "Asked for" not in screen


def test_a_terminal_that_goes_while_there_is_much_to_paint_takes_the_console_along(tmp_path: Path) -> None:
    """Who painted waited for a thread that had ended with the terminal: the console never left."""
    for number in range(2):
        with demo(tmp_path / str(number)) as terminal:
            terminal.until("d dry run")
            terminal.keys(*["Down", "Up"] * 40, "t", "h", "e", "R")
            terminal.until(lambda screen: "d dry run" not in screen)
            terminal.hang_up()
            until(lambda: gone(terminal.program))


def test_a_terminal_that_goes_without_a_signal_takes_the_console_along(tmp_path: Path) -> None:
    """Only who leads the session hears of a hang-up; ``make`` waits for its programs then, and sends them nothing."""
    command = ["sh", "-c", f"trap : HUP; {CLEO} demo; exit 0"]
    with Terminal(command, 80, 24, {"CLEO_HOME": str(tmp_path), "CLEO_ACTOR": "player@table"}) as terminal:
        terminal.until("d dry run")
        (console,) = Path(f"/proc/{terminal.program}/task/{terminal.program}/children").read_text().split()
        terminal.hang_up()
        try:
            until(lambda: gone(int(console)))
        finally:
            if not gone(int(console)):
                os.kill(int(console), signal.SIGKILL)
