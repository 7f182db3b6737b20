"""Driving the console: keys, and waiting for a state. Nothing here sleeps for a fixed time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from textual._context import visible_screen_stack
from textual.events import Key
from textual.pilot import Pilot
from textual.strip import Strip

from cleo_console.app import CleoApp
from journal.events import types as e
from journal.store.journal import Journal, Reader
from screens.dialogs.dialog import Dialog
from screens.dialogs.interlock import Interlock
from screens.incident.screen import IncidentScreen
from screens.widgets.checklist import Checklist
from screens.widgets.output_view import OutputView
from screens.widgets.quiet import Quiet
from tests.screens.app_services import INCIDENT, FakeServices

DEADLINE = 20.0
B = TypeVar("B", bound=e.Body)


class Console:
    """What a person does and sees."""

    def __init__(self, pilot: Pilot[Any], services: FakeServices) -> None:
        self.pilot = pilot
        self.app: CleoApp = pilot.app  # type: ignore[assignment]
        self.services = services

    async def press(self, *keys: str) -> None:
        """Press keys, each in a dialog once it can be read."""
        for key in keys:
            if isinstance(dialog := self.app.screen, Dialog):
                await self.until(lambda shown=dialog: _can_have_been_read(shown), "a dialog that can have been read")
            await self.pilot.press(key)

    async def type(self, text: str) -> None:
        await self.pilot.press(*({" ": "space"}.get(char, char) for char in text))

    def key(self, key: str) -> None:
        """Hand over a key as a terminal does, and wait for nothing: ``press`` waits for an idle processor."""
        self.app.post_message(Key(key, key if len(key) == 1 else None))

    async def until(self, condition: Callable[[], object], what: str) -> float:
        """Wait until ``condition`` holds, and return when that was; ``what`` is said when it does not in time."""
        deadline = time.monotonic() + DEADLINE
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"never saw: {what}\n{self.screen_text()}")
            await asyncio.sleep(0.01)
        held = time.monotonic()
        await self.pilot.pause()
        return held

    async def sees(self, *texts: str) -> float:
        """Wait until the screen shows all these texts, and return when it did."""
        return await self.until(lambda: all(text in self.screen_text() for text in texts), " and ".join(texts))

    async def has_cursor(self) -> None:
        """Wait until something on the screen takes keys."""
        await self.until(lambda: self.app.focused and self.app.focused.has_pseudo_class("focus"), "the cursor")

    async def is_still(self) -> None:
        """Wait until nothing on the screen has changed for ten looks: what came last has been drawn."""
        before, same = self._strips(), 0
        deadline = time.monotonic() + DEADLINE
        while same < 10:
            assert time.monotonic() < deadline, "the screen never came to rest"
            await asyncio.sleep(0.04)
            now = self._strips()
            before, same = now, same + 1 if now == before else 0

    async def no_longer_sees(self, text: str) -> None:
        await self.until(lambda: text not in self.screen_text(), f"{text} gone")

    def screen_text(self) -> str:
        """Everything that the terminal shows, line by line."""
        return "\n".join(strip.text.rstrip() for strip in self._strips())

    def _strips(self) -> list[Strip]:
        """The lines of the terminal with their colours."""
        visible_screen_stack.set(self.app._background_screens)  # else a dialog is rendered over nothing, and stays so
        return self.app.screen._compositor.render_strips()

    def shown(self, selector: str) -> str:
        return self.app.screen.query_one(selector, Quiet).text

    @property
    def incident_screen(self) -> IncidentScreen:
        return next(screen for screen in self.app.screen_stack if isinstance(screen, IncidentScreen))

    async def at(self, step: str) -> None:
        """Put the cursor at a step, as a person does with the arrow keys."""
        screen = self.incident_screen
        await self.until(lambda: screen.query(Checklist), "the checklist")
        checklist = screen.query_one(Checklist)
        await self.press("home")
        for _ in range(60):
            node = checklist.cursor_node
            if node and node.data and node.data.step == step:
                break
            await self.press("right", "down")
        await self.until(lambda: screen.cursor.step_id == step, f"the cursor at {step}")

    def lines(self) -> str:
        return self.app.screen.query_one(OutputView).text


def _can_have_been_read(dialog: Dialog[Any]) -> bool:
    return not dialog.unread and not (isinstance(dialog, Interlock) and dialog.result_unread)


@asynccontextmanager
async def console(
    services: FakeServices, size: tuple[int, int] = (120, 40), incident: str | None = INCIDENT
) -> AsyncIterator[Console]:
    """Run the console."""
    app = CleoApp(services, incident, clock=services.clock)
    async with app.run_test(size=size) as pilot:
        driven = Console(pilot, services)
        if incident:
            await driven.sees("NEXT")
            await driven.until(lambda: driven.incident_screen.query(Checklist), "the checklist")
            await driven.until(lambda: driven.incident_screen.query_one(Checklist).has_focus, "the cursor")
        yield driven


def written(journal: Journal, kind: type[B]) -> list[B]:
    """Return the bodies of one type that the journal holds."""
    with Reader(journal.path) as reader:
        return [event.body for event in reader.events() if isinstance(event.body, kind)]


async def requested(driven: Console, journal: Journal, number: int = 1) -> int:
    """Wait for the ``number``-th request for a run, and return the run's id."""

    def found() -> list[int]:
        with Reader(journal.path) as reader:
            return [event.seq for event in reader.events() if isinstance(event.body, e.RunRequested)]

    await driven.until(lambda: len(found()) >= number, f"request {number} in the journal")
    return found()[number - 1]
