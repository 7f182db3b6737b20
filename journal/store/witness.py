"""Heads that a second party keeps: a chain cannot show that its own end was cut off, or that its file is gone.

A head is a line: ``2026-11-30T03:00:00Z INC-2026-11-30-01-k7q4 REAL row 57 head 7f3a… closed by ada@ops1``. The lines
are appended to a file of the second party's, or mailed to it; what they hold is compared later (`read_heads`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from journal.store.chain import short_head

_LINE = re.compile(r"(\S+) (\S+) ([A-Z]+) row (\d+) head ([0-9a-f]{64}) (.*)")


class Head(NamedTuple):
    """A journal's head at a moment. ``why``: what happened then, such as ``closed by ada@ops1``."""

    at: datetime
    incident: str
    kind: str
    row: int
    head: str
    why: str

    @property
    def line(self) -> str:
        """Return it as a line of the witness's log, without its end."""
        at = f"{self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        return f"{at} {self.incident} {self.kind} row {self.row} head {self.head} {self.why}"

    def __str__(self) -> str:
        """Return it as people say it."""
        return f"the head {short_head(self.head)} (row {self.row} of {self.incident})"


Witness = Callable[[Head], str]
"""Gives a head to the second party; returns why that did not work, or nothing. It never raises, and ends in seconds."""


def nobody(head: Head) -> str:
    """Give a head to nobody: the `Witness` where none is set."""
    return ""


def append_head(log: Path, head: Head) -> None:
    """Append a head to a log, durably. The log is made where it is not there; it is never read or rewritten.

    Raises:
        OSError: it could not be written.
    """
    line = (head.line.replace("\n", " ") + "\n").encode()
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if os.write(descriptor, line) != len(line):
            raise OSError("only a part of the line was taken")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def waiting(folder: Path) -> list[Path]:
    """Return the files of the heads that the witness did not take so far, one a head; not those being written.

    Raises:
        OSError: they cannot be listed.
    """
    return sorted(file for file in folder.iterdir() if not file.name.startswith(".")) if folder.is_dir() else []


def read_heads(log: Path) -> Iterator[Head]:
    """Yield the heads of a log, or of mails that were saved as text, in order; what is no head is left out.

    Mail programs fold long lines (a "=" at the end, RFC 2045), which is undone.

    Raises:
        OSError: it cannot be read.
    """
    for line in re.sub(r"=\r?\n", "", log.read_text("utf-8", "replace")).splitlines():
        found = _LINE.search(line)
        if found:
            try:
                at = datetime.fromisoformat(found[1])
            except ValueError:
                continue
            yield Head(at, found[2], found[3], int(found[4]), found[5], found[6])
