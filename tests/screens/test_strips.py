"""The lines that a large screen has below its header."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from textual.app import App, ComposeResult

from journal.store.rows import Reading
from screens.guidance.trends import STEP_S
from screens.widgets.strips import Strips
from tests.journal.stories import Story, plan, step


class Host(App[None]):
    def compose(self) -> ComposeResult:
        yield Strips()


async def test_graphs_are_shown_once_however_often_they_are_drawn_before_the_first_are_there() -> None:
    told = Story(plan(step("look", action="some.action", system="db")))
    session: Any = SimpleNamespace(incident=told.incident, readings={})
    host = Host()
    async with host.run_test(size=(120, 40)) as pilot:
        strips = host.query_one(Strips)
        for value in range(4):
            now = told.at + timedelta(seconds=value * STEP_S)
            session.readings = {"health:db": Reading("health:db", now, {"facts": {"connections": value}})}
            strips.show_trends(session, now)
            strips.show_trends(session, now)
        await pilot.pause()
        shown = [graph.content for graph in host.query(".trend")]  # type: ignore[attr-defined]
        assert "connections" in str(shown[0])
        assert len(shown) == 3
