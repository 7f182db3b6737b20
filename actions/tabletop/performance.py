"""Plays one simulated action: prints its lines over its duration, reports progress, and ends it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Literal, cast

import msgspec

from actions.context import ActionContext, Progress
from actions.outcome import ActionFailed, Cancelled, Finding, GateClosed, Outcome
from actions.tabletop.script import Act
from actions.tabletop.values import render

MAKES = "simulated"
"""The fact under which a run's end carries what it changed in the simulated world: the journal holds that world."""
_TICK_S = 0.5


def perform(ctx: ActionContext, act: Act, known: Mapping[str, Any], speed: float) -> Outcome:
    """Play ``act``.

    Args:
        ctx: the run.
        act: what happens.
        known: what its texts may name.
        speed: how many times faster than life.

    Raises:
        ActionFailed: the act says so.
        GateClosed: the act finds a gate closed that nobody has overridden.
        Cancelled: somebody asked for it.
    """
    effect = render(act.effect or act.summary, known)
    if act.has_effect and not ctx.effect(f"{effect} (simulated)"):
        return Outcome(ok=True, summary=f"would {effect}")
    try:
        _play(ctx, act, known, act.seconds / speed)
    except Cancelled as stop:
        raise Cancelled(render(act.half_done, known) or "Nothing was changed.") from stop
    return _end(act, known)


def _play(ctx: ActionContext, act: Act, known: Mapping[str, Any], seconds: float) -> None:
    """Let the time pass, with the lines where they belong in it."""
    clock, passed, said = threading.Event(), 0.0, 0
    while True:
        due = len(act.lines) if passed >= seconds else int(len(act.lines) * passed / seconds)
        for line in act.lines[said:due]:
            _print(ctx, render(line, known))
        said = due
        if passed >= seconds:
            break
        ctx.check_cancelled()
        step = min(_TICK_S, seconds - passed, seconds / (len(act.lines) + 1))
        clock.wait(step)
        passed += step
        ctx.progress(_progress(act, passed, seconds))
    ctx.check_cancelled()


def _print(ctx: ActionContext, line: str) -> None:
    ctx.log(line.removeprefix("! "), "err" if line.startswith("! ") else "out")


def _progress(act: Act, passed: float, seconds: float) -> Progress:
    fraction = min(1.0, passed / seconds)
    eta_s = max(0.0, seconds - passed)
    if not act.mb:
        return Progress(fraction=fraction, eta_s=eta_s)
    rate = act.mb * 1e6 / seconds
    text = f"{fraction * act.mb:,.0f} of {act.mb:,.0f} MB, {rate / 1e6:.1f} MB/s"
    return Progress(fraction=fraction, eta_s=eta_s, rate=rate, text=text)


def _end(act: Act, known: Mapping[str, Any]) -> Outcome:
    summary = render(act.summary, known)
    if act.gate:
        raise GateClosed(act.gate, summary, act.hint, yields=cast(Literal["never", "reason"], act.yields))
    facts = {name: render(value, known) if isinstance(value, str) else value for name, value in act.facts.items()}
    if act.makes:
        facts[MAKES] = {name: render(value, known) for name, value in act.makes.items()}  # type: ignore[assignment]
    if act.ok:
        found = [_found(finding, known) for finding in act.findings]
        return Outcome(ok=True, summary=summary, facts=facts, findings=found, partial=render(act.partial, known))
    raise ActionFailed(summary, render(act.hint, known), left_behind=render(act.left_behind, known), facts=facts)


def _found(finding: Finding, known: Mapping[str, Any]) -> Finding:
    return msgspec.structs.replace(
        finding, about=render(finding.about, known), text=render(finding.text, known), cure=render(finding.cure, known)
    )
