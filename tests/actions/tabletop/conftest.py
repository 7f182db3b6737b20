from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the demo a home of its own, and no waiting for the eye."""
    monkeypatch.setenv("CLEO_HOME", str(tmp_path / "cleo"))
    monkeypatch.setattr("actions.runner.monitor.EVERY_S", 0.2)
    monkeypatch.setattr("actions.runner.output.GATHER_S", 0.005)
    return tmp_path
