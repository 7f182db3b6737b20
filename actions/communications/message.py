"""What people are told: a template, filled with what is known of the incident."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from actions.channels.settings import USERS
from actions.context import IncidentFacts
from journal.errors import CleoError
from journal.events.types import Kind
from journal.store.chain import short_head
from journal.wording.instants import utc

OUTSIDE = "outside"
"""The audience of those who can help: vendors, the cloud provider's support. It has a template of its own."""
CUT = "\n[cut: the rest does not fit here]"


class BadTemplate(CleoError):
    """A template of the inventory's own cannot be used."""


class Message(NamedTuple):
    """A message as it goes out. ``text`` begins with what matters most: some services cut it short."""

    id: str
    subject: str
    text: str

    def within(self, most: int) -> str:
        """Return subject and text in at most ``most`` characters, the end cut off where they are more."""
        whole = f"{self.subject}\n{self.text}"
        return whole if len(whole) <= most else whole[: most - len(CUT)] + CUT


def compose(
    facts: IncidentFacts, audience: str, templates: str, *, id: str, text: str, next_update: datetime
) -> Message:
    """Return the message for an audience.

    The first line of a template is the subject. What marks an exercise, the message's id and the journal's head are
    put there whatever the template says.

    Args:
        facts: the incident.
        audience: who is told.
        templates: the folder of the inventory's own templates; empty: there are none.
        id: tells it from others, and a second copy from a new message.
        text: what a person says, in the place of nothing.
        next_update: when the next message is promised.

    Raises:
        BadTemplate: the template cannot be read or filled.
    """
    known = {
        "incident": facts.id,
        "title": facts.title,
        "severity": facts.decisions.get("severity", ""),
        "since": utc(datetime.fromisoformat(facts.began_at)) if facts.began_at else "BEGAN_AT",
        "affected": ", ".join(facts.affected),
        "lead": facts.lead.partition("@")[0],
        "next_update": utc(next_update),
        "text": text,
        "audience": audience,
    }
    subject, _, body = _filled(*_template(audience, templates), known).strip().partition("\n")
    real = facts.kind is Kind.REAL
    mark = "" if real else f"EXERCISE ({facts.kind}): "
    first = "" if real else f"This is an exercise ({facts.kind}). Nothing is to be done outside of it.\n\n"
    end = f"Message {id}; journal head {short_head(facts.head)}."
    return Message(id, f"{mark}{' '.join(subject.split())}", f"{first}{body.strip()}\n\n{end}\n")


def compose_public(facts: IncidentFacts, templates: str, *, text: str, next_update: datetime | None) -> Message:
    """Return what users are told: nothing of the incident but when it began, and the words that a person gives.

    Its title, its systems and who leads are internal, and are not known to the template.

    Args:
        facts: the incident; its id tells the post from others, and is not in the text.
        templates: the folder of the inventory's own templates; empty: there are none.
        text: what a person says, in the place of our own words.
        next_update: when the next post is promised; None: there is none to come.

    Raises:
        BadTemplate: the template cannot be read or filled.
    """
    began = utc(datetime.fromisoformat(facts.began_at)) if facts.began_at else "BEGAN_AT"
    known = {"since": began, "next_update": utc(next_update) if next_update else "", "text": text}
    subject, _, body = _filled(*_template(USERS, templates), known).strip().partition("\n")
    mark = "" if facts.kind is Kind.REAL else f"EXERCISE ({facts.kind}): "
    return Message(facts.id, f"{mark}{' '.join(subject.split())}", f"{mark}{body.strip()}")


def next_update(now: datetime, minutes: int) -> datetime:
    """Return when the next message is promised, on a whole minute."""
    return (now + timedelta(minutes=minutes)).replace(second=0, microsecond=0)


def _template(audience: str, templates: str) -> tuple[str, str]:
    """Return the template for an audience, and what to call it in an error. Users and those outside have their own."""
    own = Path(templates) / f"{audience}.txt" if templates else None
    try:
        if own and own.is_file():
            return own.read_text(encoding="utf-8"), str(own)
    except (OSError, UnicodeDecodeError) as error:
        raise BadTemplate(f"The template {own} cannot be read: {error}.", "Correct it, or move it away.") from error
    ours = f"{audience if audience in (USERS, OUTSIDE) else 'message'}.txt"
    return (files("actions.communications") / "templates" / ours).read_text(encoding="utf-8"), "ours"


def _filled(source: str, name: str, known: dict[str, str]) -> str:
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    try:
        return SandboxedEnvironment(undefined=StrictUndefined).from_string(source).render(known)
    except TemplateError as error:
        hint = f"Correct it, or move it away. It may name: {', '.join(known)}."
        raise BadTemplate(f"The template {name} cannot be filled: {error}.", hint) from error
