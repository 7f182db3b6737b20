"""What an apply would change of an object, line by line; what is secret is named and not shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_SERVERS = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")
_HIDDEN = ("data", "stringData", "binaryData")
_LONG = 160
"""Characters of a value that are shown."""


def differences(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[str]:
    """Return what became another between two states of an object.

    Args:
        before: as it is; None: it is not there.
        after: as it would be.
    """
    secret = after.get("kind") == "Secret"
    old, new = dict(_leaves(_meant(before))) if before else {}, dict(_leaves(_meant(after)))
    lines: list[str] = []
    for path in sorted({*old, *new}):
        if old.get(path) != new.get(path):
            lines += _lines(path, old.get(path), new.get(path), hidden=secret and path.split(".")[0] in _HIDDEN)
    return lines


def _lines(path: str, old: str | None, new: str | None, *, hidden: bool) -> Iterator[str]:
    if hidden:
        yield f"{'~' if old and new else '-' if old else '+'} {path}: (not shown)"
        return
    if old is not None:
        yield f"- {path}: {_short(old)}"
    if new is not None:
        yield f"+ {path}: {_short(new)}"


def _short(value: str) -> str:
    return value if len(value) <= _LONG else f"{value[:_LONG]}… ({len(value)} characters)"


def _meant(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without what the server alone writes, and without what only says how it was applied."""
    metadata = {key: value for key, value in (body.get("metadata") or {}).items() if key not in _SERVERS}
    return {**{key: value for key, value in body.items() if key != "status"}, "metadata": metadata}


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every value in an object, with its path; an entry of a list goes by its name, where it has one."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for at, inner in enumerate(value):
            name = (
                inner.get("name") or inner.get("containerPort") or inner.get("port")
                if isinstance(inner, Mapping)
                else None
            )
            yield from _leaves(inner, f"{path}[{name or at}]")
    else:
        yield path, str(value)
