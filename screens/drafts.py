"""Words that were typed into a dialog and could not be written: the dialog has them when it is opened again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from weakref import WeakKeyDictionary

from textual.screen import Screen

Words = Mapping[str, str]
"""What was typed, by the field's id."""


class KeepsWords:
    """A screen into which people type words. What could not be written is given back to the next one like it.

    Attributes:
        kept: what was typed before and could not be written.
    """

    kept: Words = {}

    @property
    def asks(self) -> str:
        """What is asked: two screens that ask the same have the same words."""
        raise NotImplementedError

    def words(self) -> Words:
        """Return what is typed, without what must be typed anew each time."""
        raise NotImplementedError


class Draft:
    """The words of one answer, until it is known whether they could be written.

    Args:
        base: the screen at the bottom, to which the words belong.
        dialog: what was answered.
    """

    def __init__(self, base: Screen[Any], dialog: KeepsWords) -> None:
        self._base = base
        self._asks = dialog.asks
        self._words = dict(dialog.words())

    def keep(self) -> None:
        """Keep the words: they were not written."""
        if any(self._words.values()):
            _kept.setdefault(self._base, {})[self._asks] = self._words


_kept: WeakKeyDictionary[Screen[Any], dict[str, Words]] = WeakKeyDictionary()
_answered: ContextVar[Draft | None] = ContextVar("answered", default=None)


def give_back(base: Screen[Any], dialog: KeepsWords) -> None:
    """Give a dialog that is about to open the words that could not be written the last time."""
    dialog.kept = _kept.get(base, {}).pop(dialog.asks, {})


@contextmanager
def answering(draft: Draft) -> Iterator[None]:
    """What is written in this block is the answer to a dialog: `current` returns its words."""
    token = _answered.set(draft)
    try:
        yield
    finally:
        _answered.reset(token)


def current() -> Draft | None:
    """Return the words behind what is being written now; None where it was not asked by a dialog."""
    return _answered.get()
