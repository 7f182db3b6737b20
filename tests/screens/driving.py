"""Driving the console: keys, and waiting for a state. Nothing here sleeps for a fixed time."""

from __future__ import annotations

import asyncio
import time
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import Any, TypeVar

from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual._wait import wait_for_idle
from textual.events import Key
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key
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
from screens.widgets.typing_target import takes_text
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
        """Press keys, each in a dialog once it can be read; what is typed into a field is handed over in one piece."""
        for index, key in enumerate(keys):
            if isinstance(dialog := self.app.screen, Dialog) and not _can_have_been_read(dialog):
                await self._holds(lambda shown=dialog: _can_have_been_read(shown), "a dialog that can have been read")
            await self._hand_over(key, keys[index + 1 : index + 3])
        await self._rests()

    async def type(self, text: str) -> None:
        """Type text as it is, into a field in one piece."""
        for index, key in enumerate(text):
            await self._hand_over(key, text[index + 1 : index + 3])
        await self._rests()

    async def _hand_over(self, key: str, following: Sequence[str]) -> None:
        """Hand over a key, and wait until what it set off is done, but between the letters of a word in a field.

        The last letter comes by itself: what the others set off is drawn by then, as it is for who types.
        """
        self.app._driver.send_message(_key(key))  # type: ignore[union-attr]
        goes_on = len(following) == 2 and all(map(_edits, (key, *following)))
        if goes_on and takes_text(self.app.screen.focused):
            return
        await wait_for_idle(0)
        await self._until(lambda: not self.app._keys.waiting, "every key taken")
        await self.pilot._wait_for_screen()

    async def _rests(self) -> None:
        await wait_for_idle(0)
        await self.pilot._wait_for_screen()

    def key(self, key: str) -> None:
        """Hand over a key as a terminal does, and wait for nothing: ``press`` waits for an idle processor."""
        self.app.post_message(Key(key, key if len(key) == 1 else None))

    async def until(self, condition: Callable[[], object], what: str) -> float:
        """Wait until ``condition`` holds, and return when that was; ``what`` is said when it does not in time."""
        held = await self._holds(condition, what)
        self.draw()
        return held

    async def sees(self, *texts: str) -> float:
        """Wait until the screen shows all these texts, and return when it did."""

        def shown() -> bool:
            screen = self.screen_text()
            return all(text in screen for text in texts)

        return await self._holds(shown, " and ".join(texts))

    async def _holds(self, condition: Callable[[], object], what: str) -> float:
        await self._until(condition, what)
        held = time.monotonic()
        await self.pilot.pause()
        return held

    async def _until(self, condition: Callable[[], object], what: str) -> None:
        begun = time.monotonic()
        deadline = begun + DEADLINE
        while not condition():
            now = time.monotonic()
            if now > deadline:
                raise AssertionError(f"never saw: {what}\n{self.screen_text()}")
            await asyncio.sleep(max(0.01, now - begun))  # looks that draw must not keep the console from getting there
            begun = time.monotonic()

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

    def draw(self) -> None:
        """Draw the whole screen, where there still is one: what cannot be drawn fails the test."""
        if self.app.is_running and self.app.screen_stack:
            self._strips()

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


def _edits(key: str) -> bool:
    """Whether a key changes a word and does nothing else."""
    return len(key) == 1 or key in ("space", "backspace")


def _key(name: str) -> Key:
    """Return a key as a terminal hands it over; a single character stands for itself."""
    key = _character_to_key(name) if len(name) == 1 and not name.isalnum() else name
    try:
        char = unicodedata.lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(key, key)))
    except KeyError:
        char = key if len(key) == 1 else None
    return Key(key, char)


def _can_have_been_read(dialog: Dialog[Any]) -> bool:
    return not dialog.unread and not (isinstance(dialog, Interlock) and dialog.result_unread)


@contextmanager
def drawn_when_looked_at() -> Iterator[None]:
    """Leave out the frames that nobody sees: without a terminal Textual makes every one and throws it away.

    They were a third of what these tests cost. Every state that a test waits for is drawn, and so is a picture;
    `test_mashing.py` has every frame made.
    """
    real = Compositor.render_update

    def only_whole(compositor: Compositor, full: bool = False, **more: Any) -> Any:
        if full:
            return real(compositor, full, **more)
        compositor._dirty_regions.clear()
        return None

    Compositor.render_update = only_whole  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        Compositor.render_update = real  # type: ignore[method-assign]


@asynccontextmanager
async def console(
    services: FakeServices,
    size: tuple[int, int] = (120, 40),
    incident: str | None = INCIDENT,
    *,
    every_frame: bool = False,
) -> AsyncIterator[Console]:
    """Run the console; ``every_frame`` has it drawn as often as on a terminal."""
    app = CleoApp(services, incident, clock=services.clock)
    with nullcontext() if every_frame else drawn_when_looked_at():
        async with app.run_test(size=size) as pilot:
            driven = Console(pilot, services)
            await _opened(driven, incident)
            yield driven
            driven.draw()


async def _opened(driven: Console, incident: str | None) -> None:
    if incident:
        await driven.sees("NEXT")
        await driven.until(lambda: driven.incident_screen.query(Checklist), "the checklist")
        await driven.until(lambda: driven.incident_screen.query_one(Checklist).has_focus, "the cursor")


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
