from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from journal.events import types as e
from journal.store.journal import Journal
from screens.dialogs.dialog import Dialog
from screens.incident.cursor import StepCursor
from tests.screens.app_services import INCIDENT, FakeServices, PlayedRunner, SetClock, declaration
from tests.screens.parsed_styles import parse_each_sheet_once

parse_each_sheet_once()


@pytest.fixture(autouse=True)
def quick_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads the tests' screens: `test_dialog_keys.py` has the real time, and whoever waits sets one."""
    monkeypatch.setattr(Dialog, "UNREAD_S", 0.02)
    monkeypatch.setattr(StepCursor, "UNREAD_S", 0.0)


@pytest.fixture
def size() -> tuple[int, int]:
    """The smaller terminal, in which things are cut off; pictures are taken in both (`tests/screens/pictures.py`)."""
    return (80, 24)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def services(tmp_path: Path, clock: SetClock) -> FakeServices:
    return FakeServices(tmp_path, clock)


@pytest.fixture
def journal(services: FakeServices) -> Iterator[Journal]:
    """The journal of one declared incident, as another process has it open."""
    with services.begin(INCIDENT, declaration()) as journal:
        yield journal


@pytest.fixture
def runner(journal: Journal) -> PlayedRunner:
    return PlayedRunner(journal)


@pytest.fixture
def at_restore(journal: Journal) -> Journal:
    """Everything before the restore is decided."""
    for step in ("check", "notify", "post"):
        journal.append(e.StepMarkedDone(step=step, note="done"))
    journal.append(e.DecisionMade(step="severity", name="severity", answer="high"))
    journal.append(e.DecisionMade(step="affected", name="affected", answer="postgres"))
    journal.append(e.DecisionMade(step="recovery-point", name="recovery_point", answer="latest"))
    journal.append(e.DecisionMade(step="strategy", name="strategy", answer="cold-recovery"))
    return journal
