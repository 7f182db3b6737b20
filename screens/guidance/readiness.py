"""What the last look of ``cleo ready`` found, in a line: for the start screen, and after a tabletop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from journal.readiness.result import ReadyResult
from journal.readiness.verdict import Answer
from journal.wording.counting import count
from journal.wording.instants import age
from journal.wording.sanitize import sanitize

_OLD = timedelta(days=1)
_WORDS: dict[Answer, str] = {"no": "NO", "not known": "not known", "yes": "yes"}


def readiness_line(result: ReadyResult, now: datetime) -> str:
    """Return what would become of each scenario, the worst first; one that is a day old says how to look again."""
    parts = []
    for answer, word in _WORDS.items():
        if titles := [sanitize(one.title) for one in result.verdicts if one.ready == answer]:
            parts.append(f"{word}: {', '.join(titles)}")
    points = count(len(result.open_points), "open point")
    left = f"; {points} [cleo ready]" if result.open_points else ""
    again = "  [cleo ready: look again]" if now - result.at > _OLD else left
    return f"{age(result.at, now)}: {'; '.join(parts)}{again}"


def ready_for(result: ReadyResult | None, scenario: str, now: datetime) -> Sequence[str]:
    """Return what is known of one scenario in life, after it was played; nothing where nobody ever looked."""
    verdict = next((one for one in result.verdicts if one.scenario == scenario), None) if result else None
    if result is None or verdict is None:
        return ["Would it come back in life? Nobody has looked yet: cleo ready"]
    why = f": {verdict.why[0]}" if verdict.why and verdict.ready != "yes" else ""
    return [sanitize(f"Would it come back in life? {_WORDS[verdict.ready]}, looked at {age(result.at, now)}{why}")]
