"""Checks a journal in a process of its own, so that a process that has it open may ask for the check.

Closing a file drops all locks that the process has on it; the checker opens the journal's file directly.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from journal import verify
from journal.store.connection import closing_mark
from journal.store.errors import JournalError, JournalReadFailed
from journal.store.failover.segments import segments_of
from journal.store.failures import read_failure
from journal.store.seal import seal
from journal.verify import Fault, Signature, Signers, Verdict

CHECK_SECONDS = 600.0
"""Seconds that a check may take; a journal of a million rows takes a few."""


def verify_apart(
    path: Path,
    head: str | None = None,
    timeout: float = CHECK_SECONDS,
    more: Sequence[Path] = (),
    signers: Signers | None = None,
) -> Verdict:
    """Check all segments of a journal as `journal.verify.verify` does, in a process of its own.

    Args:
        path: the journal's first file.
        head: the head's hash as a witness holds it, whole or in its short form; None where there is no witness.
        timeout: seconds after which the check is given up.
        more: the other segments, where they are not where they were written.
        signers: check the signatures beside the files against these; None: do not look at any.

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
    command = checker(files, signers, *([f"--head={head}"] if head is not None else []))
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        hint = "Check it by hand: python3 -I journal/verify.py FILE."
        raise JournalReadFailed(f"The journal {path} could not be checked: {error}.", hint) from error
    if done.returncode not in (0, 1, 3) or not done.stdout:
        said = done.stderr.strip().removeprefix("verify: ") or f"the checker ended with status {done.returncode}"
        raise JournalReadFailed(f"The journal {path} could not be checked: {said}.", "Check the path and the head.")
    return verdict_of(json.loads(done.stdout))


def checker(files: Iterable[Path], signers: Signers | None, *options: str) -> list[str]:
    """Return the command that has files checked, and prints verdicts for `verdict_of`."""
    words = [*options]
    if signers:
        words.append(f"--signers={signers.keys.absolute()}")
        words += [f"--revoked={signers.revoked.absolute()}"] if signers.revoked else []
        words += [f"--signed-at={signers.at}"] if signers.at else []
    named = (os.fspath(file.absolute()) for file in files)
    return [sys.executable, "-I", verify.__file__, "--json", *words, *named]


def verdict_of(found: Mapping[str, Any]) -> Verdict:
    """Return a verdict as the checker printed it."""
    faults = [Fault(*fault) for fault in found["faults"]]
    return Verdict(**{**found, "faults": faults, "signatures": tuple(Signature(*one) for one in found["signatures"])})
