"""Holds what a command prints against its schema: nothing missing, of another type, or undescribed."""

from __future__ import annotations

from typing import Any

from jsonschema import validate


def fits(printed: Any, schema: dict[str, Any]) -> None:
    """Assert that JSON is as its schema says, and has no field that the schema has not."""
    validate(printed, _closed(schema))


def _closed(part: Any) -> Any:
    if isinstance(part, list):
        return [_closed(each) for each in part]
    if not isinstance(part, dict):
        return part
    made = {key: _closed(value) for key, value in part.items()}
    return made | {"additionalProperties": False} if part.get("type") == "object" and "properties" in part else made
