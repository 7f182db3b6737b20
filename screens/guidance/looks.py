"""What the looks that are run together saw, said at each of them: one result, whichever step the cursor is on."""

from __future__ import annotations

from journal.incident.records import Run
from journal.incident.state import Incident
from journal.plan.model import Step
from journal.wording.sanitize import sanitize
from screens.guidance.names import title
from screens.guidance.symbols import STEPS
from screens.guidance.text import Line, Span, line


def group(incident: Incident, step: Step) -> list[Step]:
    """Return the looks that one key runs together with ``step``, itself among them; none where it is in no group."""
    return [other for other in incident.plan.steps() if step.together and other.together == step.together]


def look_lines(incident: Incident, step: Step) -> list[Line]:
    """Return what the other looks of the step's group saw, a line each; nothing where it is no such look."""
    if incident.last_begun(step.id) is None:
        return []
    others = (other for other in group(incident, step) if other.id != step.id)
    return [_look(incident, other, run) for other in others if (run := incident.last_begun(other.id))]


def _look(incident: Incident, step: Step, run: Run) -> Line:
    look = STEPS[incident.state(step.id)]
    found = [str(one) for one in run.gravest_first if one.severity != "note" and one.about not in run.summary]
    said = "; ".join([run.summary.rstrip(".") or look.word, *found])
    tone = look.tone if look.tone in ("bad", "warn", "quiet") else ""  # that it was done makes nothing good that it saw
    return line(Span("", look.tone), Span(f"{title(incident, step)}  ", "strong"), Span(sanitize(said), tone),
                symbol=look.symbol)  # fmt: skip
