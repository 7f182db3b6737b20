"""What the transport's tests share: its output, its end, and a program that a test can steer."""

from __future__ import annotations

from pathlib import Path

from actions.transport import Completed, Handle


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
