"""Runs of actions: what was requested, on which target, how it ended, and its last lines."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from journal.events.types import Finding, Identity, Override
from journal.incident.records import Program, Run
from journal.report import evidence as ev

if TYPE_CHECKING:
    from journal.report.gather import Gathered
    from journal.store.journal import Reader

TAIL = 8
"""A run's last lines that a report shows; the journal has all."""


def action_runs(gathered: Gathered, reader: Reader) -> list[ev.ActionRun]:
    """Return all runs, in the order in which they were requested.

    Raises:
        JournalError: what they printed cannot be read.
    """
    attempts: Counter[tuple[str, str]] = Counter()
    found = []
    for run in gathered.incident.runs.values():
        counts = bool(run.step and run.changes_step and run.started_at)
        attempts[run.step, run.system] += counts
        found.append(_action_run(gathered, reader, run, attempts[run.step, run.system] if counts else 0))
    return found


def _action_run(gathered: Gathered, reader: Reader, run: Run, attempt: int) -> ev.ActionRun:
    refusal = run.refusal
    return ev.ActionRun(
        id=run.id,
        kind="dry run" if run.dry_run else "probe" if run.probe_of else "run",
        attempt=attempt,
        step=gathered.step_name(run.step),
        action=run.action,
        system=gathered.incident.roster.title(run.system) if run.system else "",
        params=run.params,
        command=_command(gathered, run),
        destructive=run.destructive,
        state=run.state.value,
        requested_by=run.requested_by,
        requested_at=run.requested_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        duration_s=run.duration_s if run.started_at and run.finished_at and not run.in_doubt else None,
        target=[_fact(fact) for fact in run.target],
        confirmed=run.confirmed,
        digest=run.digest,
        overrides=[_override(override) for override in run.overrides],
        programs=[_program(program) for program in run.programs],
        summary=run.summary,
        facts=run.facts,
        left_behind=run.left_behind,
        findings=[_finding(finding) for finding in run.findings],
        partial=run.partial,
        output=_output(reader, run),
        refused_by=refusal.gate if refusal else "",
        refusal=refusal.message if refusal else "",
        in_doubt=run.in_doubt,
        program_status=run.program_status,
        verdict=run.verdict,
        cancelled_by=run.cancelled_by,
        reentered=run.reentered,
    )


def _command(gathered: Gathered, run: Run) -> list[str]:
    """Return the argv of a step that is a command; a command for a shell is one argument."""
    step = gathered.incident.plan.by_id.get(run.step)
    if step is None or run.action != "command":
        return []
    return [step.command] if isinstance(step.command, str) else list(step.command)


def _fact(fact: Identity) -> ev.TargetFact:
    return ev.TargetFact(name=fact.name, value=fact.value, known=fact.known)


def _finding(finding: Finding) -> ev.FindingSeen:
    return ev.FindingSeen(severity=finding.severity, about=finding.about, text=finding.text, cure=finding.cure)


def _override(override: Override) -> ev.GateOverride:
    return ev.GateOverride(gate=override.gate, reason=override.reason, target=override.target)


def _program(program: Program) -> ev.ProgramRun:
    return ev.ProgramRun(
        key=program.key,
        argv=program.argv,
        host=program.host,
        started_at=program.started_at,
        finished_at=program.finished_at,
        code=program.code,
        duration_s=program.duration_s if program.finished_at else None,
        reattached=program.reattached,
    )


def _output(reader: Reader, run: Run) -> ev.Output:
    tail = [line.text for line in reader.tail(run.id, TAIL)] if run.started_at else []
    return ev.Output(lines=run.output_lines, sha256=run.output_sha256, tail=tail)
