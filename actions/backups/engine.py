"""What makes a type of system's backups: the protocol behind ``backups.*``, and what it says of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import msgspec

from actions.backups.holding import Hold
from actions.backups.marks import Mark, MarkKind, Marks
from actions.backups.storage.storage import Where
from actions.outcome import ActionFailed
from actions.system_type import load
from actions.transport import NOT_REACHED
from journal.errors import CleoError
from journal.events.types import Finding, Identity

if TYPE_CHECKING:
    from actions.by_hand import ByHand, ByHandFunction, CommandLine
    from actions.context import ActionContext

KEEP_SOUND_SET = "Note which it is: a restore takes the newest set that is sound; keep that one from expiring."
"""The cure where a backup, or the log after it, is damaged or missing."""


class BackupSet(msgspec.Struct, frozen=True, kw_only=True):
    """One backup that can be restored by itself, or that names what it builds upon.

    Attributes:
        label: its name, as a recovery point names it (``backup:LABEL``).
        kind: one of the engine's kinds.
        ended_at: when it ended, in UTC; ``started_at``: when it began.
        size: what it restores, in bytes; 0: not known.
        unusable: why nothing is restored from it, to be read after "backup LABEL"; empty: it can be.
        place: which of several places it lies in, as a person finds it; empty where there is one. A copy has the same
            label and another place.
        covers: the positions it leads from and to, by the form of a position; None: it is not known.
        builds_on: the label of the backup that a restore needs beside it; empty: it needs none.
        consistent_at: the instant that it shows, in UTC; None: it is not known.
    """

    label: str
    kind: str
    ended_at: datetime
    started_at: datetime | None = None
    size: int = 0
    unusable: str = ""
    place: str = ""
    covers: tuple[str, str] | None = None
    builds_on: str = ""
    consistent_at: datetime | None = None

    @property
    def shows(self) -> datetime:
        """An instant of which it is known that what was committed by then is in it."""
        return self.consistent_at or self.started_at or self.ended_at


class BackupList(msgspec.Struct, frozen=True, kw_only=True):
    """What backups there are, as it can be told in seconds: none of them is read.

    Attributes:
        sets: the oldest first.
        whole: no place was left out: a backup that is not listed was not there.
        reach: the first and the last position that the sets and their log lead to, by the form of a position.
        findings: what is wrong with the places and with the log between them; that a set is unusable, the set says.
        archived_until: the last commit that is archived beside the backups, where the engine archives a log.
        log: how far that log reaches, in words; empty: there is none.
        facts: whatever else was measured.
    """

    sets: Sequence[BackupSet] = ()
    whole: bool = True
    reach: Mapping[str, tuple[str, str]] = {}
    findings: Sequence[Finding] = ()
    archived_until: datetime | None = None
    log: str = ""
    facts: Mapping[str, Any] = {}


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What was found when every file of every backup was read.

    Attributes:
        sound: labels of the sets that are whole. A set is sound only where no copy of it is damaged.
        damaged: labels of the others.
        copies: labels of those among the damaged of which another copy is whole.
        findings: what is damaged, each with where it lies.
        facts: whatever else the engine's own restore goes by.
    """

    sound: Sequence[str]
    damaged: Sequence[str]
    copies: Sequence[str] = ()
    findings: Sequence[Finding] = ()
    facts: Mapping[str, Any] = {}


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A new backup.

    Attributes:
        set: what was taken; None in a dry run.
        where: into which of several places, in words that follow "is taken"; empty where there is one.
        manifest: whether it was written beside it what the backup holds, to compare with after a restore.
        findings: what the manifest lacks; what the backup proved to be wrong in the data.
        facts: whatever else was measured.
    """

    set: BackupSet | None
    where: str = ""
    manifest: bool = False
    findings: Sequence[Finding] = ()
    facts: Mapping[str, Any] = {}


class CopySource(msgspec.Struct, frozen=True, kw_only=True):
    """A repository as it is copied to a second place.

    Attributes:
        host: the host that has it, or reaches its bucket; ``where``: how, ``user``: who (empty: our own account).
        proof: the pattern of a file that is there for each backup, with ``{label}`` in it.
        heads: patterns of files that tell of others: they are read first and copied last.
        skip: patterns of files and folders that are no part of a backup.
        called_by_content: patterns of files that are called by their content's SHA-256, where they are called by one.
        remembers: whether a file goes on to be called after a backup that retention removed.
        python: the Python there that has Cleo's modules; empty: the host is this machine.
        owner: whom fetched files are given to, where our account may; empty: who has the folder that they go into.
    """

    host: str
    where: Where
    user: str = ""
    owner: str = ""
    proof: str
    remembers: bool = True
    heads: Sequence[str] = ()
    skip: Sequence[str] = ()
    called_by_content: Sequence[str] = ()
    python: str = ""


@runtime_checkable
class CopiedOffsite(Protocol):
    """An engine whose repository can be copied to a second place, file by file."""

    def copy_source(self, ctx: ActionContext, system: str) -> CopySource | None:
        """Return the folder or the bucket; None: this system's cannot be copied so."""


