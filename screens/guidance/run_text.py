"""What is said of a run: how it stands or ended, which gate refused it, what it found and left, and its target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from journal.events.types import Cure, Identity
from journal.incident.records import Refusal, Run, RunState
from journal.wording.counting import count
from journal.wording.sanitize import sanitize, sanitize_lines
from screens.guidance.text import Line, Span, Tone, labelled, line

NEVER_YIELDS = "This gate never yields: do what it asks for, then run the step again."
_YIELDS = {
    "reason": "v: go on anyway, with a reason",
    "reason and target": "v: go on anyway, with a reason and the target typed",
}
_STATES: dict[RunState, tuple[str, Tone]] = {
    RunState.REQUESTED: ("asked for; the runner has not begun", "quiet"),
    RunState.RUNNING: ("running", "busy"),
    RunState.CANCELLING: ("cancelling", "urgent"),
    RunState.SUCCEEDED: ("done", "done"),
    RunState.FAILED: ("FAILED", "bad"),
    RunState.CANCELLED: ("cancelled", "urgent"),
    RunState.REFUSED: ("REFUSED", "bad"),
    RunState.IN_DOUBT: ("IN DOUBT", "bad"),
}
_SEVERITIES: dict[str, Tone] = {"wrong": "bad", "warning": "warn"}


class Standing(NamedTuple):
    """How a run stands.

    Attributes:
        what: the run: its action, or that it is a dry run or a probe.
        word: its state, in a word or two.
        tone: of the word.
        why: its result, why it was refused, or why it is in doubt; empty where nobody said.
    """

    what: str
    word: str
    tone: Tone
    why: str


def standing(run: Run) -> Standing:
    """Return how a run stands, with its result or why it was refused."""
    word, tone = _STATES[run.state]
    if run.state is RunState.SUCCEEDED and (run.partial or run.warnings):
        word, tone = f"{run.partial or 'done'}, {count(len(run.warnings), 'finding')}", "urgent"
    what = "dry run (changes nothing)" if run.dry_run else "probe (read-only)" if run.probe_of else sanitize(run.action)
    why = run.refusal.message if run.refusal else run.in_doubt or run.summary
    return Standing(what, word, tone, sanitize(_without_cures(run, why)))


def _without_cures(run: Run, text: str) -> str:
    """Return what was said of a run without the lines that its cures say, which are shown for themselves."""
    cures = {cure.words for cure in run.cures}
    return "\n".join(line for line in text.splitlines() if line.strip() not in cures)


def may_yield(refusal: Refusal) -> bool:
    """Return whether the gate that refused a run yields to a person's word."""
    return refusal.yields in _YIELDS


def wants_target(refusal: Refusal) -> bool:
    """Return whether the gate that refused a run wants the target typed as well as a reason."""
    return refusal.yields == "reason and target"


def refusal_lines(run: Run, *, why: bool = True) -> list[Line]:
    """Return which gate refused a run, and whether it yields; with ``why``, what it said. Nothing where none did."""
    if run.refusal is None:
        return []
    refused = f"{'dry run refused' if run.dry_run else 'REFUSED'} at {run.refusal.at:%H:%M:%S} UTC"
    by_gate = Span(f"{refused} by gate {sanitize(run.refusal.gate)}{': ' if why else ''}", "bad")
    return [
        line(by_gate, sanitize(_without_cures(run, run.refusal.message)) if why else "", symbol="✗"),
        line(Span(f"  {_YIELDS.get(run.refusal.yields, NEVER_YIELDS)}", "warn")),
    ]


def run_lines(run: Run) -> list[Line]:
    """Return how a run ended or why it is in doubt, and what it found and left."""
    lines = [line(Span("in doubt: ", "bad"), sanitize(run.in_doubt), symbol="!")] if run.in_doubt else []
    lines += _program(run) if not run.verdict else []
    return [*lines, *_result(run), *remains(run)]


def _result(run: Run) -> Iterable[Line]:
    """Yield its result; where it failed, the lines after the first say what helps, as far as no cure says it."""
    tone: Tone = "bad" if run.state is RunState.FAILED else "warn" if run.state is RunState.CANCELLED else "strong"
    said, *helps = sanitize_lines(_without_cures(run, run.summary)).splitlines() or [""]
    if said:
        yield line(Span(said, tone))
    yield from (line(Span(text.strip(), "strong"), symbol="→" if tone == "bad" else "") for text in helps)


def remains(run: Run) -> list[Line]:
    """Return what helps after a run, what it found, the gravest first, and the state that it left behind."""
    lines = [*cure_lines(run.cures), *_findings(run)]
    return [*lines, labelled("left", Span(sanitize_lines(run.left_behind), "warn"))] if run.left_behind else lines


def cure_lines(cures: Iterable[Cure]) -> Iterable[Line]:
    """Yield what helps, the best first: what to do, what it is run with, and what it costs."""
    for cure in cures:
        yield line(Span(sanitize(cure.words), "strong"), symbol="→")
        if cure.action:
            yield line("  ", typed(cure.action, cure.params))
        if cure.cost:
            yield line("  costs: ", Span(sanitize(cure.cost), "warn"))


def typed(action: str, params: Mapping[str, Any]) -> str:
    """Return an action with its parameters, as one types it; one that is switched off is left out."""
    given = (
        f" --{name.replace('_', '-')}" + ("" if value is True else f" {sanitize(str(value))}")
        for name, value in params.items()
        if value is not False and value not in ("", None)
    )
    return action + "".join(given)


def _findings(run: Run) -> Iterable[Line]:
    for finding in run.gravest_first:
        yield labelled(finding.severity, Span(sanitize(str(finding)), _SEVERITIES.get(finding.severity, "quiet")))
        if finding.cure:
            yield line(Span(sanitize(finding.cure), "strong"), symbol="→")


def doubt_lines(run: Run) -> list[Line]:
    """Return what is known of a run of which nobody knows how it ended."""
    why = labelled("why", Span(sanitize(run.in_doubt), "strong"))
    return [why, *_program(run), labelled("asked by", sanitize(run.requested_by))]


def _program(run: Run) -> list[Line]:
    return [labelled("program", sanitize(run.program_status))] if run.program_status else []


def target_lines(target: list[Identity]) -> list[Line]:
    """Return what tells the target from every other, and how each fact is known."""
    width = max((len(sanitize(fact.name)) for fact in target), default=0)
    return [
        labelled(
            f"{sanitize(fact.name):<{width}}",
            Span(sanitize(fact.value) or "—", "strong"),
            Span(f"  {fact.known}", "quiet" if fact.known == "reported" else "warn"),
        )
        for fact in target
    ]
