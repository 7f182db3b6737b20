"""What stands in an exporter's way as it starts: files of another account, a port that somebody has."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from journal.paths import Paths

_LISTENS = "0A"
"""A listening socket's state in /proc/net/tcp."""
_COMMAND = 80
"""Characters of a command that are shown."""


def unreadable(paths: Paths) -> Iterator[str]:
    """Yield a line for each thing of the console's that our account cannot read, then what helps."""
    shut = [path for path in (paths.incidents, paths.readiness) if _is_shut(path)]
    for path in shut:
        yield f"{_account()} cannot read {path}: what it tells is not measured, which alarms."
    if shut:
        yield (
            "Let the exporter run as whoever runs the console, or give both a team's folder before its first use: "
            "install -d -m 2770 -g GROUP DIR"
        )


def _is_shut(path: Path) -> bool:
    """Return whether something is there and cannot be read, or nobody of our account can tell."""
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0))


def _account() -> str:
    with suppress(KeyError):
        return f"The account {pwd.getpwuid(os.geteuid()).pw_name}"
    return f"The account {os.geteuid()}"


def holder_of_port(port: int) -> str:
    """Return who listens on a TCP port of this machine, in words; empty where that cannot be told."""
    inodes = {f"socket:[{inode}]" for inode in _listening(port)}
    for process in Path("/proc").iterdir() if inodes else ():
        if process.name.isdecimal() and inodes & set(_open_in(process)):
            with suppress(OSError):
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                return f"process {process.name} has it: {sanitize(command)[:_COMMAND]}"
    return "a process of another account has it" if inodes else ""


def _listening(port: int) -> Iterator[str]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
                    yield fields[9]


def _open_in(process: Path) -> Iterator[str]:
    """Yield what a process has open; nothing of one that is gone, or another account's."""
    with suppress(OSError):
        for link in (process / "fd").iterdir():
            with suppress(OSError):
                yield str(link.readlink())
