"""What a type of system brings so that an intruder's traces can be looked for: live, and in a backup."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import msgspec

from actions.outcome import ActionFailed
from actions.system_type import load

if TYPE_CHECKING:
    from actions.backups.engine import BackupSet
    from actions.by_hand import ByHand, CommandLine
    from actions.context import ActionContext
    from journal.events.types import Identity


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that an intruder may have left or changed: a user, a function, a setting.

    Attributes:
        what: what it is or may, in words; never a password or anybody's data.
        digest: what it is compared by.
        suspect: why it is suspicious by itself, with nothing to compare it with; empty: it is not.
        mark: what tells when it was made (a transaction's number), for `TraceSource.made_at`; empty: nothing does.
    """

    what: str = ""
    digest: str = ""
    suspect: str = ""
    mark: str = ""


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """All such things of a system in one state of it.

    Attributes:
        things: by what they are and are called: ``role ann``, ``function public.f()``.
        unseen: what of it could not be looked at, each with why.
        backup: the label of the backup that it came from; empty: the running system.
        since, until: a restore to any instant between these leads to this very state; None: only to the one looked at.
    """

    things: Mapping[str, Thing]
    unseen: Sequence[str] = ()
    backup: str = ""
    since: datetime | None = None
    until: datetime | None = None


class TraceSource(Protocol):
    """One type of system. Every method may raise a `CleoError` where the system or a backup cannot be looked at."""

    @property
    def looked_for(self) -> Sequence[str]:
        """What is looked for, in words."""

    @property
    def not_looked_for(self) -> Sequence[str]:
        """What an intruder may leave as well, and nobody looks for here."""

    def now(self, ctx: ActionContext) -> Holding:
        """Return what the running system holds. Nothing of it is changed."""

    def at(self, ctx: ActionContext, point: datetime, backup: str = "") -> Holding:
        """Restore everything committed before an instant beside the system, and return what that holds.

        Where ``backup`` is given, the instant is that one's end: where nothing leads just there, that backup will do.
        Nothing of what was restored is left, unless it is killed. It is not called in a dry run.
        """

    def made_at(self, ctx: ActionContext, things: Mapping[str, Thing], since: datetime) -> Mapping[str, datetime]:
        """Return when things of the running system were made or last changed, as far as its log tells since then."""

    def vouched(self, ctx: ActionContext) -> Sequence[str]:
        """Return the things that the inventory vouches for, by their names."""

    def place(self, ctx: ActionContext) -> str:
        """Return where backups are restored to be looked at."""

    def by_hand(self, known: ByHand) -> Sequence[CommandLine]:
        """Return the shell commands that look at what runs, and what to compare it with."""

    def left(self, ctx: ActionContext) -> str:
        """Return what a look that was killed left there, in words; empty: nothing."""


@runtime_checkable
class OwnStates(TraceSource, Protocol):
    """One type of system that comes back from something else than backups: it tells the states itself."""

    @property
    def reaches_back(self) -> timedelta:
        """How long before what is looked at the state lies that others are compared with, where nobody names one."""

    def states(self, ctx: ActionContext) -> Sequence[BackupSet]:
        """Return the states that a restore can lead to, the oldest first."""

    def target(self, ctx: ActionContext) -> Sequence[Identity]:
        """Return what tells the system from every other."""


class NothingRestored:
    """What the same is for every type of which a look restores nothing, and whose times anybody can set."""

    def made_at(self, ctx: ActionContext, things: Mapping[str, Thing], since: datetime) -> Mapping[str, datetime]:
        """Return nothing: whoever was inside can set the times."""
        return {}

    def vouched(self, ctx: ActionContext) -> Sequence[str]:
        """Return nothing: the inventory names none of its things."""
        return []

    def left(self, ctx: ActionContext) -> str:
        """Return nothing: nothing is restored."""
        return ""


def find_source(ctx: ActionContext) -> TraceSource:
    """Return how the type of the system that the run is aimed at is looked through.

    Raises:
        UnknownTarget: the inventory has no such system.
        ActionFailed: its type does not tell.
    """
    type_ = ctx.inventory.type_of(ctx.system)
    if not type_.traces:
        raise ActionFailed(
            f"{type_.title} does not tell what an intruder leaves in {ctx.system}.", "Look through a backup by hand."
        )
    make: Callable[[], TraceSource] = load(type_.traces)
    return make()


def by_hand(known: ByHand) -> Sequence[CommandLine]:
    """Return the shell commands by which a person looks for an intruder, as the system's type has them."""
    type_ = known.inventory.type_of(known.system)
    make: Callable[[], TraceSource] | None = load(type_.traces) if type_.traces else None
    return make().by_hand(known) if make else ()


def digest(*said: Any) -> str:
    """Return a digest of what a thing is, to compare it by: never the thing itself."""
    text = "\0".join(
        part if isinstance(part, str) else msgspec.json.encode(part, enc_hook=str).decode() for part in said
    )
    return sha256(text.encode(errors="surrogateescape")).hexdigest()[:16]
