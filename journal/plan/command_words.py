"""The words of a command that a person wrote."""

from __future__ import annotations

import shlex


def command_words(command: str) -> list[str]:
    """Return a command's words as a shell splits them; at its blanks where a quotation mark is open."""
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()
