"""Which files of journals this process has open."""

from __future__ import annotations

import gc
import os
import re
import time
from collections.abc import Set

CLOSED_WITHIN_S = 30.0
"""Seconds that threads get which close a journal after the test: a console's end does not wait for its own."""

_OF_A_JOURNAL = re.compile(r"\.(?:db|sqlite)(?:-wal|-shm|-journal|\.lock)?(?: \(deleted\))?$")


def open_journals() -> set[str]:
    """Return the paths of the files of journals that this process has open."""
    found = set()
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            path = os.readlink(f"/proc/self/fd/{descriptor}")
        except OSError:  # closed since it was listed
            continue
        if _OF_A_JOURNAL.search(path):
            found.add(path)
    return found


def still_open(before: Set[str]) -> set[str]:
    """Return what is open, was not before, and is not closed soon, once the collector has run."""
    if open_journals() - before:
        gc.collect()  # an error that a command ended with holds what it had open
    end = time.monotonic() + CLOSED_WITHIN_S
    while (left := open_journals() - before) and time.monotonic() < end:
        time.sleep(0.02)  # between two looks, not instead of one
    return left
