"""Plays one simulated action: prints its lines over its duration, reports progress, and ends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

import msgspec

from actions.context import ActionContext, Progress
from actions.outcome import ActionFailed, Cancelled, Cure, Finding, GateClosed, Outcome
from actions.tabletop.clock import TableClock
from actions.tabletop.script import Act
from actions.tabletop.values import render
from journal.exercise.script import MAKES

_LOOKS = 20
"""How often, at least, an action shows how far it is."""


def perform(ctx: ActionContext, act: Act, known: Mapping[str, Any], clock: TableClock) -> Outcome:
    """Play ``act``.

    Args:
        ctx: the run.
        act: what happens.
        known: what its texts may name.
        clock: the exercise's.

    Raises:
        ActionFailed: the act says so.
        GateClosed: the act finds a gate closed that nobody has overridden.
        Cancelled: somebody asked for it.
    """
    effect = render(act.effect or act.summary, known)
    if act.has_effect and not ctx.effect(f"{effect} (simulated)"):
        return Outcome(ok=True, summary=f"would {effect}")
    try:
        _play(ctx, act, known, clock)
    except Cancelled as stop:
        raise Cancelled(render(act.half_done, known) or "Nothing was changed.") from stop
    return _end(act, known)


def _play(ctx: ActionContext, act: Act, known: Mapping[str, Any], clock: TableClock) -> None:
    """Let the time pass, with the lines where they belong in it."""
    step = act.seconds / max(len(act.lines) + 1, _LOOKS)
    passed, said = 0.0, 0
    while passed < act.seconds:
        ctx.check_cancelled()
        clock.sleep(step, lambda: not ctx.cancelled)
        passed += step
        due = int(len(act.lines) * passed / act.seconds)
        for line in act.lines[said:due]:
            _print(ctx, render(line, known))
        said = max(said, due)
        ctx.progress(_progress(act, min(passed, act.seconds)))
    ctx.check_cancelled()
    for line in act.lines[said:]:
        _print(ctx, render(line, known))


def _print(ctx: ActionContext, line: str) -> None:
    ctx.log(line.removeprefix("! "), "err" if line.startswith("! ") else "out")


def _progress(act: Act, passed: float) -> Progress:
    fraction, eta_s = passed / act.seconds, act.seconds - passed
    if not act.mb:
        return Progress(fraction=fraction, eta_s=eta_s)
    rate = act.mb * 1e6 / act.seconds
    text = f"{fraction * act.mb:,.0f} of {act.mb:,.0f} MB, {rate / 1e6:.1f} MB/s"
    return Progress(fraction=fraction, eta_s=eta_s, rate=rate, text=text)


def _end(act: Act, known: Mapping[str, Any]) -> Outcome:
    summary = render(act.summary, known)
    if act.gate:
        yields, hint = cast(Literal["never", "reason"], act.yields), render(act.hint, known)
        raise GateClosed(act.gate, summary, hint, yields=yields, cures=_cures(act, known))
    facts = {name: _rendered(value, known) for name, value in act.facts.items()}
    if act.makes:
        facts[MAKES] = {name: render(value, known) for name, value in act.makes.items()}
    cures = _cures(act, known)
    if not act.ok and not act.findings:
        left_behind = render(act.left_behind, known)
        raise ActionFailed(summary, render(act.hint, known), left_behind=left_behind, facts=facts, cures=cures)
    return Outcome(
        ok=act.ok,
        summary=summary,
        facts=facts,
        findings=[_found(finding, known) for finding in act.findings],
        cures=cures,
        partial=render(act.partial, known),
        examined=list(act.examined),
        settles=list(act.settles),
    )


def _cures(act: Act, known: Mapping[str, Any]) -> list[Cure]:
    return [msgspec.structs.replace(cure, words=render(cure.words, known)) for cure in act.cures]


def _rendered(value: object, known: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: _rendered(part, known) for name, part in value.items()}
    if isinstance(value, list):
        return [_rendered(part, known) for part in value]
    return render(value, known) if isinstance(value, str) else value


def _found(finding: Finding, known: Mapping[str, Any]) -> Finding:
    return msgspec.structs.replace(
        finding, about=render(finding.about, known), text=render(finding.text, known), cure=render(finding.cure, known)
    )
