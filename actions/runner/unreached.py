"""How a run ends whose target's host cannot be reached: nothing was begun, and people are not sent in a circle."""

from __future__ import annotations

from actions.outcome import Cure, Outcome
from actions.system_types import role
from journal.errors import CleoError
from journal.plan.action_spec import ActionSpec

_NO_USE = ("start", "stop_writers")
"""What a dead host needs of nobody: it has neither a server to start nor writers to keep out."""
_INSTEAD = ("restore", "replay")


def unreached(spec: ActionSpec, type_: str, error: CleoError) -> Outcome:
    """Return the end of a run that could not ask its target who it is.

    Args:
        spec: the action.
        type_: the type of system that it is aimed at.
        error: how its host failed to be reached.
    """
    return Outcome(
        ok=False,
        summary=f"The target's identity cannot be told, its host is not reached: {error.message}",
        left_behind="Nothing was begun.",
        cures=_cures(spec, type_, error),
    )


def _cures(spec: ActionSpec, type_: str, error: CleoError) -> list[Cure]:
    known = {name: role(type_, name) for name in (*_NO_USE, *_INSTEAD)}
    hint = [Cure(words=error.hint)] if error.hint else []
    if spec.name in [known[name] for name in _NO_USE]:
        words = "Its host cannot be reached, so nothing is done there: fence it before another one takes its place"
        return [Cure(words=words, leave_out=spec.name)]
    if spec.name in [known[name] for name in _INSTEAD]:
        words = "Its host cannot be reached: bring it back, or choose how and where the service comes back without it."
        return [Cure(words=words, decision="strategy"), *hint]
    return hint
