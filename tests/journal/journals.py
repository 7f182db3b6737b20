"""Journals to test with."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from journal.events.types import ActionFinished, ActionStarted, IncidentDeclared, Kind, NoteAdded, RunRequested
from journal.store.journal import Journal, OutputLine

ROOT = Path(__file__).parents[2]
ME = "ada@console"


def declaration() -> IncidentDeclared:
    return IncidentDeclared(
        id="INC-7",
        title="Database lost",
        kind=Kind.LAB,
        scenario="infrastructure",
        severity="SEV-1",
        began_at="2026-03-01T02:50:00Z",
        discovered_at="2026-03-01T03:00:00Z",
        plan={"name": "a plan"},
        plan_sha256="0" * 64,
    )


def begun(folder: Path) -> Journal:
    return Journal.create(folder / "journal.sqlite", declaration(), actor=ME)


def line(text: str, stream: str = "stdout") -> OutputLine:
    return OutputLine(0, 0, datetime(2026, 3, 1, 3, 5, tzinfo=UTC), stream, text)


def recovered(folder: Path) -> Path:
    """Return a closed journal of one incident with one run that printed three lines, and notes after it."""
    with begun(folder) as journal:
        (asked,) = journal.append(RunRequested(step="restore", action="postgres.restore"))
        run = asked.seq
        journal.append(ActionStarted(step="restore", run=run, action="postgres.restore"))
        journal.append_output(run, [line("restoring"), line("näheres später", "stderr"), line("done")])
        lines, digest = journal.output_digest(run)
        journal.append(
            ActionFinished(
                step="restore", run=run, status="succeeded", summary="ok", output_lines=lines, output_sha256=digest
            )
        )
        journal.append(NoteAdded(text="first note"), NoteAdded(text="second note"))
    return journal.path


def columns(path: Path, name: str) -> list[Any]:
    """Return one column of the events, also one that no reader is given."""
    with contextlib.closing(sqlite3.connect(path)) as conn:
        return [value for (value,) in conn.execute(f"SELECT {name} FROM events ORDER BY seq")]


STEP = "ALTER TABLE readings RENAME COLUMN value TO payload;"
"""Turns the made-up format 0 into format 1: what a later version would have in ``journal.store.schema.STEPS``."""


def make_older(*paths: Path) -> None:
    """Turn segments that nobody has open into the made-up format 0, as an older version would have left them."""
    for path in paths:
        with contextlib.closing(sqlite3.connect(path)) as conn:
            conn.executescript("ALTER TABLE readings RENAME COLUMN payload TO value; PRAGMA user_version = 0;")


def python(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, with the project's packages."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
