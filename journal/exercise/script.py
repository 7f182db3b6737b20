"""The script of an exercise: objectives, injects, expectations. The journal carries it as data (``exercise.began``).

Expectations and injects refer to moments by the names of `journal.exercise.moments`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from journal.store.errors import KEEP_AS_IT_IS, JournalDamaged
from journal.structs import to_struct

RULES = ("happened", "before", "within", "never", "passed")

MAKES = "simulated"
"""The fact under which a run's end carries what it changed in the simulated world: the journal holds that world."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The base of a script's structs: unknown keys are errors, values do not change."""


class Objective(_Part, frozen=True, kw_only=True):
    """What the exercise is to show, in words. Expectations name it by ``id``."""

    id: str
    title: str


class Expectation(_Part, frozen=True, kw_only=True):
    """One thing that good players do. It has exactly one rule.

    Attributes:
        title: what is expected, as a statement that holds when it was met.
        objective: the objective that it tells of.
        critical: missing it is a major challenge, not just some challenge.
        happened: any of these moments was reached.
        before: two moments; the first is reached, and before the second.
        within: a moment is reached within ``minutes`` of the declaration, by the exercise's clock.
        minutes: for ``within``.
        never: none of these moments was reached.
        repaired: for ``never``: one of these moments after the last such one puts it right; it then counts as repaired.
        harm: for ``never``: what happened reached users; the objective cannot be performed.
        passed: whenever ``into`` is reached, the last run of each of these actions had succeeded.
        into: for ``passed``.
        missed: what it means that it was missed; shown with it.
    """

    title: str
    objective: str
    critical: bool = False
    happened: list[str] = []
    before: list[str] = []
    within: str = ""
    minutes: float = 0.0
    never: list[str] = []
    repaired: list[str] = []
    harm: bool = False
    passed: list[str] = []
    into: str = ""
    missed: str = ""

    def __post_init__(self) -> None:
        rules = [name for name in RULES if getattr(self, name)]
        if len(rules) != 1:
            raise ValueError(f"{self.title!r} has {len(rules)} rules; give one of {', '.join(RULES)}")
        if self.before and len(self.before) != 2:
            raise ValueError(f"{self.title!r}: before takes two moments")

    @property
    def rule(self) -> str:
        """The name of its one rule."""
        return next(name for name in RULES if getattr(self, name))


class ScriptedHint(_Part, frozen=True, kw_only=True):
    """A hint that the script has for an inject.

    Attributes:
        text: what players are told.
        after_s: seconds after the inject was given in which it comes by itself, if nobody answered; 0: by hand alone.
    """

    text: str
    after_s: float = 0.0


class Inject(_Part, frozen=True, kw_only=True):
    """Something that the players are told.

    Attributes:
        id: names it in the journal.
        text: what they are told.
        at_s: seconds after the start at speed 1; 0 where ``after`` says when.
        after: the moment that triggers it; ``at_s`` then counts from that moment.
        expected: what good players do about it, in words.
        answered_by: the moments that answer it, if they come after it.
        objective: the objective that its answer tells of; empty: of none.
        lasts: the simulated world in which its cause lasts (in a script: ``while``). Once the world is another before
            the inject was given, its cause is gone, and it never comes.
        makes: the words of the simulated world that it changes.
        breaks: in a game day, what is really broken before players are told: the lab's system, and its fault.
        to: the role or the name that it is for, several with a comma; empty: everybody.
        asks: it wants an answer in words; ``choices``: one of these.
        by_hand: it comes only when the facilitator gives it.
        hints: what helps those who are stuck.
    """

    id: str
    text: str
    at_s: float = 0.0
    after: str = ""
    expected: str = ""
    answered_by: list[str] = []
    objective: str = ""
    lasts: dict[str, str] = msgspec.field(default={}, name="while")
    makes: dict[str, str] = {}
    breaks: dict[str, str] = {}
    to: str = ""
    asks: bool = False
    choices: list[str] = []
    by_hand: bool = False
    hints: list[ScriptedHint] = []

    @property
    def wants_words(self) -> bool:
        """Whether its answer is in words."""
        return self.asks or bool(self.choices)

    @property
    def wants_answer(self) -> bool:
        """Whether it stays open until it is answered."""
        return self.wants_words or bool(self.answered_by)


class Exercise(_Part, frozen=True, kw_only=True):
    """A whole script.

    Attributes:
        title: its name.
        scenario: the plan's scenario that it plays.
        situation: what the players know at the start.
        objectives: what it is to show.
        expectations: what good players do.
        injects: what is put to them.
        damage_s: how many seconds before the disruption data was first damaged; None where none was.
        backups: each backup's end, in seconds before the disruption, by its label.
        hot_wash: what is asked after its end, beside the standard questions.
        speed: how many times faster than life the time that actions take passes.
        world: the simulated systems at the start, and their traps; read by the simulation only.
    """

    title: str
    scenario: str
    situation: str = ""
    objectives: list[Objective] = []
    expectations: list[Expectation] = []
    injects: list[Inject] = []
    damage_s: float | None = None
    backups: dict[str, float] = {}
    hot_wash: list[str] = []
    speed: float = 1.0
    world: dict[str, Any] = {}


def exercise_from_data(data: dict[str, Any]) -> Exercise:
    """Return the script from the data in a journal.

    Raises:
        JournalDamaged: the data is no script.
    """
    try:
        return to_struct(data, Exercise)
    except msgspec.ValidationError as error:
        raise JournalDamaged(
            f"The exercise in the journal cannot be read: {error}.",
            KEEP_AS_IT_IS,
        ) from error
