"""The keys of the incident console. Key line and help are made from this table."""

from __future__ import annotations

from textual.binding import Binding

from screens.guidance.keys import BY_HAND, CLOSE, DUE, HANDOVER, KEYS, LOG, ROLE, RUN_WITH, RUNNER, TAKE, Key


def _binding(key: Key, *, show: bool = True) -> Binding:
    return Binding(key.letter, key.action, key.word, show, id=f"incident.{key.action}", tooltip=key.help)


INCIDENT_BINDINGS = [
    Binding("enter", "act", "run", id="incident.act", tooltip="the obvious thing at this step"),
    *(_binding(key) for key in KEYS),
    Binding("o", "output", "output", id="incident.output", tooltip="the step's output on the whole screen"),
    Binding("f", "filter", "filter", show=False, id="incident.filter", tooltip="list all steps, open, failed, mine"),
    _binding(TAKE, show=False),
    _binding(ROLE, show=False),
    _binding(DUE, show=False),
    _binding(RUN_WITH, show=False),
    _binding(LOG, show=False),
    _binding(BY_HAND, show=False),
    Binding("h", "health", "health", id="incident.health", tooltip="health of all systems, and how it changed"),
    _binding(HANDOVER, show=False),
    Binding("t", "timeline", "timeline", id="incident.timeline", tooltip="all that happened; search, late entries"),
    Binding("e", "contacts", "escalate", id="incident.contacts", tooltip="whom to call, who answered, who is overdue"),
    Binding("R", "report", "report", id="incident.report", tooltip="the report as it is now; write its parts, sign"),
    Binding("w", "assessment", "assessment", id="incident.assessment", tooltip="what the exercise showed; hot wash"),
    _binding(RUNNER),
    _binding(CLOSE),
    Binding("question_mark", "help", "help", key_display="?", id="incident.help", tooltip="all keys, all symbols"),
    Binding("ctrl+p", "app.command_palette", "commands", show=False, tooltip="find a key or a step by its words"),
    Binding("tab", "app.focus_next", "other pane", show=False, tooltip="go to the other pane"),
    Binding("escape", "incidents", "incidents", show=False, tooltip="back to the list of incidents"),
    Binding("q", "leave", "quit", id="incident.leave", tooltip="leave the console; the recovery goes on"),
    *(Binding(str(n), f"tick({n})", f"tick {n}", show=False) for n in range(1, 10)),
]
