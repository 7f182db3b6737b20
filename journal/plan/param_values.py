"""Values of an action's parameters as people type them, read by the type that the action declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from journal.errors import CleoError
from journal.plan.action_spec import Param

_YES_NO = {"yes": True, "no": False}


class NotAValue(CleoError):
    """What was typed is no value of the parameter."""


def shown(value: object) -> str:
    """Return a value as it is typed."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def read_value(param: Param, text: str) -> Any:
    """Return what was typed as the parameter's type has it.

    Raises:
        NotAValue: it is not of that type, or empty where there must be something.
    """
    text = text.strip()
    if not text and param.required:
        raise NotAValue(f"{param.name} must be given.", param.help)
    if not text and param.type != "str":
        return param.default
    try:
        return _READ[param.type](text)
    except (KeyError, ValueError):
        raise NotAValue(f"{param.name} is {_WANTED[param.type]}, not {text!r}.", param.help) from None


_READ: Mapping[str, Callable[[str], Any]] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": lambda text: _YES_NO[text.lower()],
}
_WANTED = {"int": "a whole number", "float": "a number", "bool": "yes or no"}
