"""Screens above the incident console that want to hear when something arrived."""

from __future__ import annotations

from abc import abstractmethod


class HearsNews:
    """A screen that shows a part of the incident and redraws it on news."""

    @abstractmethod
    def news(self) -> None:
        """Redraw: something arrived."""
