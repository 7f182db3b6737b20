"""Checks a journal in a process of its own, so that a process that has it open may ask for the check.

Closing a file drops all locks that the process has on it; the checker opens the journal's file directly.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from journal import verify
from journal.store.connection import closing_mark
from journal.store.errors import JournalError, JournalReadFailed, read_failure
from journal.store.failover.segments import segments_of
from journal.store.seal import seal
from journal.verify import Fault, Verdict

CHECK_SECONDS = 600.0
"""Seconds that a check may take; a journal of a million rows takes a few."""


def verify_apart(
    path: Path, head: str | None = None, timeout: float = CHECK_SECONDS, more: Sequence[Path] = ()
) -> Verdict:
    """Check all segments of a journal as `journal.verify.verify` does, in a process of its own.

    Args:
        path: the journal's first file.
        head: the head's hash as a witness holds it, whole or in its short form; None where there is no witness.
        timeout: seconds after which the check is given up.
        more: the other segments, where they are not where they were written.

    Raises:
        JournalReadFailed: it cannot be checked.
    """
    try:
        files = [path, *more] if more else segments_of(path)
    except OSError as error:
        raise read_failure(path, error) from error
    for file in files:
        if closing_mark(file).exists():  # its last program died while it closed it
            with suppress(JournalError):  # where we may only read it, the checker says what it finds
                seal(file)
    command = [sys.executable, "-I", verify.__file__, "--json", *(os.fspath(file.absolute()) for file in files)]
    if head is not None:
        command.append(f"--head={head}")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        hint = "Check it by hand: python3 -I journal/verify.py FILE."
        raise JournalReadFailed(f"The journal {path} could not be checked: {error}.", hint) from error
    if done.returncode not in (0, 1) or not done.stdout:
        said = done.stderr.strip().removeprefix("verify: ") or f"the checker ended with status {done.returncode}"
        raise JournalReadFailed(f"The journal {path} could not be checked: {said}.", "Check the path and the head.")
    found = json.loads(done.stdout)
    return Verdict(**{**found, "faults": [Fault(*fault) for fault in found["faults"]]})
