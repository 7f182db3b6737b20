"""The summary: sentences made from the evidence."""

from __future__ import annotations

from collections import Counter

from journal.events.types import Kind
from journal.report import evidence as ev
from journal.report import model as m
from journal.report.results import RpoResult, RtoResult
from journal.report.times import Times
from journal.wording.counting import count
from journal.wording.durations import exact_duration

KINDS = {
    Kind.REAL: "a real incident",
    Kind.DRILL: "a drill on real systems",
    Kind.LAB: "a lab exercise on systems made for it",
    Kind.TABLETOP: "a tabletop exercise; no system was touched",
}


def sentences(
    header: m.Header,
    times: list[m.KeyTime],
    rto: list[RtoResult],
    rpo: list[RpoResult],
    runs: list[ev.ActionRun],
    deviations: list[ev.DeviationEntry],
    say: Times,
) -> list[str]:
    """Return sentences on what happened, how long it took, the objectives, the runs and the deviations."""
    at = {time.name: time for time in times}
    return [
        f"{header.title}: {header.scenario_title}, severity {header.severity}. This was {KINDS[Kind(header.kind)]}.",
        _beginning(at, header.declared_by, say),
        _end(at, header.outcome, say),
        *(_rto(result) for result in rto),
        *(_rpo(result) for result in rpo),
        _runs(runs),
        _deviations(deviations),
    ]


def story(header: m.Header, times: list[m.KeyTime], choices: list[m.Choice], say: Times) -> list[str]:
    """Return sentences on what happened: beginning, end, and what was decided; that tells not what was done."""
    at = {time.name: time for time in times}
    chosen = [choice.answer_title for choice in choices if choice.answer]
    decided = [f"Decided for the recovery: {'; '.join(chosen)}."] if chosen else []
    return [_beginning(at, header.declared_by, say), _end(at, header.outcome, say), *decided]


def _beginning(at: dict[str, m.KeyTime], declared_by: str, say: Times) -> str:
    discovered, declared = at["t_discovered"].offset_s or 0.0, at["t_declared"].offset_s or 0.0
    return (
        f"The disruption began at {say.instant(at['t_disruption'].at)}, was discovered "
        f"after {exact_duration(discovered)} and declared after {exact_duration(declared)} by {declared_by}."
    )


def _end(at: dict[str, m.KeyTime], outcome: str, say: Times) -> str:
    closed = at["t_closed"]
    if closed.offset_s is None:
        return "The incident is still open."
    return (
        f"It was closed at {say.instant(closed.at)}, {exact_duration(closed.offset_s)} after the disruption: {outcome}."
    )


def _rto(result: RtoResult) -> str:
    against = f"RTO of {result.title} ({exact_duration(result.target_s)}): {result.verdict}"
    if result.achieved_s is not None:
        against += f", validated after {exact_duration(result.achieved_s)}"
    return against + (f"; {result.remark}." if result.remark else ".")


def _rpo(result: RpoResult) -> str:
    against = f"RPO of {result.title} ({exact_duration(result.target_s)}): {result.verdict}"
    lost = f", {result.lost} of data lost" if result.lost else ""
    return against + lost + (f"; {result.remark}." if result.remark else ".")


def _runs(runs: list[ev.ActionRun]) -> str:
    counting = [run for run in runs if run.kind == "run"]
    if not counting:
        return "No action was run."
    states = Counter(run.state for run in counting)
    listed = ", ".join(f"{number} {state}" for state, number in states.items())
    return f"{count(len(counting), 'action')} asked for: {listed}."


def _deviations(deviations: list[ev.DeviationEntry]) -> str:
    if not deviations:
        return "There was no deviation from the plan."
    kinds = Counter(deviation.what for deviation in deviations)
    listed = ", ".join(f"{number} {what}" for what, number in kinds.items())
    return f"{count(len(deviations), 'deviation')} from the plan: {listed}."
