"""The answers that a drill is given beforehand, so that it can be walked through without anybody: a YAML file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journal.plan.part import Part
from journal.yamlfile.convert import convert, did_you_mean
from journal.yamlfile.problem import BadFile, FilePath, Problem
from journal.yamlfile.yaml_source import read_yaml
from screens.guidance.next_action import destructive

if TYPE_CHECKING:
    from journal.plan.action_spec import Catalogue
    from journal.plan.model import Plan


class CleanUp(Part, frozen=True, kw_only=True):
    """An action that is run as a drill is cleaned up, whatever became of it; or a step that people did for that.

    One that takes something back (a fence, a hold) is run only while that is in force; one that is not destructive, and
    names its system, always.

    Attributes:
        action: what is run; empty where ``done`` names a step.
        on: the system that it acts on; empty: the one that plays the part by then.
        params: its parameters.
        confirm: its targets, as they are typed, where it is destructive: one, or a list of those that are allowed.
        override: gates that are opened for it, each with the reason.
        if_done: a step: only where that was done; ``unless_done``: only where it was not.
        done: a step that people did beforehand, with ``note``.
    """

    action: str = ""
    on: str = ""
    params: dict[str, Any] = {}
    confirm: str | list[str] = ""
    override: dict[str, str] = {}
    if_done: str = ""
    unless_done: str = ""
    done: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """What it is called where it is reported."""
        return f"{self.action or self.done}{f' at {self.on}' if self.on else ''}"


class Answers(Part, frozen=True, kw_only=True):
    """What a person decided before a drill.

    Attributes:
        inventory: the name of the inventory that it is meant for; on no other one anything is begun.
        scenario: of the plan.
        decisions: the answers, by the decisions' names.
        confirm: by a step's id, the target of something destructive, as it is typed in the console; a list of those
            that are allowed, where it acts on several systems.
        done: by a step's id, the note with which what a person did beforehand is marked done.
        skip: by a step's id, the reason for which it is left out.
        not_here: the reason for which all that nothing of the inventory does is left out; empty: it is not.
        paperwork: the reason for which all that goes on beside the recovery (telling people) is left out; empty: it is
            not.
        clean_up: what is run at the end, in this order, also after a failure. What is still in force after that is
            taken back where nothing destructive does it.
    """

    inventory: str
    scenario: str
    decisions: dict[str, str] = {}
    confirm: dict[str, str | list[str]] = {}
    done: dict[str, str] = {}
    skip: dict[str, str] = {}
    not_here: str = ""
    paperwork: str = ""
    clean_up: list[CleanUp] = []


def allowed(confirm: str | list[str]) -> list[str]:
    """Return the targets that an answer allows; those left empty are none."""
    return [one for one in ([confirm] if isinstance(confirm, str) else confirm) if one.strip()]


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
        *_decisions(answers, plan),
        *_steps(answers, plan, catalogue),
        *_clean_up(answers, plan, catalogue),
    ]
    if found:
        raise BadFile([Problem(source.file, source.line(where), where, what) for where, what in found])
    return answers


def _heads(answers: Answers, plan: Plan, inventory: str, scenarios: list[str]) -> Iterator[tuple[FilePath, str]]:
    if answers.inventory != inventory:
        yield ("inventory",), f"these answers are for {answers.inventory!r}, and the inventory in use is {inventory!r}"
    known = scenarios or [*plan.scenarios]
    if answers.scenario not in known:
        yield ("scenario",), f"{answers.scenario!r} does not show this test: {', '.join(known)}"


def _decisions(answers: Answers, plan: Plan) -> Iterator[tuple[FilePath, str]]:
    asked = {step.decision.name: step.decision for step in plan.steps() if step.decision}
    for name, answer in answers.decisions.items():
        if name not in asked:
            yield ("decisions", name), f"the plan has no such decision{did_you_mean(name, asked)}"
        elif not answer.strip():
            yield ("decisions", name), f"is not answered: {' or '.join(asked[name].options) or asked[name].question}"
        elif (options := asked[name].options) and answer not in options:
            yield ("decisions", name), f"{answer!r} is none of its answers: {', '.join(options)}"


def _steps(answers: Answers, plan: Plan, catalogue: Catalogue) -> Iterator[tuple[FilePath, str]]:
    for part in ("confirm", "done", "skip"):
        for step_id, said in getattr(answers, part).items():
            if step_id not in plan.by_id:
                yield (part, step_id), f"the plan has no such step{did_you_mean(step_id, plan.by_id)}"
            elif not allowed(said):
                yield (part, step_id), "must say something"
            elif part == "done" and plan.by_id[step_id].is_run:
                yield (part, step_id), "a program does this step: nobody's word stands for it in a drill"
            elif part == "confirm" and not destructive(plan.by_id[step_id], catalogue):
                yield (part, step_id), "this step is not destructive: nothing is confirmed there"


def _clean_up(answers: Answers, plan: Plan, catalogue: Catalogue) -> Iterator[tuple[FilePath, str]]:
    for n, one in enumerate(answers.clean_up):
        where: FilePath = ("clean_up", n)
        for field in ("if_done", "unless_done", "done"):
            step_id = getattr(one, field)
            if step_id and step_id not in plan.by_id:
                yield (*where, field), f"the plan has no such step{did_you_mean(step_id, plan.by_id)}"
        if bool(one.action) == bool(one.done):
            yield where, "must have either an action or a step that was done"
        elif one.done:
            yield from _cleaned_by_people(one, plan, where)
        else:
            yield from _run(one, catalogue, where)


def _cleaned_by_people(one: CleanUp, plan: Plan, where: FilePath) -> Iterator[tuple[FilePath, str]]:
    step = plan.by_id.get(one.done)
    if step and step.is_run:
        yield (*where, "done"), "a program does this step: nobody's word stands for it in a drill"
    if not one.note.strip():
        yield where, "must say what was done (note)"


def _run(one: CleanUp, catalogue: Catalogue, where: FilePath) -> Iterator[tuple[FilePath, str]]:
    spec = catalogue.get(one.action)
    if spec is None or not spec.available:
        yield (*where, "action"), f"there is no action {one.action!r}{did_you_mean(one.action, catalogue)}"
        return
    if spec.destructive and not allowed(one.confirm):
        yield where, f"{one.action} is destructive: confirm must have its target"
    known = {param.name for param in spec.params}
    for name in one.params:
        if name not in known:
            yield (*where, "params", name), f"{one.action} has no such parameter{did_you_mean(name, known)}"
