"""The programs of a plan's own commands: there, to be run, and the ones that the plan was tested with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from actions.command_step import argv_of
from actions.context import ActionContext
from actions.machine.machine import Machine, last_words
from actions.pinned import drifted_there
from actions.readiness.plan import about_pin
from journal.plan.model import Step
from journal.plan.pinned import pins
from journal.readiness.finding import ReadyFinding

_LOOK = 'at=$(command -v -- "$1") || exit 44; [ -x "$at" ] || exit 44; sha256sum -- "$at"'
_MISSING = 44
_SHORT = 12


def look_at_command(ctx: ActionContext, step: Step) -> Iterator[ReadyFinding]:
    """Yield what is at the program of a command step, on its host.

    Raises:
        CleoError: nobody can look.
    """
    yield from _pinned(ctx, step)
    program, host = argv_of(step)[0], step.host or "local"
    about, steps = about_command(step), [step.id]
    done = Machine(ctx, host).query(["sh", "-c", _LOOK, "sh", program])
    if done.code == _MISSING:
        cure = f"Put it back on {host}, to be run by our account."
        yield ReadyFinding(about=about, state="wrong", words="it is not there to be run", cure=cure, steps=steps)
        return
    now = done.out.split()[0].lstrip("\\") if done.code == 0 and done.out else ""
    if not now:
        words = f"it cannot be read: {last_words(done)}"
        yield ReadyFinding(about=about, state="not measured", words=words, steps=steps)
    elif not step.sha256:
        words = "the plan does not say which one it was tested with"
        cure = f"Try it, then write sha256: {now} at the step {step.id}."
        yield ReadyFinding(about=about, state="not measured", words=words, cure=cure, steps=steps, stops=False)
    elif now != step.sha256.lower():
        words = f"it is another one ({now[:_SHORT]}…) than the plan was tested with ({step.sha256[:_SHORT]}…)"
        cure = f"Look what was changed and by whom, try it, then write sha256: {now} at the step {step.id}."
        yield ReadyFinding(about=about, state="wrong", words=words, cure=cure, steps=steps, stops=False)
    else:
        yield ReadyFinding(about=about, state="ok", words="it is the one that the plan was tested with", steps=steps)


def _pinned(ctx: ActionContext, step: Step) -> Iterator[ReadyFinding]:
    """Yield how the scripts on its host are that a command names beside its program; the plan's look has those here."""
    for pin in pins(step, Path()):
        if pin.host and pin.field != ("sha256",):
            yield about_pin(step.id, pin, drifted_there(pin, Machine(ctx, pin.host).query))


def about_command(step: Step) -> str:
    """Return what a look at a command step's program is called; the step, where its command has no words."""
    try:
        program, *_ = argv_of(step)
    except ValueError:
        return f"command {step.id}"
    return f"{program} on {step.host or 'local'}"
