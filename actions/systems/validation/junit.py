"""What became of each test, from the JUnit XML that pytest writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal
from xml.etree import ElementTree

import msgspec

Ended = Literal["passed", "failed", "error", "skipped"]
_TAGS: dict[str, Ended] = {"failure": "failed", "error": "error", "skipped": "skipped"}
_SAID = 200
"""Characters of a test's reason that are kept."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One test.

    Attributes:
        name: as pytest has it, without its folder.
        ended: how.
        why: the reason's first line; empty where it passed.
        seconds: how long it took.
    """

    name: str
    ended: Ended
    why: str
    seconds: float


def read_results(text: str) -> list[Result]:
    """Return every test of a file.

    Raises:
        ValueError: it is no such file, or was cut off.
    """
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from error
    return list(_results(root))


def _results(root: ElementTree.Element) -> Iterator[Result]:
    for case in root.iter("testcase"):
        reasons = [child for child in case if child.tag in _TAGS]
        first = reasons[0] if reasons else None
        said = (first.get("message") or first.text or "").strip() if first is not None else ""
        yield Result(
            name="::".join(part for part in (case.get("classname", ""), case.get("name", "")) if part),
            ended=_TAGS[first.tag] if first is not None else "passed",
            why=(said.splitlines() or [""])[0][:_SAID],
            seconds=float(case.get("time") or 0),
        )
