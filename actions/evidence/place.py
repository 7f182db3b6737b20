"""Where the evidence of one system lies, and what is written down of it beside the journal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from actions.context import ActionContext
from actions.kept_record import keep_record, load_record
from actions.machine.machine import Machine
from actions.outcome import ActionFailed
from actions.settings import EvidenceSettings
from journal.events.types import Identity


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One copy of a system's evidence.

    Attributes:
        host, folder: where it lies.
        manifest: the SHA-256 of its manifest, which has that of every file.
        files: how many there are.
    """

    host: str
    folder: str
    manifest: str
    files: int


class KeptEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """Every copy that was made of a system in this incident."""

    copies: list[Kept] = []


def settings_of(ctx: ActionContext) -> EvidenceSettings:
    """Return where evidence is kept.

    Raises:
        ActionFailed: the inventory does not say.
    """
    if ctx.inventory.evidence is None:
        raise ActionFailed(
            f"The inventory {ctx.inventory.name} does not say where evidence is kept: nothing was copied.",
            "Add evidence: with a folder. Or copy it by hand (y shows how), and note the digests.",
        )
    return ctx.inventory.evidence


def machine_of(ctx: ActionContext, host: str) -> Machine:
    """Return the host with the account that copies there."""
    return Machine(ctx, host, settings_of(ctx).run_as)


def new_folder(ctx: ActionContext, machine: Machine) -> str:
    """Return the path of the next copy: an earlier one stays as it is, also one that was not finished."""
    base, number = f"{settings_of(ctx).folder.rstrip('/')}/{ctx.incident.id}/{ctx.system}", 1
    while machine.exists(f"{base}-{number}") or machine.exists(f"{base}-{number}.part"):
        number += 1
    return f"{base}-{number}"


def kept_evidence(ctx: ActionContext) -> Sequence[Kept]:
    """Return the copies that this incident made of the run's system.

    Raises:
        ActionFailed: that cannot be read.
    """
    found = load_record(_path(ctx), KeptEvidence, hint="The journal has the digests: compare by hand.")
    return found.copies if found else []


def keep(ctx: ActionContext, kept: Kept) -> None:
    """Write down a copy that was made.

    Raises:
        ActionFailed: the disk does not take it.
    """
    keep_record(_path(ctx), KeptEvidence(copies=[*kept_evidence(ctx), kept]))


def _path(ctx: ActionContext) -> Path:
    return ctx.files / f"evidence-{ctx.system}.json"


def target(ctx: ActionContext) -> Sequence[Identity]:
    """Return what is copied, and where to."""
    settings = ctx.inventory.systems[ctx.system]
    folder = ctx.inventory.evidence.folder if ctx.inventory.evidence else "unknown"
    return [
        Identity(name="confirm", value=ctx.system, known="reported"),
        Identity(name="host", value=settings.host or "unknown", known="reported"),
        Identity(name="evidence", value=f"{settings.host}:{folder}/{ctx.incident.id}/{ctx.system}", known="reported"),
    ]
