"""What the step pane says of a step, as content: built anew on every change, shown only when it differs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from textual.content import Content

from journal.events.types import Identity
from journal.incident.findings import found_words
from journal.incident.records import Run, RunState, StepState
from journal.incident.state import Incident
from journal.plan.action_spec import Catalogue
from journal.plan.model import Step
from journal.wording.durations import rough_duration, rough_minutes
from journal.wording.instants import age
from journal.wording.sanitize import sanitize, sanitize_lines
from screens.guidance.next_action import PrimaryAction, destructive, primary_action, refused_run, runnable
from screens.guidance.symbols import STEPS

_QUIET, _BAD, _WARN, _GOOD = "$quiet", "bold $text-error", "$text-warning", "$text-success"
_LABEL = 11

Line = Content


def line(label: str, *parts: str | tuple[str, str]) -> Line:
    """Return one labelled line."""
    return Content.assemble((f"{label:<{max(_LABEL, len(label) + 1)}}", _QUIET), *parts)


def step_text(incident: Incident, step: Step, catalogue: Catalogue, now: datetime) -> Content:
    """Return everything there is to say of ``step``."""
    lines = [_state(incident, step, now), *_runs(step, catalogue), *_items(incident, step)]
    lines += [*_decision(incident, step), *_refusal(incident, step), *_last(incident, step)]
    lines += _waits(incident, step)
    if step.text:
        lines += [Content(""), Content(sanitize(step.text)), Content("")]
    lines += [*_plan_says(step), *_proof(incident, step)]
    return Content("\n").join(lines)


def title(incident: Incident, step: Step) -> str:
    """Return the step's number and title."""
    return f"{incident.plan.numbers[step.id]} {sanitize(step.title)}"


def _state(incident: Incident, step: Step, now: datetime) -> Line:
    state, record = incident.state(step.id), incident.steps[step.id]
    look = STEPS[state]
    word = "done by hand" if look.word == "by hand" else sanitize(found_words(incident, step.id)) or look.word
    since = record.started_at if state.active else record.at
    when = f"  {age(since, now)}" if since and record.state is not None else ""
    by = f" by {sanitize(record.by)}" if when and record.by else ""
    return Content.assemble((f"{look.symbol} {word}", look.style or "bold"), (when + by, _QUIET))


def _runs(step: Step, catalogue: Catalogue) -> list[Line]:
    lines: list[Line] = []
    if step.kind == "action":
        danger = [("  DESTRUCTIVE", _BAD)] if destructive(step, catalogue) else []
        lines.append(line("runs", (f"{step.action}{params_text(step.params)}", "bold"), *danger))
    if step.kind == "command":
        danger = [("  DESTRUCTIVE", _BAD)] if step.destructive else []
        command = step.command if isinstance(step.command, str) else " ".join(step.command)
        lines.append(line("runs", (sanitize(command), "bold"), *danger))
        lines += [line("on", sanitize(step.host))] if step.host else []
    if step.kind in ("action", "command") and not runnable(step, catalogue):
        lines.append(Content.assemble(("Not available yet: do it by hand, then m and note what you did.", _WARN)))
    return lines


def _plan_says(step: Step) -> list[Line]:
    lines = [line("plan says", sanitize(step.script))] if step.script else []
    return [*lines, line("usually", rough_duration(step.expect))] if step.expect else lines


def params_text(params: dict[str, Any]) -> str:
    """Return parameters as a command line has them."""
    return "".join(
        f" --{name.replace('_', '-')}" + ("" if v is True else f" {sanitize(str(v))}") for name, v in params.items()
    )


def _waits(incident: Incident, step: Step) -> list[Line]:
    if incident.steps[step.id].state is not None:
        return []
    names = [title(incident, incident.plan.by_id[needed]) for needed in incident.unmet(step)]
    return [line("waits for", names[0]), *(line("", name) for name in names[1:])] if names else []


def _items(incident: Incident, step: Step) -> list[Line]:
    ticked = incident.steps[step.id].items
    return [
        Content.assemble(
            (f"{number} ", _QUIET), ("[x] ", _GOOD) if item in ticked else ("[ ] ", "bold"), sanitize(item)
        )
        for number, item in enumerate(step.items, 1)
    ]


def _decision(incident: Incident, step: Step) -> list[Line]:
    if step.decision is None:
        return []
    lines = [line("question", sanitize(step.decision.question))]
    record = incident.decisions.get(step.decision.name)
    if record:
        option = step.decision.options.get(record.answer)
        lines.append(line("answer", (sanitize(option.title if option else record.answer), "bold")))
        lines += [line("because", sanitize(record.reason))] if record.reason else []
    return lines


