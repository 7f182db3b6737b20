"""The screens and dialogs that are opened by name, each imported when it is first opened.

All of them together would hold up the first frame by a tenth of a second. A screen also opens another one through
this table where neither may import the other: the list of incidents opens an incident, and leads back to the list.
"""

from __future__ import annotations

from collections.abc import Callable
from pkgutil import resolve_name
from typing import Any, Literal

from textual.app import App
from textual.screen import Screen

from screens.drafts import Draft, KeepsWords, answering, give_back

Name = Literal[
    "action item",
    "assessment",
    "close",
    "commands",
    "contacts",
    "decision",
    "declare",
    "facilitator",
    "handover",
    "health",
    "help",
    "in doubt",
    "incident",
    "incidents",
    "interlock",
    "late entry",
    "leave",
    "note",
    "output",
    "override",
    "parameters",
    "problem",
    "proposals",
    "report",
    "rewind",
    "report field",
    "skip",
    "role",
    "timeline",
    "told",
    "words",
]

SCREENS: dict[Name, str] = {
    "action item": "screens.dialogs.report_dialogs:ItemDialog",
    "assessment": "screens.pages.assessment:AssessmentScreen",
    "close": "screens.dialogs.close:CloseDialog",
    "commands": "screens.pages.commands:CommandsScreen",
    "contacts": "screens.pages.contacts:ContactsScreen",
    "decision": "screens.dialogs.decision_kinds:decision_dialog",
    "declare": "screens.start.declare:DeclareScreen",
    "facilitator": "screens.facilitator.screen:FacilitatorScreen",
    "handover": "screens.pages.handover:HandoverScreen",
    "health": "screens.pages.health:HealthScreen",
    "help": "screens.pages.help:HelpScreen",
    "in doubt": "screens.dialogs.in_doubt:DoubtDialog",
    "incident": "screens.incident.screen:IncidentScreen",
    "incidents": "screens.start.screen:StartScreen",
    "interlock": "screens.dialogs.interlock:Interlock",
    "late entry": "screens.dialogs.text_dialogs:LateEntry",
    "leave": "screens.dialogs.leave:LeaveDialog",
    "note": "screens.dialogs.text_dialogs:Note",
    "output": "screens.pages.output:OutputScreen",
    "override": "screens.dialogs.override:OverrideDialog",
    "parameters": "screens.dialogs.parameters:ParametersDialog",
    "problem": "screens.dialogs.dialog:Problem",
    "proposals": "screens.dialogs.proposals:ProposalsDialog",
    "report": "screens.pages.report:ReportScreen",
    "report field": "screens.dialogs.report_dialogs:FieldDialog",
    "skip": "screens.dialogs.skip:SkipDialog",
    "rewind": "screens.dialogs.rewind:RewindDialog",
    "role": "screens.dialogs.role:RoleDialog",
    "timeline": "screens.pages.timeline:TimelineScreen",
    "told": "screens.dialogs.told:Told",
    "words": "screens.dialogs.text_dialogs:Words",
}
"""Name → ``module:callable`` that returns the screen."""

PALETTE = "screens.incident.palette:CleoCommands"
"""What the command palette offers; not a screen, but imported as late."""
PALETTE_SCREEN = "screens.incident.palette:Palette"
"""The command palette itself, which Textual opens and closes."""


def build(name: Name, *args: Any, **fields: Any) -> Screen[Any]:
    """Return a new screen; its module is imported now if it was not before. What it takes is what its class takes."""
    screen: Screen[Any] = resolve_name(SCREENS[name])(*args, **fields)
    return screen


def push(app: App[Any], name: Name, *args: Any, then: Callable[[Any], object] | None = None, **fields: Any) -> None:
    """Open a screen over the one that is shown.

    Args:
        app: where.
        name: which screen.
        args: what the screen takes.
        then: gets the screen's answer; not called where it is left without one.
        fields: what the screen takes by name.
    """

    screen = build(name, *args, **fields)
    base = app.screen_stack[min(1, len(app.screen_stack) - 1)]  # the lowest is Textual's own, always empty
    if isinstance(screen, KeepsWords):
        give_back(base, screen)

    def answered(answer: Any) -> None:
        if then is None or answer is None:
            return
        if isinstance(screen, KeepsWords):
            with answering(Draft(base, screen)):
                then(answer)
        else:
            then(answer)

    app.push_screen(screen, answered)
