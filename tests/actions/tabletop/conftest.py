from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the demo a home of its own, and probes that look more often."""
    monkeypatch.setenv("CLEO_HOME", str(tmp_path / "cleo"))
    monkeypatch.setattr("actions.monitor.EVERY_S", 0.2)
    return tmp_path
