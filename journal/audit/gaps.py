"""Numbers that are missing among the incidents of a day: each is given the next number that no folder has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from journal.audit.model import Missing
from journal.audit.span import Span

_ID = re.compile(r"INC-(\d{4}-\d{2}-\d{2})-(\d+)(?:-\w+)?")


def gaps(folders: Iterable[str], span: Span) -> Iterator[Missing]:
    """Yield the numbers of each day of the span that no folder has, below the highest that one has.

    Whether the last of a day is gone cannot be told so; a witness can tell.
    """
    numbers: dict[str, set[int]] = {}
    for name in folders:
        if found := _ID.fullmatch(name):
            numbers.setdefault(found[1], set()).add(int(found[2]))
    for day, there in sorted(numbers.items()):
        lacking = sorted(set(range(1, max(there))) - there)
        if lacking and _is_in(day, span):
            named = ", ".join(f"{number:02}" for number in lacking)
            why = "no folder of that number is here, and a later one of that day is: it was removed or moved"
            yield Missing(what=f"INC-{day}-{named}: {why}", chapter="journals")


def _is_in(day: str, span: Span) -> bool:
    try:
        begin = datetime.fromisoformat(day).replace(tzinfo=UTC)
    except ValueError:
        return False
    return span.meets(begin, begin.replace(hour=23, minute=59, second=59))
