"""Who writes a backup into a bucket: a mark there, by which another writer knows whether that one still lives."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from actions.transport.processes import Process, boot_id
from actions.transport.shim import ticks

_LONGEST = timedelta(days=1)
"""After this time no writer lives: each is ended before, by whoever started it."""


class Writer(msgspec.Struct, frozen=True, kw_only=True):
    """A process that writes a backup.

    Attributes:
        process: which it is; ``space``: of which namespace its number is (a container has its own).
        host: its machine's name, for people; ``since``: when it began, in UTC.
    """

    process: Process
    space: str
    host: str
    since: datetime

    def may_live(self) -> bool:
        """Whether it may still write; what another machine does is known by its age alone."""
        if self.is_here():
            return self.process.alive()
        return datetime.now(UTC) - self.since < _LONGEST

    def is_here(self) -> bool:
        """Whether it is, or was, a process of this machine that we can see."""
        return self.process.boot == boot_id() and self.space == _space()

    def __str__(self) -> str:
        return f"process {self.process.pid} of {self.host} since {self.since:%Y-%m-%dT%H:%M:%SZ}"


def this_writer() -> Writer:
    """Return who we are."""
    me = os.getpid()
    return Writer(
        process=Process(me, ticks(me), boot_id()),
        space=_space(),
        host=socket.gethostname(),
        since=datetime.now(UTC),
    )


def _space() -> str:
    return str(Path("/proc/self/ns/pid").readlink())
