"""``command`` steps: a plan's own program, run through a transport. No shell, unless the plan asks for one."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from actions.action import Action
from actions.outcome import Outcome
from actions.pinned import GATE, pinned_gate
from journal.events.types import Identity
from journal.plan.action_spec import ActionSpec
from journal.plan.model import Step

if TYPE_CHECKING:
    from actions.context import ActionContext

COMMAND = "command"
"""The action's name in the journal; which command it was, the step and its program say."""


def argv_of(step: Step) -> list[str]:
    """Return the program and arguments of a command step."""
    if isinstance(step.command, str):
        return ["/bin/sh", "-c", step.command] if step.shell else shlex.split(step.command)
    return list(step.command)


def command_action(step: Step, plan_folder: Path | None) -> Action:
    """Return the action that runs a command step; scripts that it is pinned to are looked at before it does.

    It is resumable: all it does is follow one program, which a new runner can do as well.

    Args:
        step: the step.
        plan_folder: where the plan lay as the incident was declared; None where the program was started already: it is
            followed to its end, whatever became of its script meanwhile.
    """
    argv, host = argv_of(step), step.host or "local"

    def run(ctx: ActionContext) -> Outcome:
        line = shlex.join(argv)
        if not ctx.effect(f"run on {host}: {line}"):
            return Outcome(ok=True, summary=f"would run on {host}: {line}")
        done = ctx.run("command", host, argv)
        return Outcome(ok=done.code == 0, summary=f"{argv[0]} {done.ending}")

    def target(ctx: ActionContext) -> Sequence[Identity]:
        return [
            Identity(name=key, value=value, known="reported")
            for key, value in ctx.transport(host).host_identity().items()
        ]

    spec = ActionSpec(name=COMMAND, title=step.title, system=step.system, destructive=step.destructive, resumable=True)
    live = {GATE: pinned_gate(step, plan_folder)} if plan_folder and (step.sha256 or step.pinned) else {}
    return Action(spec, run, target, live)
