"""Takes known secrets out of what people type, before it is written into the journal."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar

import msgspec

Blot = Callable[[str], str]
"""Returns a text without known secrets; it may wait a moment while they are still being read."""

S = TypeVar("S", bound=msgspec.Struct)

_KEYS = frozenset(
    (
        "step",
        "inject",
        "do",
        "mark",
        "id",
        "name",
        "item",
        "level",
        "field",
        "action",
        "verdict",
        "head",
        "happened_at",
        "due",
        "question",
        "objective",
        "over_from",
        "remaining",
    )
)
"""Fields that hold words of the plan and the program, by which later events refer to it."""

_CHECKED = frozenset(("answer", "params", "system", "gate"))
"""Fields that steer a run. They must not be changed: the incident commands refuse a secret in them."""

_TARGETS = frozenset(("confirmed", "target"))
"""Fields in which a person repeats an identity that a screen shows."""


def as_typed(text: str) -> str:
    """Return ``text`` itself: the `Blot` where no secrets are known."""
    return text


def without_secrets(said: S, blot: Blot, targets: Callable[[], Collection[str]] = tuple) -> S:
    """Return an event's body, or a part of it, with every free text blotted out.

    Args:
        said: the body, or a struct in it.
        blot: takes secrets out of a text.
        targets: returns the identities that the journal shows. They stay as they are, even if one contains a secret:
            the runner compares them.
    """

    def clean(name: str, value: Any) -> Any:
        if isinstance(value, str):
            return value if not value or (name in _TARGETS and value in targets()) else blot(value)
        if isinstance(value, list):
            return [clean(name, inner) for inner in value]
        return without_secrets(value, blot, targets) if isinstance(value, msgspec.Struct) else value

    given = {name: getattr(said, name) for name in said.__struct_fields__ if name not in _KEYS | _CHECKED}
    return msgspec.structs.replace(said, **{name: clean(name, value) for name, value in given.items()})
