"""The command palette: every key of the screen below by what it does, and every step by number and title."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.screen import Screen

from screens.dialogs.dialog import Dialog
from screens.guidance.names import title
from screens.guidance.symbols import STEPS
from screens.incident.screen import IncidentScreen
from screens.widgets.key_line import rank

_LEFT_OUT = ("command_palette", "focus_next")


class Command(NamedTuple):
    """One line of the palette."""

    words: str
    key: str
    run: Callable[[], object]


class Palette(CommandPalette):
    """The palette, which closes once: a second enter or escape would otherwise take the screen below away, too."""

    def dismiss(self, result: object = None) -> AwaitComplete:
        """Close it, where it is still the screen that is shown."""
        if self.app.screen is not self:
            return AwaitComplete()
        return super().dismiss(result)  # type: ignore[arg-type]


class CleoCommands(Provider):
    """Offers what could be done with a key now. While a dialog asks, there is nothing to offer."""

    _done = False

    def _once(self, run: Callable[[], object]) -> Callable[[], object]:
        """Return what does something once: a second enter chooses it again before the palette is gone."""

        def chosen() -> object:
            if self._done:
                return None
            self._done = True
            return run()

        return chosen

    async def discover(self) -> Hits:
        """Yield everything but the steps, before anything was typed."""
        for command in self._keys():
            yield DiscoveryHit(command.words, self._once(command.run), help=command.key)

    async def search(self, query: str) -> Hits:
        """Yield what matches the words."""
        matcher = self.matcher(query)
        for command in [*self._keys(), *self._steps()]:
            score = matcher.match(command.words)
            if score > 0:
                yield Hit(score, matcher.highlight(command.words), self._once(command.run), help=command.key)

    def _keys(self) -> Iterator[Command]:
        if isinstance(self.screen, Dialog):
            return
        active = {found.binding.action: found for found in self.screen.active_bindings.values() if found.enabled}
        for found in sorted(active.values(), key=lambda found: rank(found.binding.action)):
            binding = found.binding
            if binding.tooltip and not binding.action.endswith(_LEFT_OUT):
                words = f"{_capital(binding.description)}: {binding.tooltip}"
                yield Command(words, f"key {binding.key_display or binding.key}", self._runs(found.node, binding))

    def _runs(self, node: object, binding: Binding) -> Callable[[], object]:
        owner = node if isinstance(node, Screen) else self.screen

        async def run() -> None:  # awaited by the app, so that keys behind it wait for the dialog that it opens
            await owner.run_action(binding.action)

        return run

    def _steps(self) -> Iterator[Command]:
        below = next((screen for screen in self.app.screen_stack if isinstance(screen, IncidentScreen)), None)
        if below is None or not below.cursor.ready or isinstance(self.screen, Dialog):
            return
        incident = below.session.state
        for step in incident.plan.steps():
            state = STEPS[incident.state(step.id)]
            words = f"Go to step {title(incident, step)}"
            yield Command(words, f"{state.symbol} {state.word}", partial(self._go_to, below, step.id))

    def _go_to(self, below: IncidentScreen, step_id: str) -> None:
        while self.app.screen is not below:
            self.app.pop_screen()
        below.view.go_to(step_id)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