@runtime_checkable
class Expiring(Protocol):
    """An engine whose old backups are removed by us, and not by its own program as it takes a new one."""

    def expire(self, ctx: ActionContext, system: str) -> Sequence[str]:
        """Remove what has expired, and return its labels; it is done when a second listing agrees.

        Raises:
            ActionFailed: something of it is there all the same.
        """


class BackupEngine(Protocol):
    """Takes, lists, verifies and holds the backups of one type of system.

    ``system`` is the name in the inventory in each method. An effect is announced with ``ctx.effect`` and carried out
    where that says True; programs with effects go through ``ctx.run``. What cannot be done raises
    `actions.outcome.ActionFailed`.
    """

    @property
    def kinds(self) -> Collection[str]:
        """What kinds of backup it takes. ``full``, one that needs no other, is always among them."""

    @property
    def options(self) -> Collection[str]:
        """Which of ``backups.take``'s parameters it understands beside ``kind``."""

    def target(self, ctx: ActionContext, system: str) -> Sequence[Identity]:
        """Return what tells the system and its backups from every other.

        A backup claims, for the incident, the identities called ``data directory`` (what is backed up) and
        ``repository`` (where the backups lie).
        """

    def list(self, ctx: ActionContext, system: str) -> BackupList:
        """Return what backups there are, within seconds. It changes nothing."""

    def verify(self, ctx: ActionContext, system: str) -> Checked:
        """Read every file of every backup, to the end, however long that takes. It is not called in a dry run."""

    def recovered(self, ctx: ActionContext, system: str) -> bool:
        """Whether what the system holds now was recovered, or verified to the end, in this incident."""

    def take(self, ctx: ActionContext, system: str, kind: str, options: Mapping[str, Any]) -> Taken:
        """Take a backup, and write its manifest beside it.

        What stands in the way is said before the effect, in a dry run too.

        Args:
            ctx: the action's context.
            system: the system.
            kind: one of ``kinds``.
            options: values of the parameters among ``options`` that were given.
        """

    def by_hand(self, verb: str, known: ByHand) -> Sequence[CommandLine]:
        """Return the shell commands of ``backups.<verb>``, from the inventory alone; none: no single command does it.

        Args:
            verb: ``verify``, ``take``, ``hold`` or ``release``.
            known: which system is meant, and with which parameters.
        """

    def marks(self, ctx: ActionContext, system: str) -> Marks | None:
        """Return where it is kept when each backup was verified and restored; None: nowhere."""

    def read_hold(self, ctx: ActionContext, system: str) -> Hold:
        """Return for whom the backups are held now. It changes nothing, and needs no backup to be readable."""

    def hold(self, ctx: ActionContext, system: str, found: Hold) -> None:
        """Hold for this incident what is not held for it yet, and leave everybody else's hold as it is.

        What is held for it already is proven to be obeyed. What makes it impossible is said before the first effect.

        Args:
            ctx: the action's context.
            system: the system.
            found: what `read_hold` found.
        """

    def release(self, ctx: ActionContext, system: str, found: Hold) -> None:
        """Give up this incident's hold, and leave everybody else's as it is. Expiry is released before the schedule."""


def find_engine(ctx: ActionContext) -> BackupEngine:
    """Return the engine of the system that the run is aimed at.

    Raises:
        UnknownTarget: the inventory has no such system.
        ActionFailed: its type has no backups.
    """
    type_ = ctx.inventory.type_of(ctx.system)
    if not type_.backups:
        raise ActionFailed(f"{ctx.system} has no backups that this program knows of: {type_.title} has no engine.")
    engine: BackupEngine = load(type_.backups)
    return engine


def leave_mark(ctx: ActionContext, label: str, kind: MarkKind, mark: Mark) -> None:
    """Write down beside a backup of the run's system that it was verified or restored. A failure is said, no more.

    Call it only where an effect was announced.
    """
    try:
        if marks := find_engine(ctx).marks(ctx, ctx.system):
            marks.leave(label, kind, mark)
        else:
            ctx.log(f"That {label} was {kind} is in the journal alone: nothing can be written beside it.")
    except CleoError as error:
        ctx.log(f"It is not written down that {label} was {kind}: {error.message}", "err")


def by_hand(verb: str) -> ByHandFunction:
    """Return what tells the shell commands of ``backups.<verb>``, as the system's engine has them."""

    def tell(known: ByHand) -> Sequence[CommandLine]:
        type_ = known.inventory.type_of(known.system)
        engine: BackupEngine | None = load(type_.backups) if type_.backups else None
        return engine.by_hand(verb, known) if engine else ()

    return tell


def target(ctx: ActionContext) -> Sequence[Identity]:
    """Return what an action on backups is about, as the engine tells it; of a lost host, what the inventory says."""
    engine = find_engine(ctx)
    try:
        return engine.target(ctx, ctx.system)
    except NOT_REACHED as error:
        ctx.log(f"The host of {ctx.system} cannot be asked who it is: {error.message}", "err")
    host = ctx.inventory.systems[ctx.system].host
    return [
        Identity(name="confirm", value=f"{ctx.system}@{host}", known="unknown"),
        Identity(name="host", value=host, known="unknown"),
    ]
