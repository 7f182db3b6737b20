"""The toy's copies, behind the protocol that all backups have: each is whole, nothing is taken by schedule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from actions.backups.engine import BackupEngine, BackupList, BackupSet, Checked, Taken
from actions.backups.hold_file import part_of, with_holder, without_holder
from actions.backups.holding import Hold
from actions.backups.marks import FolderMarks, Marks
from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext
from actions.transport import FileMissing
from cleo_toy.settings import ToySettings
from cleo_toy.toy import Toy, identity_of
from journal.events.types import Finding, Identity


class ToyCopies:
    """Takes, lists, verifies and holds a toy store's copies."""

    kinds = ("full",)
    options = ()

    def target(self, ctx: ActionContext, system: str) -> Sequence[Identity]:
        """Return what tells the store and its copies from every other."""
        return identity_of(Toy(ctx, system))

    def list(self, ctx: ActionContext, system: str) -> BackupList:
        """Return the copies; those that are damaged are unusable."""
        copies = Toy(ctx, system).copies()
        damaged = [copy["label"] for copy in copies if copy["error"]]
        findings = [Finding(severity="wrong", about="", text=f"copy {label} is damaged") for label in damaged]
        return BackupList(sets=[_set(copy) for copy in copies if not copy["error"]], findings=findings)

    def verify(self, ctx: ActionContext, system: str) -> Checked:
        """Read every copy."""
        copies = Toy(ctx, system).copies(timeout_s=600)
        damaged = [copy["label"] for copy in copies if copy["error"]]
        return Checked(sound=[copy["label"] for copy in copies if not copy["error"]], damaged=damaged)

    def recovered(self, ctx: ActionContext, system: str) -> bool:
        """Whether the data was restored in this incident."""
        return bool(Toy(ctx, system).look().get("restored_by") == ctx.incident.id)

    def take(self, ctx: ActionContext, system: str, kind: str, options: Mapping[str, Any]) -> Taken:
        """Copy the data."""
        toy = Toy(ctx, system)
        if not ctx.effect(f"copy the data of {system}"):
            return Taken(set=None)
        label = toy.run("copy", "copy", toy.settings.copies).out.strip()
        return Taken(set=next(_set(copy) for copy in toy.copies() if copy["label"] == label))

    def marks(self, ctx: ActionContext, system: str) -> Marks | None:
        """Return the folder beside the copies, which is there once there is a copy."""
        toy = Toy(ctx, system)
        return FolderMarks(ctx, toy.settings.host, f"{toy.settings.copies}/marks", between=".")

    def read_hold(self, ctx: ActionContext, system: str) -> Hold:
        """Return what the hold file says: while it is there, no copy is removed."""
        return Hold(schedule=None, expiry=part_of(_read(Toy(ctx, system)), system))

    def by_hand(self, verb: str, known: ByHand) -> Sequence[CommandLine]:
        """Return what takes a hold away; the rest is done without a program."""
        settings = known.settings(ToySettings)
        if verb != "release":
            return []
        return [CommandLine(argv=["rm", "-f", f"{settings.copies}/held"], host=settings.host)]

    def hold(self, ctx: ActionContext, system: str, found: Hold) -> None:
        """Write this incident into the hold file."""
        toy, me = Toy(ctx, system), ctx.incident.id
        if not found.stands_for(me) and ctx.effect(f"write {_file(toy)}: while it is there, no copy is removed"):
            _write(toy, with_holder(_read(toy), me, system))

    def release(self, ctx: ActionContext, system: str, found: Hold) -> None:
        """Take this incident out of the hold file."""
        toy, me = Toy(ctx, system), ctx.incident.id
        if found.stands_for(me) and ctx.effect(f"give up this incident's hold in {_file(toy)}"):
            if left := without_holder(_read(toy) or "", me, system):
                _write(toy, left)
            else:
                ctx.run("release", toy.settings.host, ["rm", "-f", _file(toy)])


def _set(copy: Mapping[str, Any]) -> BackupSet:
    return BackupSet(label=copy["label"], kind="full", ended_at=datetime.fromisoformat(copy["ended"]))


def _file(toy: Toy) -> str:
    return f"{toy.settings.copies}/held"


def _read(toy: Toy) -> str | None:
    try:
        return toy.ctx.transport(toy.settings.host).read_file(_file(toy)).decode()
    except FileMissing:
        return None


def _write(toy: Toy, text: str) -> None:
    toy.ctx.transport(toy.settings.host).write_file(_file(toy), text.encode(), mode=0o644)


ENGINE: BackupEngine = ToyCopies()
