"""Starts line mode: finds or declares the incident, works through its checklist, says how to come back."""

from __future__ import annotations

import contextlib
import io
import shutil
import sys
from datetime import UTC, datetime

from cleo_console.plain.checklist_loop import ChecklistLoop
from cleo_console.plain.conversation import Conversation
from cleo_console.plain.declaration import pick
from cleo_console.plain.line_terminal import InputEnded, LineTerminal, TakenBack
from cleo_console.plain.plain_session import PlainSession
from journal.errors import CleoError
from journal.wording.counting import count
from screens.app_services import AppServices
from screens.guidance.leaving import goes_on


def run_plain(services: AppServices, incident_id: str = "") -> None:
    """Work through an incident on standard input and output until it is left; the recovery goes on without it.

    Args:
        services: what the program does for line mode.
        incident_id: which incident; empty asks where it is not clear.

    Raises:
        CleoError: there is no such incident, or it cannot be read.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="in-ascii")
    width = shutil.get_terminal_size((80, 24)).columns
    with LineTerminal(sys.stdin.fileno(), sys.stdout, width) as terminal:
        converse(terminal, services, incident_id)


def converse(terminal: LineTerminal, services: AppServices, incident_id: str = "") -> None:
    """Like `run_plain`, on any terminal."""
    chosen = incident_id or _picked(terminal, services)
    if chosen:
        _work(terminal, services, chosen)


def _picked(terminal: LineTerminal, services: AppServices) -> str:
    for warning in services.warnings():
        terminal.say(f"NOTE: {warning}")
    while True:
        try:
            return pick(terminal, services, datetime.now(UTC))
        except InputEnded:
            return ""
        except TakenBack:
            continue
        except CleoError as error:
            terminal.say(f"NOT DONE: {error.message} {error.hint}".rstrip())


def _work(terminal: LineTerminal, services: AppServices, incident_id: str) -> None:
    session = PlainSession(services, incident_id, terminal.say)
    try:
        if session.incident.closed_at is None:
            _start_runner(terminal, session)
        ChecklistLoop(Conversation(terminal, session)).run()
        terminal.say(_farewell(session), f"Come back with: {services.way_back(incident_id, plain=True)}")
    finally:
        session.close()


def _start_runner(terminal: LineTerminal, session: PlainSession) -> None:
    with contextlib.suppress(TakenBack):
        try:
            session.start_runner()
        except CleoError as error:
            terminal.say(f"{error.message} {error.hint}")


def _farewell(session: PlainSession) -> str:
    incident = session.incident
    running = [run for run in incident.runs.values() if not run.state.over]
    if incident.closed_at is not None or session.runner_missing():
        return f"{incident.id} stays as it is."
    under_way = f" with {count(len(running), 'run')} under way" if running else ""
    return f"{incident.id} stays as it is. {goes_on(incident, under_way)}"
