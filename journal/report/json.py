"""The report for programs: the keys of ``journal.report.model``, in plain ASCII, so that a terminal can show it too."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from journal.report.model import Report

_NOT_ASCII = re.compile(r"[^\x00-\x7e]")


def to_json(report: Report) -> str:
    """Return the report as JSON, indented."""
    return plain_json(report)


def plain_json(value: Any) -> str:
    """Return a value (structs, lists, times…) as indented JSON in plain ASCII, exact and inert at once."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return _NOT_ASCII.sub(_escaped, text) + "\n"


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))
