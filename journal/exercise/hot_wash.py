"""The hot wash: what is asked right after an exercise, and what people answered.

The standard questions follow what HSEEP (2020) and NIST SP 800-84 ask for: strengths, areas for improvement, plan,
roles, communication, means, and the first thing to change. A script adds its own (``hot_wash``); so does each objective
with areas for improvement, whose question asks for their root cause.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from journal.exercise.areas import areas

if TYPE_CHECKING:
    from journal.exercise.assessment import Assessment
    from journal.incident.review import Answer
    from journal.incident.state import Incident

STANDARD = (
    "What went well, and should be done so again?",
    "What went wrong, or took too long?",
    "Where did the plan not fit: steps missing, wrong, needless, in the wrong order?",
    "Was it clear who leads, who decides and who does what? Where not?",
    "Did you, and those outside, hear what you needed in time?",
    "What did you lack: access, rights, tools, people, knowledge?",
    "Where were you lucky, or was it easier than in life?",
    "What is the one thing to change first, and who does it?",
)


class Question(NamedTuple):
    """A question of the hot wash, as it is asked, with what was answered so far."""

    text: str
    answers: Sequence[Answer]


def questions(incident: Incident, shown: Assessment) -> list[Question]:
    """Return what is asked after an exercise: the standard questions, the script's, and for each root cause.

    An answer to what is asked no longer (the journal went on, or another version of the program words it otherwise) is
    kept beside what it was an answer to, at the end.
    """
    asked = dict.fromkeys([*STANDARD, *_own(incident), *(area.ask for area in areas(shown))])
    answered: dict[str, list[Answer]] = {text: [] for text in asked}
    for answer in incident.review.hot_wash:
        answered.setdefault(answer.question, []).append(answer)
    return [Question(text, answers) for text, answers in answered.items()]


def _own(incident: Incident) -> list[str]:
    return [str(one) for one in incident.review.exercise.get("hot_wash") or ()]
