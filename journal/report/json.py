"""The report for programs: the keys of ``journal.report.model``, in plain ASCII, so that a terminal can show it too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from journal.report.evidence import Entry
from journal.report.model import Report

_NOT_ASCII = re.compile(r"[^\x00-\x7e]")
_BATCH = 500
_PLACE = '"timeline": []'


def json_pieces(report: Report) -> Iterator[str]:
    """Yield the report as JSON, indented, in pieces: the timeline is never in memory as a whole."""
    values = {name: getattr(report, name) for name in report.__struct_fields__}
    before, _, after = plain_json({**values, "timeline": []}).partition(f"\n  {_PLACE}")
    yield f'{before}\n  "timeline": ['
    joint = ""
    for batch in _batches(report.timeline):
        yield joint + plain_json(batch)[1:-3].replace("\n", "\n  ")
        joint = ","
    yield f"\n  ]{after}"


def plain_json(value: Any) -> str:
    """Return a value (structs, lists, times…) as indented JSON in plain ASCII, exact and inert at once."""
    text = msgspec.json.format(msgspec.json.encode(value, enc_hook=list), indent=2).decode()
    return _NOT_ASCII.sub(_escaped, text) + "\n"


def _batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    batch: list[Entry] = []
    for entry in entries:
        batch.append(entry)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))
