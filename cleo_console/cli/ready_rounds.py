"""Looks again and again, until it is ended: at once, with what it started, and without leaving anything."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import click

from cleo_console.settings import paths
from journal.errors import CleoError
from journal.wording.durations import Duration
from journal.wording.sanitize import sanitize

T = TypeVar("T")
_SEEN_S = 1.0
"""How often it is looked whether a file that was spoilt was changed."""
_PATIENCE_S = 1.0
"""How long programs that were asked to end get for it."""


def rounds(look: Callable[[float], T], pause_s: float, read: Sequence[Path]) -> Iterator[T]:
    """Yield what each look brings. The first one raises; a later one that cannot look says so, and the next follows.

    Args:
        look: looks; it is given when its round began (`time.monotonic`).
        pause_s: seconds from the beginning of one round to that of the next; 0: there is no next.
        read: the files that a look reads: where one was changed after a look that failed, it is looked again at once.
    """
    begun = time.monotonic()
    found: T | None = look(begun)
    while True:
        if found is not None:
            yield found
        if not pause_s:
            return
        _wait(begun + pause_s, read if found is None else ())
        begun = time.monotonic()
        found = _tried(look, begun, pause_s)


def _tried(look: Callable[[float], T], begun: float, pause_s: float) -> T | None:
    """Return what a look brings; None: nobody could look, which was said."""
    try:
        return look(begun)
    except CleoError as error:
        said = f"{error.message.rstrip('.')}. {error.hint}".rstrip()
    except click.ClickException as error:
        said = error.message
    except OSError as error:  # a disk that is full, or too many files: tomorrow's round may do better
        said = f"{error.filename or 'A file'}: {error.strerror}."
    again = f"Nobody looked: the next look is in {Duration(int(pause_s))}, or once plan or inventory was changed."
    click.echo(sanitize(f"cleo: {said} {again}"), err=True)
    return None


def _wait(until: float, watched: Sequence[Path]) -> None:
    """Return at a moment, or once one of the files is another."""
    before = [_stamp(path) for path in watched]
    while (left := until - time.monotonic()) > 0:
        if before != [_stamp(path) for path in watched]:
            return
        time.sleep(min(left, _SEEN_S) if watched else left)


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns


def end_whole() -> None:
    """Have this process end at once when it is asked to, with the programs that its looks started."""
    for which in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(which, _end)


def _end(number: int, frame: object) -> None:
    """End what was started, remove a result that is half written, and go: a look only reads, nothing is lost."""
    _end_programs()
    result = paths().readiness
    for draft in result.parent.glob(f".{result.name}.{os.getpid()}.*.new"):
        draft.unlink(missing_ok=True)
    with suppress(OSError, ValueError, RuntimeError):  # whoever reads may be gone; we may have been printing
        sys.stdout.flush()
    os._exit(128 + number)


def _end_programs() -> None:
    """Ask the programs that we started to end, each with its session, and end those that do not."""
    until = time.monotonic() + _PATIENCE_S
    for one in _children():
        _signal(one, signal.SIGTERM)
    while (left := _children()) and time.monotonic() < until:
        time.sleep(0.02)
    for one in left:
        _signal(one, signal.SIGKILL)


def _children() -> list[int]:
    """Return the ids of the programs that run, and that our threads started; none where there is no /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            state, parent = stat.read_bytes().rsplit(b")", 1)[1].split()[:2]
            if int(parent) == os.getpid() and state not in {b"Z", b"X"}:
                found.append(int(stat.parent.name))
    return found


def _signal(pid: int, which: int) -> None:
    with suppress(OSError):
        if os.getpgid(pid) == pid:
            os.killpg(pid, which)
        os.kill(pid, which)
