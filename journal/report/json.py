"""The report as JSON: the keys of `journal.report.model`, in plain ASCII, so that it is safe on a terminal too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from journal.report.after_action import AfterActionReport
from journal.report.customers import CustomerReport
from journal.report.model import Report

_NOT_ASCII = re.compile(r"[^\x00-\x7e]")
_BATCH = 500
_LONG = ("timeline", "health")
"""The keys whose lists may be long, in the order of the report."""


def json_pieces(report: Report | CustomerReport | AfterActionReport) -> Iterator[str]:
    """Yield the report as indented JSON in pieces; long lists are never in memory as a whole."""
    if isinstance(report, CustomerReport | AfterActionReport):
        yield plain_json(report)
        return
    values = {name: getattr(report, name) for name in report.__struct_fields__}
    rest = plain_json(values | dict.fromkeys(_LONG, ()))
    for name in _LONG:
        before, _, rest = rest.partition(f'\n  "{name}": []')
        yield f'{before}\n  "{name}": ['
        yield from _items(values[name])
        yield "\n  ]"
    yield rest


def _items(values: Iterable[Any]) -> Iterator[str]:
    joint = ""
    for batch in _batches(values):
        yield joint + plain_json(batch)[1:-3].replace("\n", "\n  ")
        joint = ","


def plain_json(value: Any) -> str:
    """Return a value (structs, lists, times…) as indented JSON in plain ASCII; other characters are escaped."""
    text = msgspec.json.format(msgspec.json.encode(value, enc_hook=list), indent=2).decode()
    return _NOT_ASCII.sub(_escaped, text) + "\n"


def _batches(values: Iterable[Any]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for value in values:
        batch.append(value)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))
