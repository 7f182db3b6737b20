"""What people type, on its way into the journal: without the secrets that are known."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar

import msgspec

Blot = Callable[[str], str]
"""Returns a text without the secrets that are known; it may take a moment where they are still being read."""

S = TypeVar("S", bound=msgspec.Struct)

_KEYS = frozenset(
    (
        "step",
        "id",
        "name",
        "item",
        "level",
        "field",
        "action",
        "gate",
        "verdict",
        "head",
        "happened_at",
        "due",
        "remaining",
    )
)
"""Words of the plan and the program, which later events are found by."""

_CHECKED = frozenset(("answer", "params"))
"""What steers, and is worth nothing when it is changed: the desk refuses a secret in it."""

_TARGETS = frozenset(("confirmed", "target"))
"""What a person types after a screen that shows it."""


def as_typed(text: str) -> str:
    """Return ``text`` itself: the blot of whoever knows no secrets."""
    return text


def without_secrets(said: S, blot: Blot, targets: Callable[[], Collection[str]] = tuple) -> S:
    """Return an event's body, or a part of it, with every free text blotted out.

    Args:
        said: what a person says or asks for.
        blot: takes secrets out of a text.
        targets: returns the identities that the journal shows: they may contain a short password, and must still fit.
    """

    def clean(name: str, value: Any) -> Any:
        if isinstance(value, str):
            return value if not value or (name in _TARGETS and value in targets()) else blot(value)
        if isinstance(value, list):
            return [clean(name, inner) for inner in value]
        return without_secrets(value, blot, targets) if isinstance(value, msgspec.Struct) else value

    given = {name: getattr(said, name) for name in said.__struct_fields__ if name not in _KEYS | _CHECKED}
    return msgspec.structs.replace(said, **{name: clean(name, value) for name, value in given.items()})
