"""Taking a picture of the console, at both sizes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from cleo_console.app import CleoApp
from tests.screens.app_services import INCIDENT, FakeServices
from tests.screens.driving import Console

__all__ = ["Snap", "same_everywhere", "shot", "size"]

Snap = Callable[..., bool]


@pytest.fixture(params=[(80, 24), (120, 40)], ids=["80x24", "120x40"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    """Both sizes of terminal; what is no picture is tried at the smaller one only."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(autouse=True)
def same_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The head depends on machine and boot, the colours on the terminal; the pictures must not."""
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("CLEO_THEME", "dark")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for where in ("screens.pages.report", "journal.report.build"):
        monkeypatch.setattr(f"{where}.short_head", lambda head: "7f3a-09bc")


def shot(
    snap_compare: Snap,
    services: FakeServices,
    size: tuple[int, int],
    drive: Callable[[Console], Awaitable[None]],
    incident: str | None = INCIDENT,
) -> None:
    async def before(pilot: Pilot[Any]) -> None:
        seen = Console(pilot, services)
        await drive(seen)
        await seen.is_still()

    app = CleoApp(services, incident, clock=services.clock)
    assert snap_compare(app, terminal_size=size, run_before=before)
