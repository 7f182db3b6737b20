"""The scripts that a plan was tested with, on their hosts: their digests now, and the gate that holds a changed one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from actions.gate import Closed, LiveGate
from journal.plan.model import Step
from journal.plan.pinned import Drift, Pin, drifted, pins

if TYPE_CHECKING:
    from actions.context import ActionContext
    from actions.transport import Completed

GATE = "pinned"
_LOOK_S = 30.0


class Asks(Protocol):
    """Runs a short program that only reads, on one host; there may be no answer."""

    def __call__(self, argv: Sequence[str]) -> Completed:
        """Run it."""


def pinned_gate(step: Step, plan_folder: Path) -> LiveGate:
    """Return the gate of a step's command: what it runs is what the plan was tested with, now.

    Args:
        step: the step.
        plan_folder: where the plan lay as the incident was declared.
    """

    def closed(ctx: ActionContext) -> Closed | None:
        changed = [one.words for pin in pins(step, plan_folder) if (one := _drift(ctx, pin))]
        if not changed:
            return None
        message = f"{'; '.join(changed)}. Look at what was changed and by whom, or have it put back, before it runs."
        return Closed(GATE, message, "reason")

    return closed


def _drift(ctx: ActionContext, pin: Pin) -> Drift | None:
    if not pin.host:
        return drifted(pin)
    return drifted_there(pin, lambda argv: ctx.query(pin.host, argv, timeout_s=_LOOK_S))


def drifted_there(pin: Pin, ask: Asks) -> Drift | None:
    """Return how a script on another host drifted, as far as that can be told; None where it is the pinned one.

    Raises:
        CleoError: the host gives no answer.
    """
    done = ask(["sha256sum", "--", pin.script])
    now = dict(_digests(done.out)).get(pin.script, "")
    if not now:
        why = done.err.strip().splitlines()[-1:] or [done.ending]
        return Drift(pin.unread(why[0]), known=False)
    words = pin.drift(now)
    return Drift(words, known=True) if words else None


def digests_there(files: Sequence[str], ask: Asks) -> Mapping[str, str]:
    """Return the digests of those files of a host that are there and can be read.

    Raises:
        CleoError: the host gives no answer.
    """
    return dict(_digests(ask(["sha256sum", "--", *files]).out))


def _digests(printed: str) -> Iterator[tuple[str, str]]:
    """Yield path and digest from what ``sha256sum`` printed; names that it has to escape are left out."""
    for line in printed.splitlines():
        sha256, _, name = line.partition("  ")
        if name and not sha256.startswith("\\"):
            yield name, sha256
