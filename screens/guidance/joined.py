"""What somebody asked for while somebody else's run did the same: it is under way, and its result is theirs too."""

from __future__ import annotations

from collections.abc import Iterable

from journal.incident.records import Run
from journal.incident.same_run import started
from journal.incident.state import Incident
from screens.guidance.names import named
from screens.guidance.text import Line, Span, line


def joined_lines(incident: Incident, runs: Iterable[int]) -> list[Line]:
    """Return, in a line, which of these runs are under way, and who started them; none where all are over."""
    under_way = [run for run_id in runs if (run := incident.runs.get(run_id)) and not run.state.over]
    if not under_way:
        return []
    first, *more = under_way
    others = f" and {len(more)} more run" if more else " runs"
    theirs = "their results appear" if more else "its result appears"
    return [line(Span(f"{named(incident, first.step)}{others} already, {started(first)}; {theirs} here.", "quiet"))]


def running_already(incident: Incident, run: Run) -> str:
    """Return that a run is under way, and who started it."""
    return f"{named(incident, run.step)} runs already, {started(run)}."