def _refusal(incident: Incident, step: Step) -> list[Line]:
    run = refused_run(incident, step.id)
    if run is None or run.refusal is None:
        return []
    yields = {
        "reason": "v: go on anyway, with a reason",
        "reason and target": "v: go on anyway, with a reason and the target typed",
    }
    after = yields.get(run.refusal.yields, "This gate never yields: do what it asks for, then run the step again.")
    what = f"{'dry run refused' if run.dry_run else 'REFUSED'} at {run.refusal.at:%H:%M:%S} UTC"
    return [
        Content.assemble((f"✗ {what} by gate {sanitize(run.refusal.gate)}: ", _BAD), sanitize(run.refusal.message)),
        Content.assemble(("  " + after, _WARN)),
    ]


def _last(incident: Incident, step: Step) -> list[Line]:
    record, run = incident.steps[step.id], incident.last_run(step.id)
    lines: list[Line] = []
    if run and run.state is not RunState.REFUSED:
        lines += _run_lines(run)
    said = (run.summary, run.in_doubt) if run else ()
    if record.note and record.note not in said and not step.decision:
        lines.append(line("note", sanitize(record.note)))
    return [*lines, *(target_lines(run.target) if run else [])]


def target_lines(target: list[Identity]) -> list[Line]:
    """Return what tells the target from every other, and how each fact is known."""
    width = max((len(sanitize(fact.name)) for fact in target), default=0)
    return [
        line(
            f"{sanitize(fact.name):<{width}}",
            (sanitize(fact.value) or "—", "bold"),
            (f"  {fact.known}", _QUIET if fact.known == "reported" else _WARN),
        )
        for fact in target
    ]


def _run_lines(run: Run) -> list[Line]:
    lines: list[Line] = []
    if run.in_doubt:
        lines.append(Content.assemble(("! in doubt: ", _BAD), sanitize(run.in_doubt)))
    if run.program_status and not run.verdict:
        lines.append(line("program", sanitize(run.program_status)))
    if run.summary:
        style = {RunState.FAILED: _BAD, RunState.CANCELLED: _WARN}.get(run.state, "bold")
        lines.append(line("result", (sanitize_lines(run.summary), style)))
    lines += _findings(run)
    if run.left_behind:
        lines.append(line("left", (sanitize_lines(run.left_behind), _WARN)))
    if run.started_at and run.finished_at:
        lines.append(line("took", rough_minutes((run.finished_at - run.started_at).total_seconds())))
    return lines


def _findings(run: Run) -> list[Line]:
    """Return what a run found, the gravest first, each with its cure."""
    lines: list[Line] = []
    for finding in run.gravest_first:
        style = {"wrong": _BAD, "warning": _WARN}.get(finding.severity, _QUIET)
        lines.append(line(finding.severity, (sanitize(str(finding)), style)))
        lines += [line("", (sanitize(finding.cure), "bold"))] if finding.cure else []
    return lines


def _proof(incident: Incident, step: Step) -> list[Line]:
    lines: list[Line] = []
    if step.verified_by and step.verified_by in incident.plan.by_id:
        lines.append(line("proved by", title(incident, incident.plan.by_id[step.verified_by])))
    if step.ours:
        lines.append(Content.assemble(("Not in the written plan: added for safety.", _QUIET)))
    return lines


_SENTENCES = {
    PrimaryAction.RUN: "enter: run it",
    PrimaryAction.NOTHING: "The incident is closed. n: add a late note",
    PrimaryAction.TAKE_BACK: "The incident is closed, and this is still in force. enter: take it back",
    PrimaryAction.RUN_AGAIN: "Read why below. enter: run again, s: skip, m: by hand",
    PrimaryAction.DECIDE: "enter: decide",
    PrimaryAction.TICK: "enter: tick the next item; 1 to 9: tick that one",
    PrimaryAction.DONE: "enter: mark it done",
    PrimaryAction.RESOLVE: "Nobody knows how it ended. enter: look, and say what it was",
    PrimaryAction.GO_ON: "enter: go on to what is next",
    PrimaryAction.GO_TO_NEED: "enter: go to what it waits for",
}


def advice(incident: Incident, step: Step, catalogue: Catalogue) -> str:
    """Return, in one sentence, what to do at this step."""
    todo, state = primary_action(incident, step, catalogue), incident.state(step.id)
    if state is StepState.REQUESTED and incident.closed_at is None:
        return "Asked for: the runner answers in a moment. g: go on with something else"
    if state is StepState.CANCELLING and incident.closed_at is None:
        return "Asked to stop: it says what it leaves behind. o: output, enter: go on with something else"
    if state.active:
        return "Under way. c: cancel, o: output, enter: go on with something else"
    if todo is PrimaryAction.RUN and destructive(step, catalogue):
        return "enter: see what it would do, and on what, before it asks"
    return _SENTENCES[todo]
