"""``toy.restore``: the newest sound copy that leads to the recovery point; the old data is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from actions.action import action
from actions.backups.hold import is_held_for_us
from actions.context import ActionContext
from actions.gate import Closed
from actions.outcome import ActionFailed, GateClosed, Outcome
from cleo_toy.toy import Toy, find_toy, identity
from cleo_toy.writers import kept_out
from journal.incident.recovery_point import RecoveryPoint


def is_down(ctx: ActionContext) -> Closed | None:
    """A gate: nobody serves the folder."""
    pid = find_toy(ctx).look()["pid"]
    return Closed("down", f"It runs (pid {pid}): a restore under it is lost.", opens="toy.stop") if pid else None


@action(
    "toy.restore",
    script="toy_restore.sh",
    destructive=True,
    probe="toy.is_restored",
    resumable=True,
    gates=("recovery-point", "strategy", "smallest-cure"),
    live={"down": is_down, "hold": is_held_for_us, "one-writer": kept_out},
    touches=("data directory",),
    undone_by="toy.allow_writers",
    target=identity,
    params={"backup": "restore this copy, by its label"},
)
def restore(ctx: ActionContext, *, backup: str = "") -> Outcome:
    """Restore the store from a copy.

    Needs: it down and read-only, backups held, a recovery point.

    Leaves: the copy in the data's place, and the old data as `kept-<incident>`.

    Killed half way: the data is the old, is missing, or is the copy, each whole; run it again.
    """
    toy = find_toy(ctx)
    chosen = _choose(toy, backup)
    label, kept = chosen["label"], f"kept-{ctx.incident.id}"
    if toy.look()["data"] != "missing" and ctx.effect(f"keep the data as {kept}"):
        toy.run("keep", "keep", kept)
    if not ctx.effect(f"put copy {label} in the data's place"):
        return Outcome(ok=True, summary=f"would restore copy {label}")
    toy.run("restore", "restore", f"{toy.settings.copies}/{label}.json", ctx.incident.id)
    facts = {"backup": label, "recovered_to": chosen["newest"]} if chosen["newest"] else {"backup": label}
    return Outcome(ok=True, summary=f"Copy {label} is restored. Start the store next.", facts=facts)


@action("toy.is_restored", target=identity)
def is_restored(ctx: ActionContext) -> Outcome:
    """Tell from which copy the data is, and whether it is whole.

    Needs: its host.
    """
    toy = find_toy(ctx)
    seen = toy.look()
    origin = seen.get("restored_from")
    words = f"is restored from copy {origin}" if origin else "was not restored"
    return Outcome(
        ok=bool(origin), summary=f"{toy.name} {words}; its data is {seen['data']}.", facts={"backup": origin}
    )


def _choose(toy: Toy, backup: str) -> dict[str, Any]:
    """Return the newest sound copy that the recovery point allows.

    Raises:
        ActionFailed: there is none.
        GateClosed: the recovery point says nothing of this store.
    """
    decided = toy.ctx.incident.recovery_point or RecoveryPoint(latest=True)
    point = decided.of(toy.name)
    if point is None:
        raise GateClosed("recovery-point", f"The recovery point says nothing of {toy.name}.", yields="never")
    sound = [copy for copy in toy.copies() if not copy["error"]]
    fitting = [copy for copy in sound if _fits(copy, point) and backup in ("", copy["label"])]
    if not fitting:
        raise ActionFailed(f"No sound copy of {toy.name} leads to {backup or point}.", "Choose another recovery point.")
    return fitting[-1]


def _fits(copy: dict[str, Any], point: RecoveryPoint) -> bool:
    if point.instant:
        return datetime.fromisoformat(copy["ended"]) <= point.instant
    if point.kind == "serial":
        return int(copy["serial"]) <= int(point.value)
    return point.latest or bool(copy["label"] == point.value)
