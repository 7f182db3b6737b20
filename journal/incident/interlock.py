"""What a person must type before something destructive starts."""

from __future__ import annotations

from collections.abc import Sequence

from journal.events.types import Identity


def word_to_type(target: Sequence[Identity]) -> str:
    """Return the word to type for ``target``: the value of its identity called ``confirm``, else of its first identity.

    It is empty where the action has no target.
    """
    named = next((identity for identity in target if identity.name == "confirm"), None)
    chosen = named or next(iter(target), None)
    return chosen.value if chosen else ""
