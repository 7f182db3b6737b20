"""The answers that a drill is given beforehand, so that it can be walked through without anybody: a YAML file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journal.plan.part import Part
from journal.yamlfile.convert import convert, did_you_mean
from journal.yamlfile.problem import BadFile, FilePath, Problem
from journal.yamlfile.yaml_source import Source, read_yaml

if TYPE_CHECKING:
    from journal.plan.action_spec import Catalogue
    from journal.plan.model import Plan


class CleanUp(Part, frozen=True, kw_only=True):
    """An action that is run at a drill's end, whatever became of it.

    ``on``: the system that it acts on; ``confirm``: its target, typed, where it is destructive.
    """

    action: str
    on: str = ""
    params: dict[str, Any] = {}
    confirm: str = ""


class Answers(Part, frozen=True, kw_only=True):
    """What a person decided before a drill.

    Attributes:
        inventory: the name of the inventory that it is meant for; on no other one anything is begun.
        scenario: of the plan.
        decisions: the answers, by the decisions' names.
        confirm: by a step's id, the target of something destructive, as it is typed in the console.
        done: by a step's id, the note with which what a person did beforehand is marked done.
        skip: by a step's id, the reason for which it is left out.
        paperwork: the reason for which all that goes on beside the recovery (telling people) is left out; empty: it is
            not.
        clean_up: what is run at the end, in this order, also after a failure.
    """

    inventory: str
    scenario: str
    decisions: dict[str, str] = {}
    confirm: dict[str, str] = {}
    done: dict[str, str] = {}
    skip: dict[str, str] = {}
    paperwork: str = ""
    clean_up: list[CleanUp] = []


def read_answers(
    path: Path, content: bytes, plan: Plan, inventory: str, scenarios: list[str], catalogue: Catalogue
) -> Answers:
    """Read the answers of a drill, and check that each of them fits.

    Args:
        path: the file's, to name it.
        content: what is in it.
        plan: whose decisions and steps they are.
        inventory: the name of the one in use.
        scenarios: those that show the test; none: any.
        catalogue: the actions there are.

    Raises:
        BadFile: something does not fit; all of it is named with its line.
    """
    source = read_yaml(path, content)
    answers = convert(Answers, source)
    found = [
        *_heads(answers, plan, inventory, scenarios),
        *_names(answers, plan, catalogue),
        *_clean_up(answers, catalogue),
    ]
    if found:
        raise BadFile([_problem(source, where, what) for where, what in found])
    return answers


def _problem(source: Source, where: FilePath, what: str) -> Problem:
    return Problem(source.file, source.line(where), where, what)


def _heads(answers: Answers, plan: Plan, inventory: str, scenarios: list[str]) -> Iterator[tuple[FilePath, str]]:
    if answers.inventory != inventory:
        yield ("inventory",), f"these answers are for {answers.inventory!r}, and the inventory in use is {inventory!r}"
    known = scenarios or [*plan.scenarios]
    if answers.scenario not in known:
        yield ("scenario",), f"{answers.scenario!r} does not show this test: {', '.join(known)}"


def _names(answers: Answers, plan: Plan, catalogue: Catalogue) -> Iterator[tuple[FilePath, str]]:
    asked = {step.decision.name: step.decision for step in plan.steps() if step.decision}
    for name, answer in answers.decisions.items():
        if name not in asked:
            yield ("decisions", name), f"the plan has no such decision{did_you_mean(name, asked)}"
        elif (options := asked[name].options) and answer not in options:
            yield ("decisions", name), f"{answer!r} is none of its answers: {', '.join(options)}"
    for part in ("confirm", "done", "skip"):
        for step_id, text in getattr(answers, part).items():
            if step_id not in plan.by_id:
                yield (part, step_id), f"the plan has no such step{did_you_mean(step_id, plan.by_id)}"
            elif not text.strip():
                yield (part, step_id), "must say something"
            elif part == "done" and plan.by_id[step_id].is_run:
                yield (part, step_id), "a program does this step: nobody's word stands for it in a drill"


def _clean_up(answers: Answers, catalogue: Catalogue) -> Iterator[tuple[FilePath, str]]:
    for n, one in enumerate(answers.clean_up):
        spec = catalogue.get(one.action)
        if spec is None or not spec.available:
            yield ("clean_up", n, "action"), f"there is no action {one.action!r}{did_you_mean(one.action, catalogue)}"
        elif spec.destructive and not one.confirm:
            yield ("clean_up", n), f"{one.action} is destructive: confirm must have its target"
