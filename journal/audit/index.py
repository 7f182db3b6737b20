"""The pack's index, in Markdown and HTML. Text from systems and people is escaped as in a report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from journal.audit import model as m
from journal.report import filters as report_filters
from journal.report import html, markdown
from journal.report.filters import kind_words
from journal.report.times import Times
from journal.wording.counting import count

TEMPLATES = Path(__file__).parent / "templates"
_BY_PEOPLE = ("approvals", "deviations", "notices", "improvements")
"""What an incident shows in the words of people."""
_ORDER = ("REAL", "DRILL", "LAB", "TABLETOP")


def markdown_index(made: m.Evidence) -> Iterator[str]:
    """Yield the index as Markdown, in pieces."""
    env = markdown.environment(TEMPLATES, Times())
    env.filters |= _FILTERS
    yield from env.get_template("index.md.j2").stream(**_values(made))


def html_index(made: m.Evidence) -> Iterator[str]:
    """Yield the index as one HTML file, without scripts or external resources, in pieces."""
    env = html.environment([TEMPLATES, report_filters.TEMPLATES], Times())
    env.filters |= _FILTERS
    yield from env.get_template("index.html.j2").stream(**_values(made))


def personal(made: m.Evidence) -> str:
    """Return how much of people and of programs' output is in a pack, so that its reader knows before sharing it."""
    writers = count(len({who.name for one in made.incidents for who in one.access}), "name")
    contacts = count(max((one.contacts for one in made.incidents), default=0), "contact")
    texts = count(sum(len(getattr(one, name)) for one in made.incidents for name in _BY_PEOPLE), "text")
    printed = count(sum(one.printed for one in made.incidents), "line")
    return (
        f"{writers} of who wrote, up to {contacts} in each plan, {texts} of people in this index, all their notes in "
        f"the journals, names of hosts and systems, and {printed} that programs printed"
    )


def _values(made: m.Evidence) -> dict[str, Any]:
    kinds = [(kind, kind_words(kind)) for kind in _ORDER]
    return {"personal": personal(made), "p": made, "kinds": kinds}


def _of_kind(incidents: Iterable[m.IncidentEvidence], kind: str) -> list[m.IncidentEvidence]:
    return [one for one in incidents if one.kind == kind]


def _signed(journal: m.JournalProof) -> str:
    """Return how far a journal is signed by signers that were named."""
    last = journal.signed
    if last is None:
        return "NOT SIGNED"
    rest = f"; rows {last.seq + 1} to {journal.events} are not" if last.seq < journal.events else ""
    return f"to row {last.seq} by {last.who}{rest}"


def _state(journal: m.JournalProof) -> str:
    if journal.unread:
        return "COULD NOT BE READ"
    return "verifies" if journal.ok else "NOT PROVEN"


def _having(incidents: Iterable[m.IncidentEvidence], name: str) -> list[m.IncidentEvidence]:
    return [one for one in incidents if getattr(one, name)]


_FILTERS = {"having": _having, "of_kind": _of_kind, "signed": _signed, "state_of": _state, "counted": count}
