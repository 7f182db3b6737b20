"""The Textual app: theme, signals, key order, and the first screen."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import datetime
from pathlib import Path
from pkgutil import resolve_name
from typing import ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.command import CommandPalette, Provider
from textual.screen import Screen

import screens.incident.screen
from cleo_console.clipboard import clipboard_sequence
from cleo_console.driver import SteadyDriver
from cleo_console.key_order import KeyOrder, KeySettled, Typed, is_text
from cleo_console.notice_queue import NoticeQueue
from cleo_console.themes import DEFAULTS, THEMES, theme_name
from journal.commands.offer import Offer
from journal.incident.state import Incident
from screens.app_services import AppServices
from screens.incident.screen import IncidentScreen
from screens.lazy import PALETTE, PALETTE_SCREEN, build
from screens.live.clocked import Now, utc_now
from screens.live.notices import Notice
from screens.pages.too_small import HEIGHT, WIDTH, TooSmall
from screens.widgets.typing_target import focus_for_typing, takes_key

_LOOK_AGAIN_S = 0.005
"""Seconds until queued keys are tried again."""

_INCIDENT_STYLES = Path(screens.incident.screen.__file__).with_name(IncidentScreen.CSS_PATH)
"""Read with the app's own: a sheet that comes later has all of them read anew."""


def commands() -> type[Provider]:
    """Return what the palette offers; imported when it is first opened."""
    provider: type[Provider] = resolve_name(PALETTE)
    return provider


class CleoApp(App[None]):
    """The console.

    Args:
        services: what the program does for its screens.
        open_incident: the incident to begin with; the start screen where it is None.
        known: that incident's state, where somebody has read it already.
        offer: an alert, with whose declaration to begin.
        clock: returns the present, in UTC; for tests.
    """

    TITLE = "Cleo Console"
    CSS_PATH = ["app.tcss", _INCIDENT_STYLES]
    COMMANDS = {commands}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True),
        Binding("ctrl+c", "quit", "Quit", show=False, priority=True),
    ]

    def __init__(
        self,
        services: AppServices,
        open_incident: str | None = None,
        *,
        known: Incident | None = None,
        offer: Offer | None = None,
        clock: Now = utc_now,
    ) -> None:
        # Textual takes the terminal's own colours away only where they are in use before it looks at NO_COLOR; else it
        # makes them grey, and the terminal's defaults black on black.
        super().__init__(SteadyDriver, ansi_color=True if "NO_COLOR" in os.environ else None)
        self.services = services
        self.clock = clock
        self.typed_at: datetime | None = None
        self._open_incident = open_incident
        self._known, self._offer = known, offer
        self._keys = KeyOrder()
        self.notices = NoticeQueue(self)
        self._looks_again = False
        self.animation_level = "none"
        for theme in THEMES:
            self.register_theme(theme)
        # Set without its watcher, which would have every style sheet read once more before the first frame.
        self.set_reactive(CleoApp.theme, theme_name(self.console.color_system, no_color=self.no_color))
        self.stylesheet.set_variables(self.get_css_variables())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return the colours that Textual's own themes do not have."""
        return DEFAULTS

    def _first_screen(self) -> Screen[None]:
        if self._open_incident:
            return IncidentScreen(self.services, self._open_incident, self._known)
        return build("incidents", self.services, self._offer)

    def on_mount(self) -> None:
        """Listen for a hang-up, and show the first screen."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGHUP, signal.SIGTERM):
            loop.add_signal_handler(number, self.exit)
        self.push_screen(self._first_screen())
        self._check_size()

    def on_notice(self, message: Notice) -> None:
        """Show a notice when no dialog is open and no field has the focus."""
        self.notices.add(message)

    async def on_event(self, event: events.Event) -> None:
        """Hand keys on one after the other, and what is typed to where the screen wants it."""
        if not isinstance(event, Typed):
            await super().on_event(event)
        elif event.is_forwarded:
            await super().on_event(event)
            self._keys.passed(event)
        else:
            self.typed_at = self.clock()
            self._keys.waiting.append(event)
            await self._hand_on_keys()

    async def on_key_settled(self, message: KeySettled) -> None:
        """Hand on the key that waits, if there is one."""
        self._keys.settled(message)
        await self._hand_on_keys()

    async def _hand_on_keys(self) -> None:
        keys = self._keys
        while keys.waiting and self.screen_stack and not keys.busy(self.screen):
            key = keys.waiting.popleft()
            if not takes_key(self.screen, key.key if isinstance(key, events.Key) else "", key.time):
                continue
            if is_text(key):
                focus_for_typing(self.screen)
            keys.handing_on(key, self.screen)
            await super().on_event(key)
            if not key.is_forwarded:  # bound for the whole program
                keys.passed(key)
        if keys.waiting and not self._looks_again:
            self._looks_again = True
            asyncio.get_running_loop().call_later(_LOOK_AGAIN_S, self.call_later, self._look_again)

    async def _look_again(self) -> None:
        self._looks_again = False
        await self._hand_on_keys()

    def action_command_palette(self) -> None:
        """Open the palette; imported when it is first opened."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(resolve_name(PALETTE_SCREEN)(id="--command-palette"))

    def copy_to_clipboard(self, text: str) -> None:
        """Put text into the clipboard of the terminal at the other end, also through tmux and screen."""
        self._clipboard = text
        if self._driver is not None:
            self._driver.write(clipboard_sequence(text, os.environ))

    def on_resize(self, event: events.Resize) -> None:
        """Show that the terminal is too small while it is; looked at later, when the app knows its new size."""
        self.call_later(self._check_size)

    def _check_size(self) -> None:
        small = self.size.width < WIDTH or self.size.height < HEIGHT
        if small and not isinstance(self.screen, TooSmall):
            self.push_screen(TooSmall())
        elif not small and isinstance(self.screen, TooSmall):
            self.pop_screen()

    async def action_quit(self) -> None:
        """Leave; where an incident is open its screen asks first while something runs."""
        incident = next((s for s in reversed(self.screen_stack) if isinstance(s, IncidentScreen)), None)
        if incident is None:
            self.exit()
        elif self.screen is incident:
            incident.action_leave()
        else:
            incident.quit()
