"""Line mode leaves out as one what nothing here does, with each step's own cause."""

from __future__ import annotations

from pathlib import Path

import pytest

from journal.events import types as e
from tests.cleo_console.conversation import talk
from tests.screens import app_services
from tests.screens.app_services import FakeServices, SetClock
from tests.screens.driving import written
from tests.screens.not_here import NOT_HERE, STEPS, begun


def test_all_of_it_or_some_by_their_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_services, "PLANNED_ACTIONS", NOT_HERE)
    services = FakeServices(tmp_path, SetClock())
    with begun(services, tmp_path, *STEPS) as journal:
        journal.append(e.StepMarkedDone(step="restore", note="restored"))
        said = talk(
            services,
            ("1.1.2 >", "s"),
            ("Which are left out?", "1 4"),
            ("Answer with numbers from 1 to 3.", "1, 3"),
            ("enter takes: nothing here does it", ""),
            (">", "s"),
            ("enter takes: no action app.auth is installed", "by phone"),
            (">", "q"),
        )
        assert "NEXT: nothing here does it: 1.1.2 Compare the stores and 2 more (s)" in said
        assert {body.step: body.reason for body in written(journal, e.StepSkipped)} == {
            "data": "nothing here does it: no action app.data is installed",
            "open": "nothing here does it: no action lb.open is installed",
            "auth": "by phone",
        }
