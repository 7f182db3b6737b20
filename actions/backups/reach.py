"""From which of the inventory's systems a system's backups can be reached, where its own host cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar, runtime_checkable

from actions.backups.engine import BackupEngine
from actions.context import ActionContext
from actions.outcome import Cure, Finding
from actions.transport import NOT_REACHED

T = TypeVar("T")


@runtime_checkable
class SharedBackups(Protocol):
    """An engine whose repository several systems may use: a primary and its standbys."""

    def shared_with(self, ctx: ActionContext, system: str) -> Sequence[str]:
        """Return the other systems of the inventory that have the same backups, by their own settings."""


class Reach(NamedTuple, Generic[T]):
    """What was found of a system's backups.

    Attributes:
        system: the system by whose host they were reached; empty: nobody could.
        found: what was found there; None where nobody could.
        lost: why nobody could by another system's host, by its name.
    """

    system: str
    found: T | None
    lost: Mapping[str, str]

    @property
    def why(self) -> str:
        """Why nobody could, in words that follow a colon."""
        return "; ".join(dict.fromkeys(self.lost.values()))


def reach(ctx: ActionContext, engine: BackupEngine, look: Callable[[str], T]) -> Reach[T]:
    """Look at the backups of the context's system by its own host; where that is lost, by one that shares them.

    Args:
        ctx: the context.
        engine: the system's.
        look: looks by a system's host; it changes nothing.
    """
    lost: dict[str, str] = {}
    for name in with_the_same(ctx, engine):
        try:
            return Reach(name, look(name), lost)
        except NOT_REACHED as error:
            lost[name] = error.message.rstrip(".")
            ctx.log(f"The backups cannot be reached by the host of {name}: {error.message}", "err")
    return Reach("", None, lost)


def with_the_same(ctx: ActionContext, engine: BackupEngine) -> list[str]:
    """Return the context's system, and those that have the same backups."""
    shared = engine.shared_with(ctx, ctx.system) if isinstance(engine, SharedBackups) else ()
    return [ctx.system, *shared]


def not_held(ctx: ActionContext, lost: Mapping[str, str], *, offsite: bool = False) -> list[Finding]:
    """Return where backups are not held, because the host there cannot be reached; ``offsite``: in the second place."""
    text = "not held there: its schedule and its expiry cannot run while it is dead, but may once it is back"
    if offsite:
        text = (
            "held in the second place, not there: once it is back `cleo backup run` waits, while it reaches the second "
            "place; what else takes or expires backups does not"
        )
    again = "As soon as it answers, before anything else there: `cleo run backups.hold --on {}`."
    return [_of(ctx, name, f"{text} ({why})", again.format(name)) for name, why in lost.items()]


def not_released(ctx: ActionContext, lost: Mapping[str, str]) -> list[Finding]:
    """Return where a hold may still stand, because the host there cannot be reached."""
    text = "a hold of this incident may stand there, and nobody can look"
    again = "Once it answers, in this incident, also after it is closed: `cleo run backups.release --on {}`."
    return [_of(ctx, name, f"{text} ({why})", again.format(name)) for name, why in lost.items()]


def seen_elsewhere(ctx: ActionContext, reached: Reach[T]) -> list[Finding]:
    """Return that the backups were looked at by another host than their system's."""
    by, found = reached.system, reached.lost.items()
    return [_of(ctx, name, f"looked at by the host of {by} ({why})", "") for name, why in found] if by else []


NOWHERE = Cure(
    words="Bring that host back, or bring the backups from the second place to one that answers (`cleo backup`)."
)
"""What helps where no host of the inventory reaches the backups."""


def _of(ctx: ActionContext, system: str, text: str, cure: str) -> Finding:
    host = ctx.inventory.systems[system].host
    severity = "warning" if cure else "note"
    return Finding(severity=severity, about=f"{system} on {host}" if host else system, text=text, cure=cure)  # type: ignore[arg-type]
