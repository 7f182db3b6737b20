"""Compares teams that played the same script: per objective and per inject. What was rewound counts for nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from journal.exercise.assessment import Assessment, InjectResult, InjectState
from journal.wording.counting import count

if TYPE_CHECKING:
    from journal.incident.state import Incident

State = Literal[InjectState, "not in its script"]

_OF_THE_TABLE = ("speed", "situation", "backups")
"""What of a script differs from table to table: its speed, a sentence on that, and labels made of the time."""


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """How a team met an inject.

    Attributes:
        state: as the assessment has it.
        reaction_s: seconds from the inject to its answer; None where there is none.
        choice: what answered it, in words.
        hints: how many it took.
    """

    state: State
    reaction_s: float | None = None
    choice: str = ""
    hints: int = 0


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """A team's exercise.

    Attributes:
        script: the first digits of its script's SHA-256, without what differs from table to table.
        closed: whether it came to its end: else all of it is as of now.
        took_s: from the declaration to the close, by the exercise's clock; None while it is open.
        met, of: how many expectations were met, and how many there are.
        hints: in all; ``rewound``: how often it was taken back.
    """

    incident: str
    kind: str
    title: str
    script: str
    began_at: datetime | None
    closed: bool
    took_s: float | None
    players: list[str]
    met: int
    of: int
    hints: int
    rewound: int


class ObjectiveRow(msgspec.Struct, frozen=True, kw_only=True):
    """An objective with each team's rating; empty where its script has none such."""

    id: str
    title: str
    ratings: list[str]


class InjectRow(msgspec.Struct, frozen=True, kw_only=True):
    """An inject, as it was told to the first team that was, with how each team met it."""

    id: str
    text: str
    cells: list[Cell]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Teams side by side. ``notes`` say what keeps them from being compared fairly."""

    teams: list[Team]
    objectives: list[ObjectiveRow]
    injects: list[InjectRow]
    notes: list[str]


def script_digest(script: dict[str, Any]) -> str:
    """Return the SHA-256 of a script as a journal has it, without what differs from table to table."""
    kept = {name: value for name, value in script.items() if name not in _OF_THE_TABLE}
    return hashlib.sha256(msgspec.json.encode(kept, order="deterministic")).hexdigest()


class Played(NamedTuple):
    """What a team's journal shows: its state, its assessment, and the people who played."""

    incident: Incident
    shown: Assessment
    players: Sequence[str]


def compare(played: Sequence[Played]) -> Comparison:
    """Return how teams played the same script.

    Args:
        played: each team's.
    """
    shown = [one.shown for one in played]
    teams = [_team(*one) for one in played]
    return Comparison(
        teams=teams,
        objectives=list(_objectives(shown)),
        injects=list(_injects(shown)),
        notes=list(_notes(teams)),
    )


def _team(incident: Incident, shown: Assessment, players: Sequence[str]) -> Team:
    end, began = incident.closed_at, incident.declared_at
    return Team(
        incident=incident.id,
        kind=incident.kind,
        title=shown.title,
        script=script_digest(incident.review.exercise)[:12],
        began_at=incident.review.exercise_began_at,
        closed=end is not None,
        took_s=round((end - began).total_seconds()) if end else None,
        players=sorted(players),
        met=sum(one.met for one in shown.expectations),
        of=len(shown.expectations),
        hints=len(shown.hints),
        rewound=len(shown.rewound),
    )


def _objectives(shown: Sequence[Assessment]) -> Iterator[ObjectiveRow]:
    titles = {one.id: one.title for each in reversed(shown) for one in each.objectives}
    ratings = [{one.id: str(one.rating) for one in each.objectives} for each in shown]
    for id_ in _in_order([[one.id for one in each.objectives] for each in shown]):
        yield ObjectiveRow(id=id_, title=titles[id_], ratings=[own.get(id_, "") for own in ratings])


def _injects(shown: Sequence[Assessment]) -> Iterator[InjectRow]:
    texts = {one.id: one.text for each in reversed(shown) for one in each.injects}
    own = [{one.id: one for one in each.injects} for each in shown]
    for id_ in _in_order([[one.id for one in each.injects] for each in shown]):
        yield InjectRow(
            id=id_,
            text=texts[id_],
            cells=[_cell(known.get(id_), each, id_) for known, each in zip(own, shown, strict=True)],
        )


def _in_order(lists: Iterable[Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(id_ for each in lists for id_ in each))


def _cell(result: InjectResult | None, shown: Assessment, id_: str) -> Cell:
    if result is None:
        return Cell(state="not in its script")
    hints = sum(hint.inject == id_ for hint in shown.hints)
    return Cell(state=result.state, reaction_s=result.reaction_s, choice=result.choice, hints=hints)


def _notes(teams: Sequence[Team]) -> Iterator[str]:
    first = teams[0]
    for team in teams[1:]:
        if team.script != first.script:
            yield (
                f"{team.incident} played another version of the script ({team.script}) than {first.incident} "
                f"({first.script}): ratings and times of what differs do not compare."
            )
        if (team.kind == "TABLETOP") != (first.kind == "TABLETOP"):
            yield f"{team.incident} is of kind {team.kind}, {first.incident} of kind {first.kind}: their times differ."
    for team in teams:
        if not team.closed:
            yield f"{team.incident} is not closed: it is as of now."
        if team.rewound:
            times = count(team.rewound, "time")
            yield f"{team.incident} was rewound {times}: what was played before that counts for nothing."
