from __future__ import annotations

import pytest

from actions.systems.postgres import shutdown


@pytest.fixture(autouse=True)
def nobody_waits_whether_it_stays_down(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing starts a lab's server again; where something does (`test_started_again`), the program's wait stays."""
    if not request.module.__name__.endswith("test_started_again"):
        monkeypatch.setattr(shutdown, "_STAYS_DOWN_S", 0.0)
