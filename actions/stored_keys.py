"""What a store has of something, as keys: how one store is compared with another without knowing its type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from actions.by_hand import CommandLine


class StoredKeys(Protocol):
    """Reads keys (ids, references) from a system of one type. It changes nothing."""

    def __call__(self, settings: Any, ask: Mapping[str, str], *, deadline_s: float) -> Iterator[str]:
        """Yield each key as text; where there is none, nothing.

        Args:
            settings: what the inventory says of the system.
            ask: which keys, in the type's own words.
            deadline_s: seconds for all of it.

        Raises:
            CleoError: they cannot be read, or ``ask`` is not understood.
        """


class StoredKeysByHand(Protocol):
    """Returns the command that prints the same keys, one a line."""

    def __call__(self, settings: Any, ask: Mapping[str, str]) -> CommandLine:
        """Return it, with what a person has to know of it.

        Args:
            settings: what the inventory says of the system.
            ask: which keys, in the type's own words.
        """
