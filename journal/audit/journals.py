"""Finds the journals of a span, checks them where they lie, and writes a copy of each that needs nothing beside it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from journal.audit.span import Span
from journal.errors import CleoError
from journal.events import types as e
from journal.signing import carry_signatures
from journal.store.check import CHECK_SECONDS, checker, verdict_of, verify_apart
from journal.store.connection import closing_mark
from journal.store.failover.segments import segments_of
from journal.store.journal import Reader, export
from journal.verify import Signature, Signers, Verdict

_AT_ONCE = 100
"""Journals that one checker is given: enough that starting it costs nothing, few enough that all cores have work."""
_STRANGE = re.compile(r"[^A-Za-z0-9._-]")


class Found(NamedTuple):
    """A folder that may hold a journal of the span: ``why`` says why nobody can tell, or is empty."""

    name: str
    path: Path
    why: str = ""


class Checked(NamedTuple):
    """What a check found: ``error`` is why there was none."""

    events: int = 0
    head: str = ""
    faults: Sequence[str] = ()
    notes: Sequence[str] = ()
    error: str = ""
    signatures: Sequence[Signature] = ()


def journals_of(folders: Mapping[str, Path], span: Span, now: datetime) -> Iterator[Found]:
    """Yield the journals of a span, and those of which nobody can tell, by the names of their folders.

    Args:
        folders: each incident's journal, whether it is there or not.
        span: an incident belongs to it from its beginning to its last event; one that is open, until now.
        now: when it is asked.
    """
    for name, path in sorted(folders.items()):
        if why := not_there(path):
            yield Found(name, path, why)
            continue
        try:
            if _meets(path, span, now):
                yield Found(name, path)
        except CleoError as error:
            yield Found(name, path, f"{error.message} Whether it belongs to this time is not known.")


def not_there(path: Path) -> str:
    """Return why there is no journal's file to look at; empty where there is one. A pipe is none."""
    try:
        return "" if path.is_file() else "there is a folder of an incident, and no journal in it"
    except OSError as error:
        return f"its folder cannot be looked into: {error.strerror}. Whether it belongs to this time is not known."


def _meets(path: Path, span: Span, now: datetime) -> bool:
    with Reader(path) as reader:
        first = next(reader.events(limit=1), None)
        if first is None or not isinstance(first.body, e.IncidentDeclared):
            return True  # whoever reads it whole says what is wrong with it
        times = reader.times() or (first.at, first.at)
        began = min(times[0], datetime.fromisoformat(first.body.began_at))
        if began >= span.end:
            return False
        ends = list(reader.events(types=("incident.closed", "incident.reopened")))
        is_open = not ends or isinstance(ends[-1].body, e.IncidentReopened)
        return span.meets(began, max(times[1], now) if is_open else times[1])


def file_names(names: Iterable[str]) -> dict[str, str]:
    """Return a file's name for each incident: of letters that every system and checker takes, no two the same."""
    given: dict[str, str] = {}
    taken = Counter[str]()
    for name in names:
        plain = _STRANGE.sub("_", name).lstrip(".-") or "_"
        taken[plain] += 1
        given[name] = f"{plain}~{taken[plain]}.db" if taken[plain] > 1 else f"{plain}.db"
    return given


def copy(path: Path, to: Path) -> str:
    """Write a journal into one new file, with its signatures beside it; return why that could not be done, or nothing.

    Raises:
        OSError: a signature cannot be read, or not be written.
    """
    try:
        export(path, to)
    except CleoError as error:
        return error.message
    carry_signatures(path, to)
    return ""


def check_where_they_lie(paths: Sequence[Path]) -> dict[Path, Checked]:
    """Check journals of this installation, open elsewhere or not, each with all of its segments."""
    alone = [path for path in paths if _is_one_file(path)]
    found = check_each(alone)
    for path in paths:
        if path not in found:
            found[path] = _checked_apart(path)
    return found


def _is_one_file(path: Path) -> bool:
    try:
        return len(segments_of(path)) == 1 and not closing_mark(path).exists()
    except OSError:
        return False


def _checked_apart(path: Path) -> Checked:
    try:
        return _found(verify_apart(path))
    except CleoError as error:
        return Checked(error=error.message)


def check_each(paths: Sequence[Path], signers: Signers | None = None) -> dict[Path, Checked]:
    """Check files that are a journal each, in processes of their own: one for many, and as many as there are cores.

    Args:
        paths: the files.
        signers: check the signatures beside them against these; None: look at none.
    """
    waiting = iter(paths)
    batches = list(iter(lambda: list(islice(waiting, _AT_ONCE)), []))
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return {
            path: found for batch in pool.map(partial(_check_batch, signers), batches) for path, found in batch.items()
        }


def _check_batch(signers: Signers | None, paths: Sequence[Path]) -> dict[Path, Checked]:
    try:
        done = subprocess.run(
            checker(paths, signers, "--each"), capture_output=True, text=True, timeout=CHECK_SECONDS, check=False
        )
        lines = [json.loads(line) for line in done.stdout.splitlines()]
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        return {path: Checked(error=f"the check failed: {error}") for path in paths}
    if len(lines) != len(paths):
        return {path: Checked(error=f"the checker ended with status {done.returncode}") for path in paths}
    return dict(zip(paths, map(_checked, lines), strict=True))


def _checked(said: Mapping[str, Any]) -> Checked:
    return Checked(error=str(said["error"])) if "error" in said else _found(verdict_of(said))


def _found(verdict: Verdict) -> Checked:
    return Checked(
        verdict.seq,
        verdict.head,
        [str(fault) for fault in verdict.faults],
        verdict.notes,
        signatures=verdict.signatures,
    )
