"""A real terminal for tests: tmux holds it, keys go in, the screen is read back."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Self

DEADLINE_S = 30.0
_SIZE = ("COLUMNS", "LINES")
"""Variables that would have programs think the terminal another size than it is: whoever runs tests sets them."""


class Terminal:
    """One program in a terminal of its own. Use it as a context manager.

    Args:
        argv: the program.
        width, height: in characters.
        env: its environment, in addition to ours.
    """

    def __init__(self, argv: Sequence[str], width: int, height: int, env: Mapping[str, str]) -> None:
        self._socket = f"cleo-test-{uuid.uuid4().hex[:12]}"
        settings = [word for name, value in env.items() for word in ("-e", f"{name}={value}")]
        size = ["-x", str(width), "-y", str(height)]
        self._tmux("new-session", "-d", "-s", "t", *size, *settings, *argv)
        self._tmux("set-option", "-g", "remain-on-exit", "on")
        self.server = int(self._tmux("display-message", "-p", "#{pid}"))
        self.program = int(self._tmux("display-message", "-p", "#{pane_pid}"))

    def _tmux(self, *words: str) -> str:
        argv = ["tmux", "-L", self._socket, "-f", "/dev/null", *words]
        env = {name: value for name, value in os.environ.items() if name not in _SIZE} | {"TERM": "xterm-256color"}
        return subprocess.run(argv, capture_output=True, text=True, check=True, env=env).stdout

    def keys(self, *names: str) -> None:
        """Press keys, by tmux's names: ``Enter``, ``Tab``, ``C-s``, ``d``."""
        self._tmux("send-keys", "-t", "t", *names)

    def type(self, text: str) -> None:
        """Type text as it is."""
        self._tmux("send-keys", "-t", "t", "-l", text)

    def resize(self, width: int, height: int) -> None:
        """Make the terminal another size."""
        self._tmux("resize-window", "-t", "t", "-x", str(width), "-y", str(height))

    def screen(self) -> str:
        """Return what is on the screen."""
        return self._tmux("capture-pane", "-p", "-t", "t")

    def painted(self) -> str:
        """Return what is on the screen with its colours: they alone tell where the focus is."""
        return self._tmux("capture-pane", "-p", "-e", "-t", "t")

    def until(self, wanted: str | Callable[[str], object], deadline_s: float = DEADLINE_S) -> str:
        """Return the first screen that holds ``wanted``, or of which it is true."""
        test = wanted if callable(wanted) else lambda screen: wanted in screen
        end = time.monotonic() + deadline_s
        while time.monotonic() < end:
            screen = self.screen()
            if test(screen):
                return screen
            time.sleep(0.2)  # between two looks, not instead of one: each starts a program
        raise AssertionError(f"not seen in {deadline_s} s: {wanted}\n{self.screen()}")

    def hang_up(self) -> None:
        """Close the terminal, as a dropped SSH session does: the program gets SIGHUP."""
        os.kill(self.server, signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["tmux", "-L", self._socket, "kill-server"], capture_output=True, check=False)
