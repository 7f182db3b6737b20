"""A line that shows which instant a written time means, once a second: '10 min ago' and 'now' move on by themselves."""

from __future__ import annotations

from screens.guidance.times import echo
from screens.live.clocked import clock_of
from screens.widgets.quiet import Quiet

_RENEW_S = 1.0
"""Seconds between two renewals: the shown instant is to the second, and must be the one that will count."""


class Echo(Quiet):
    """Shows a time as its UTC instant, or what is wrong with it, as of now.

    Args:
        id: its name on the screen.
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, classes="echo")
        self._text: str | None = None

    def on_mount(self) -> None:
        """Renew the line from now on."""
        self.set_interval(_RENEW_S, self._renew)

    def follow(self, text: str | None) -> None:
        """Echo ``text`` from now on; None says nothing."""
        self._text = text
        self._renew()

    def _renew(self) -> None:
        self.show("" if self._text is None else echo(self._text, clock_of(self)()))
