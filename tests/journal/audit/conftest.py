"""A year of incidents, and a copy of it to be spoilt."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from journal.events import types as e
from tests.journal.audit.year import CLOSED, run, write


@pytest.fixture(scope="session")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A year with a drill, a tabletop, a lab exercise, a note, and two real incidents, one with a notice."""
    home = tmp_path_factory.mktemp("year")
    write(home, "INC-drill", "2026-02-01T10:00", e.Kind.DRILL, *run("some.drill"), CLOSED)
    write(home, "INC-table", "2026-02-02T10:00", e.Kind.TABLETOP, *run("some.promote"), CLOSED)
    write(home, "INC-lab", "2026-05-02T10:00", e.Kind.LAB, *run("some.drill"), CLOSED)
    note = e.NoteAdded(text="Test  coordination: both teams were there")
    write(home, "INC-note", "2026-05-03T10:00", e.Kind.DRILL, *run("other.look"), note, CLOSED)
    write(home, "INC-real", "2026-08-01T10:00", e.Kind.REAL, *run("some.promote"), CLOSED)
    told = e.NoteAdded(text="Notice GDPR: sent to the authority", happened_at="2026-08-03T10:00:00+00:00")
    write(home, "INC-told", "2026-08-02T10:00", e.Kind.REAL, told, e.StepMarkedDone(step="tell", note=""), CLOSED)
    return home


@pytest.fixture
def home(year: Path, tmp_path: Path) -> Path:
    """A copy of that year, to be spoilt."""
    shutil.copytree(year / "incidents", tmp_path / "incidents")
    return tmp_path
