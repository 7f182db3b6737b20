"""Forbids opening a live journal otherwise than through SQLite, in every Python process that the tests start.

A file that a process opens beside SQLite takes SQLite's locks with it when it is closed
(https://sqlite.org/howtocorrupt.html, section 2.2): acknowledged events were lost so. `tests/conftest.py` puts this
folder into PYTHONPATH, and fails the test during which something was noted in the folder of `JOURNAL_GUARD`.

It is the first thing that such a process imports: only what is loaded anyway is used.
"""

from __future__ import annotations

import _thread
import os
import sys

VARIABLE = "JOURNAL_GUARD"
ENDS = ("", "-wal", "-shm", "-journal")


def live(path: str) -> bool:
    """Whether SQLite has this file, or one beside it, open in this process."""
    for end in ENDS[1:]:
        path = path[: -len(end)] if path.endswith(end) else path
    if not path.endswith((".db", ".sqlite")):
        return False
    files = {os.path.realpath(path) + end for end in ENDS}
    for entry in os.listdir("/proc/self/fd"):
        try:
            if os.readlink(f"/proc/self/fd/{entry}") in files:
                return True
        except OSError:
            pass
    return False


def hook(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse an `open` of a live journal, and note it; all other events, of which there are thousands, cost little."""
    if event != "open":
        return
    thread = _thread.get_ident()
    if isinstance(arguments[0], int) or thread in looking or not sys._journal_guard:
        return
    looking.add(thread)
    try:
        path = os.fsdecode(arguments[0])
        if live(path):
            note(path)
            raise RuntimeError(f"{path} was opened beside SQLite, which loses its locks")
    finally:
        looking.discard(thread)


def note(path: str) -> None:
    """Leave a word for the test that is under way, which may never see the exception."""
    if folder := os.environ.get(VARIABLE):
        with open(os.path.join(folder, str(os.getpid())), "a") as file:
            file.write(f"{path} was opened beside SQLite by {' '.join(sys.orig_argv)}\n")


def install() -> None:
    """Watch this process, from now on; while `sys._journal_guard` is false, nothing is refused."""
    if not hasattr(sys, "_journal_guard"):
        sys._journal_guard = True
        sys.addaudithook(hook)


looking = set()
if os.environ.get(VARIABLE):
    install()
