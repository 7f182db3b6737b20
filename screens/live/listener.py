"""Screens that are open above the incident console and show a part of its incident."""

from __future__ import annotations

from abc import abstractmethod


class NewsListener:
    """A screen that is redrawn when the incident changed."""

    @abstractmethod
    def news(self) -> None:
        """Redraw: something arrived."""
