"""The two lines that are never scrolled away: what is running, in doubt, failed; and what is next."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from journal.incident.state import Incident
from journal.wording.instants import age
from journal.wording.other_incidents import other_incidents
from journal.wording.sanitize import sanitize
from screens.guidance.escalation import overdue
from screens.guidance.next_action import closed_words, counts, next_deed, settled_words
from screens.guidance.phrases import alarm
from screens.guidance.step_text import title
from screens.live.session import Session

_LOUD = "bold white on #b00020"


def status(session: Session, now: datetime) -> Content:
    """Return the counts, and whatever keeps the record or the recovery from going on."""
    incident = session.incident
    if incident is None:
        return Content("")
    running, in_doubt, failed = counts(incident)
    parts: list[str | tuple[str, str]] = [
        (f"{running} running", "bold $text-primary" if running else "$quiet"),
        " · ",
        (alarm(in_doubt, "in doubt"), "bold $text-error" if in_doubt else "$quiet"),
        " · ",
        (alarm(failed, "failed"), "bold $text-error" if failed else "$quiet"),
    ]
    if running or in_doubt or failed:
        parts.append(("  j jumps there", "bold"))
    return Content.assemble(*parts, *_runner(session), *_note(incident, now))


def trouble_line(session: Session, now: datetime) -> Content:
    """Return what must be seen on every screen, a line each: what is not recorded, and who must be called now."""
    found: list[str] = []
    if session.incident and session.incident.continued:
        gone = session.incident.continued
        found.append(f"THE DISK GAVE WAY, the journal goes on in part {gone.part}: {sanitize(gone.why)}")
    if session.incident and session.incident.inventory_error:
        found.append(
            f"THE INVENTORY CANNOT BE USED, the one before counts: {sanitize(session.incident.inventory_error)}"
        )
    if session.runner and session.runner.trouble:
        found.append(f"THE JOURNAL CANNOT BE WRITTEN: {sanitize(session.runner.trouble)}")
    if holder := session.held_by:
        found.append(f"WAITING FOR THE JOURNAL, held by {sanitize(holder)}")
    if session.unwritten:
        found.append(f"NOT WRITTEN: {sanitize(session.unwritten)}")
    if session.trouble:
        found.append(f"THE JOURNAL CANNOT BE READ, what you see is old: {sanitize(session.trouble.message)}")
    found += [sanitize(line) for line in other_incidents(session.readings)]
    late = overdue(session.incident, now) if session.incident else ""
    found += [late] if late else []
    return Content("\n").join(Content.assemble((f" {text} ", _LOUD)) for text in found)


def _runner(session: Session) -> list[tuple[str, str]]:
    if session.runner_missing:
        return [("  ", ""), (" NO RUNNER: r starts it ", _LOUD)]
    return [("  the runner is starting", "$quiet")] if session.runner_starting else []


def _note(incident: Incident, now: datetime) -> list[tuple[str, str]]:
    if incident.last_note is None:
        return []
    at, who = incident.last_note
    return [(f"   last note {age(at, now)}, {sanitize(who)}", "$quiet")]


def next_line(session: Session, cursor: str) -> Content:
    """Return what to do next in the incident, and the key that does it from here; no ``cursor``: on another screen."""
    incident = session.incident
    if incident is None:
        return Content("")
    head = ("NEXT  ", "bold $text-accent")
    if incident.closed_at is not None:
        more = " x: reopen, n: late note, esc: other incidents" if cursor else ""
        return Content.assemble(head, f"{closed_words(incident)}.{more}")
    step = incident.next_step()
    if step is None:
        return Content.assemble(head, _nothing_ready(incident))
    words = next_deed(incident, step, session.catalogue)
    verb = f"{words}: " if words else ""
    key = "enter" if step.id == cursor else "g: go there"
    return Content.assemble(head, f"{verb}{title(incident, step)}  ", (f"[{key}]", "bold"))


def _nothing_ready(incident: Incident) -> str:
    running = counts(incident).running
    if running:
        return f"wait for what is running ({running}); j shows it"
    return f"{settled_words(incident)}. x: close the incident"
