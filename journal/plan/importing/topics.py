"""What a heading is about, by its words: a document's parts have many names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from journal.plan.importing.outline import Document, Heading
from journal.plan.importing.wording import PROCEDURE, is_act

_TOPICS = {
    "contents": ["table of contents", "^contents$", "^toc$"],
    "history": [
        "(revision|document|version|change) (history|log)",
        "^change ?log$",
        "^history$",
        "^approvals?$",
        "document (control|information)",
    ],
    "backups": [
        "backup (strategy|schedules?|policy|policies|automation|configuration|types|overview|locations?|scripts)",
        "^automated backups",
        "retention",
    ],
    "procedure": PROCEDURE,
    "objectives": [
        r"\b(rto|rpo|slos?|slas?)\b",
        "recovery (time|point|objectives?|targets?)",
        "^objectives?$",
        "^targets?$",
    ],
    "scenarios": [
        r"scenarios\b",
        "failure modes",
        "types? of (disaster|incident|failure)s?",
        "disaster types",
        "^threats?",
        "^risks?",
    ],
    "tests": [
        r"\b(test(ing)?|drills?|exercise) (schedule|plan|cadence|calendar)",
        r"^(dr )?(testing|drills?|exercises)\b",
        "dr testing",
        r"\b(weekly|monthly|quarterly|semi-?annual|annual|yearly)\b.*\b(tests?|drills?|exercises?|review)",
    ],
    "contacts": [
        r"contacts?\b",
        "escalation",
        "on-?call",
        "call (tree|list)",
        "phone",
        "who to (call|page)",
        "stakeholders",
        r"vendors?\b",
        r"support\b",
    ],
    "compliance": ["compliance", "regulat", "legal", "gdpr", "hipaa"],
    "places": [
        r"locations?\b",
        "where things",
        "(related|further|reference) (doc|link|reading|material)",
        "dashboards?",
        r"^(related|links?|references?|resources?)\b",
        "configuration templates",
        "quick links",
        "see also",
        "further reading",
        "repositor(y|ies)",
    ],
    "overview": [
        "^(overview|purpose|introduction|summary|abstract|scope|about|background|executive summary|purpose and scope)",
    ],
}
_COMPILED = {name: re.compile("|".join(words), re.IGNORECASE) for name, words in _TOPICS.items()}
_NAMED_BY_ACTS = {"objectives", "places"}
"""Of these, "Validate RTO" and the like are things to do."""


def own_topic(heading: Heading) -> str:
    """Return what a heading's own words say it is about; empty where they do not tell."""
    said = re.sub(r"\([^()]*\)", "", heading.name)  # "Recovery (RTO: 3 hours)" is about the recovery
    name = next((name for name, words in _COMPILED.items() if words.search(said)), "")
    return "procedure" if name in _NAMED_BY_ACTS and is_act(heading.name) else name


def topic(heading: Heading) -> str:
    """Return what a heading is about, by its own words, else by those of the headings above it.

    Below a procedure only its own words tell.
    """
    own = own_topic(heading)
    above = next(filter(None, map(own_topic, heading.above())), "")
    return own or ("" if above == "procedure" else above)


def about(document: Document, *names: str) -> Iterator[Heading]:
    """Yield the headings that are about one of these things, in order."""
    for heading in document.root.walk():
        if topic(heading) in names:
            yield heading
