"""A type of system whose backups are kept in this process: what ``backups.*`` does with an engine, without a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from actions.backups.engine import BackupList, BackupSet, Checked, CopySource, Taken
from actions.backups.hold_file import part_of, with_holder, without_holder
from actions.backups.holding import Hold, HoldPart
from actions.backups.marks import Mark, Marked, MarkKind, Marks
from actions.context import ActionContext
from actions.inventory import Inventory
from actions.settings import SystemSettings
from actions.system_type import SystemType
from journal.events.types import Finding, Identity, Kind

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class CrateSettings(SystemSettings, frozen=True, kw_only=True, tag="crate", tag_field="type"):
    """Nothing more than every system says."""


@dataclass
class CrateEngine:
    """Backups that are entries of a list; scheduled ones wait for a hold file that is a text. Nothing expires."""

    sets: list[BackupSet] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    hold_text: str | None = None
    scheduled: str = ""
    was_recovered: bool = False
    new_set: str = ""
    marked: dict[str, Marked] = field(default_factory=dict)
    copied: CopySource | None = None
    kinds: Sequence[str] = ("full",)
    options: Sequence[str] = ()

    def target(self, ctx: ActionContext, system: str) -> Sequence[Identity]:
        return [Identity(name="confirm", value=system, known="reported")]

    def list(self, ctx: ActionContext, system: str) -> BackupList:
        return BackupList(sets=self.sets, findings=self.findings)

    def verify(self, ctx: ActionContext, system: str) -> Checked:
        assert not ctx.dry_run
        found = [Finding(severity="wrong", about="", text=f"backup {label} is damaged") for label in self.damaged]
        sound = [each.label for each in self.sets if each.label not in self.damaged]
        return Checked(sound=sound, damaged=self.damaged, findings=found, facts={"crates": len(self.sets)})

    def recovered(self, ctx: ActionContext, system: str) -> bool:
        return self.was_recovered

    def take(self, ctx: ActionContext, system: str, kind: str, options: Mapping[str, Any]) -> Taken:
        if not ctx.effect(f"take a {kind} backup"):
            return Taken(set=None)
        taken = BackupSet(label=f"crate-{len(self.sets)}", kind=kind, ended_at=NOON, size=7, unusable=self.new_set)
        self.sets.append(taken)
        return Taken(set=taken)

    def copy_source(self, ctx: ActionContext, system: str) -> CopySource | None:
        return self.copied

    def marks(self, ctx: ActionContext, system: str) -> Marks | None:
        return self

    def read(self) -> Mapping[str, Marked]:
        return self.marked

    def leave(self, label: str, kind: MarkKind, mark: Mark) -> None:
        self.marked[label] = replace(self.marked.get(label, Marked()), **{kind: mark})

    def read_hold(self, ctx: ActionContext, system: str) -> Hold:
        held = part_of(self.hold_text, system)
        return Hold(schedule=HoldPart(cannot=self.scheduled) if self.scheduled else held, expiry=None)

    def hold(self, ctx: ActionContext, system: str, found: Hold) -> None:
        me = ctx.incident.id
        if not self.scheduled and me not in found.parts[0].incidents and ctx.effect("write the hold"):
            self.hold_text = with_holder(self.hold_text, me, system)

    def release(self, ctx: ActionContext, system: str, found: Hold) -> None:
        if ctx.incident.id in found.parts[0].incidents and ctx.effect("take the hold away"):
            self.hold_text = without_holder(self.hold_text or "", ctx.incident.id, system) or None


ENGINE = CrateEngine()
"""The one that the type's declaration names; each test starts it afresh."""

CRATE = SystemType(
    name="crate",
    title="Crate",
    settings=f"{__name__}:CrateSettings",
    probe=f"{__name__}:probe",
    backups=f"{__name__}:ENGINE",
    roles={"verify": "crate.count"},
)
BARE = SystemType(name="crate", title="Crate", settings=f"{__name__}:CrateSettings", probe=f"{__name__}:probe")


class Crates(Inventory, frozen=True, kw_only=True):
    """An inventory whose systems are crates; ``bare`` is of a type without backups."""

    def type_of(self, name: str) -> SystemType:
        super_found = self.systems[name]
        return BARE if super_found.title == "bare" else CRATE


def crates() -> Crates:
    """Return an inventory of two crates, and of one that has no backups."""
    systems: dict[str, SystemSettings] = {
        "left": CrateSettings(),
        "right": CrateSettings(),
        "bare": CrateSettings(title="bare"),
    }
    return Crates(name="crates", allows=[Kind.LAB], systems=systems)
