"""What the transport's tests share: waiting for a state, and a program that a test can steer."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from actions.transport import Completed, Handle


def until(condition: Callable[[], object], within_s: float = 15) -> None:
    """Wait for ``condition`` to hold; fail where it does not in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "the state did not come in time"
        time.sleep(0.02)


def never() -> bool:
    return False


class Output(list[tuple[str, str]]):
    """Collects lines."""

    def __call__(self, stream: str, text: str) -> None:
        self.extend((stream, line) for line in text.split("\n"))

    def of(self, stream: str) -> list[str]:
        return [line for source, line in self if source == stream]


def finish(handle: Handle, output: Output | None = None) -> Completed:
    """Follow a program to its end."""
    return handle.wait(on_output=output if output is not None else Output(), cancelled=never, deadline_s=60)


def until_released(release: Path, then: str) -> list[str]:
    """Return a program that says ``begun``, runs until the file ``release`` is there, and then does ``then``."""
    return ["sh", "-c", f'echo begun; until [ -e "$0" ]; do sleep 0.05; done; {then}', str(release)]
