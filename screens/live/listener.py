"""Screens that are open above the incident console and show a part of its incident."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from textual.app import App


class NewsListener:
    """A screen that is redrawn when the incident changed."""

    @abstractmethod
    def news(self) -> None:
        """Redraw: something arrived."""


def tell_listeners(app: App[Any]) -> None:
    """Redraw each screen that listens; one that is not mounted yet shows the news when it is."""
    for screen in app.screen_stack:
        if isinstance(screen, NewsListener) and screen.is_mounted:
            screen.news()
