"""What both templates say with: filters that turn the report's values into words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from shlex import join
from typing import Any

from journal.report import evidence as ev
from journal.report.summary import KINDS
from journal.report.times import clock, day, instant, length, offset
from journal.report.words import call, exit_status

TEMPLATES = Path(__file__).parent / "templates"


def step_label(step: ev.StepName) -> str:
    """Return a step as people find it: ``3.2.4 Restore from latest backup``."""
    return f"{step.number} {step.title}" if step.number else step.id


def achieved(seconds: float | None) -> str:
    """Return what was achieved; what was not measured says so."""
    return "not measured" if seconds is None else length(seconds)


def from_zero(seconds: float | None) -> str:
    """Return an offset; empty where there is none."""
    return "" if seconds is None else offset(seconds)


def run_title(run: ev.ActionRun) -> str:
    """Return a run in one line: what was called, and that it was no ordinary run."""
    marks = {"dry run": " (dry run)", "probe": " (look into a doubtful run)"}
    again = f", attempt {run.attempt}" if run.attempt > 1 else ""
    return f"{run.action}{marks.get(run.kind, '')}{again}"


def run_end(run: ev.ActionRun) -> str:
    """Return how a run ended, with how long it took."""
    verdict = f", resolved by a person as {run.verdict.replace('_', ' ')}" if run.verdict else ""
    took = f" after {length(run.duration_s)}" if run.duration_s is not None else ""
    return f"{run.state}{took}{verdict}"


def run_call(run: ev.ActionRun) -> str:
    """Return what was called: the command's argv, or the action with its parameters."""
    return join(run.command) if run.command else call(run.action, run.params)


def program(run: ev.ProgramRun) -> str:
    """Return how a program ended."""
    took = f" after {length(run.duration_s)}" if run.duration_s is not None else ""
    again = ", seen by a new runner" if run.reattached else ""
    return f"{exit_status(run.code) if run.finished_at else 'no end in the journal'}{took}{again}"


def counts(states: Mapping[str, int]) -> str:
    """Return how many steps are in which state: ``3 done, 1 skipped``."""
    return ", ".join(f"{number} {state}" for state, number in states.items())


def kind_words(kind: str) -> str:
    """Return what an incident's kind means."""
    return next(words for name, words in KINDS.items() if name.value == kind)


FILTERS: dict[str, Callable[..., Any]] = {
    "achieved": achieved,
    "argv": join,
    "clock": clock,
    "counts": counts,
    "day": day,
    "from_zero": from_zero,
    "instant": instant,
    "kind_words": kind_words,
    "length": length,
    "offset": offset,
    "program": program,
    "run_call": run_call,
    "run_end": run_end,
    "run_title": run_title,
    "step_label": step_label,
}
