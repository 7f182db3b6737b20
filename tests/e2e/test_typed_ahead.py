"""A slow line delivers in one piece what was typed in seconds; the first of it before the console is there."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.stand import CLEO
from tests.e2e.terminal import Terminal


def test_what_comes_in_one_piece_goes_where_it_belongs(tmp_path: Path) -> None:
    with Terminal([CLEO, "demo"], 80, 24, {"CLEO_HOME": str(tmp_path)}) as terminal:
        terminal.until("d dry run")
        terminal.keys("n", *"disk", "Enter", "n", *"gone", "Enter", "t", "/", *"note")
        screen = terminal.until(lambda screen: "Note: disk" in screen and "Note: gone" in screen)
        assert "Timeline" in screen
        assert "Asked for" not in screen
