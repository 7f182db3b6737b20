"""The keys of the incident console. Key line and help are made from this table."""

from __future__ import annotations

from textual.binding import Binding

INCIDENT_BINDINGS = [
    Binding("enter", "act", "run", id="incident.act", tooltip="the obvious thing at this step"),
    Binding("d", "dry_run", "dry run", id="incident.dry_run", tooltip="show what the step would do; changes nothing"),
    Binding("s", "skip", "skip", id="incident.skip", tooltip="leave the step out; wants a reason"),
    Binding("m", "mark_done", "mark done", id="incident.mark_done", tooltip="the step was done by hand"),
    Binding("v", "override", "override", id="incident.override", tooltip="go on although a gate refused"),
    Binding("c", "cancel", "cancel", id="incident.cancel", tooltip="ask what is running to stop"),
    Binding("u", "reopen", "reopen", id="incident.reopen", tooltip="take back that the step is done; decide again"),
    Binding("j", "jump", "jump", id="incident.jump", tooltip="go to what is in doubt, failed or running"),
    Binding("g", "go_next", "next", id="incident.go_next", tooltip="go to the step that is next"),
    Binding("n", "note", "note", id="incident.note", tooltip="write a note; a late one with its own time"),
    Binding("o", "output", "output", id="incident.output", tooltip="the step's output on the whole screen"),
    Binding("h", "health", "health", id="incident.health", tooltip="health of all systems, and how it changed"),
    Binding("t", "timeline", "timeline", id="incident.timeline", tooltip="all that happened; search, late entries"),
    Binding("e", "contacts", "escalate", id="incident.contacts", tooltip="whom to call, who answered, who is overdue"),
    Binding("R", "report", "report", id="incident.report", tooltip="the report as it is now; write its parts, sign"),
    Binding("r", "runner", "start runner", id="incident.runner", tooltip="start the runner if none is there"),
    Binding("x", "close", "close", id="incident.close", tooltip="close the incident; reopen a closed one"),
    Binding("question_mark", "help", "help", key_display="?", id="incident.help", tooltip="all keys, all symbols"),
    Binding("ctrl+p", "app.command_palette", "commands", show=False, tooltip="find a key or a step by its words"),
    Binding("tab", "app.focus_next", "other pane", show=False, tooltip="go to the other pane"),
    Binding("escape", "incidents", "incidents", show=False, tooltip="back to the list of incidents"),
    Binding("q", "leave", "quit", id="incident.leave", tooltip="leave the console; the recovery goes on"),
    *(Binding(str(n), f"tick({n})", f"tick {n}", show=False) for n in range(1, 10)),
]
