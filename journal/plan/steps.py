"""Checks a plan's steps: ids, order, kind, and the parameters of their actions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

from journal.plan.action_spec import ActionSpec, Catalogue, Param
from journal.plan.model import RECOVERY_POINT, Decision, Plan, Step
from journal.plan.pinned import program_of
from journal.plan.placed import Finding, placed_steps
from journal.yamlfile.convert import did_you_mean
from journal.yamlfile.problem import FilePath

_TYPES: dict[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (int, float), "bool": (bool,)}


def step_findings(plan: Plan, catalogue: Catalogue | None) -> Iterator[Finding]:
    """Yield what is wrong with steps; their actions are checked only if there is a catalogue."""
    yield from _twice("step id", [((*path, "id"), step.id) for path, step in placed_steps(plan)])
    yield from _twice("phase id", [(("phases", n, "id"), phase.id) for n, phase in enumerate(plan.phases)])
    yield from _twice(
        "decision", [((*p, "decision", "name"), s.decision.name) for p, s in placed_steps(plan) if s.decision]
    )
    yield from _cycles(plan)
    reserved = _names_of_actions(catalogue) if catalogue is not None else set()
    for path, step in placed_steps(plan):
        yield from _kind(step, path)
        if step.decision:
            yield from _decision(plan, step.decision, (*path, "decision"))
            yield from _recovery_point(step.decision, (*path, "decision", "name"))
        if step.id in reserved:
            yield (*path, "id"), f"{step.id!r} is the name of an action, which `cleo run {step.id}` would run instead"
        if step.action and catalogue is not None:
            yield from _action(step, catalogue, path)


def _names_of_actions(catalogue: Catalogue) -> set[str]:
    """Return every name by which ``cleo run`` would find an action, and never a step."""
    return {*catalogue, *(spec.script.rpartition("/")[2] for spec in catalogue.values() if spec.script)}


def _recovery_point(decision: Decision, path: FilePath) -> Iterator[Finding]:
    """Yield a recovery point that no gate and no restore would find."""
    if (decision.kind == "recovery-point") != (decision.name == RECOVERY_POINT):
        yield (
            path,
            f"a decision of the kind recovery-point is called {RECOVERY_POINT}, and no other is",
        )


def _twice(what: str, placed: list[tuple[FilePath, str]]) -> Iterator[Finding]:
    seen: Counter[str] = Counter()
    for path, name in placed:
        seen[name] += 1
        if seen[name] > 1:
            yield path, f"duplicate {what} {name!r}"


def _cycles(plan: Plan) -> Iterator[Finding]:
    """Yield every cycle of steps that need each other, at its first step."""
    needs = {step.id: set(step.needs) for step in plan.steps()}
    paths = {step.id: path for path, step in placed_steps(plan)}
    while True:
        try:
            TopologicalSorter(needs).prepare()
        except CycleError as error:
            # graphlib lists each step before the one that needs it; the first one is repeated at the end.
            circle: list[str] = error.args[1][::-1]
            start = min(circle, key=list(paths).index)
            turn = circle.index(start)
            words = [*circle[turn:-1], *circle[:turn], start]
            yield (*paths[start], "needs"), f"a cycle: {' needs '.join(words)}"
            needs[circle[0]].discard(circle[1])
        else:
            return


def _kind(step: Step, path: FilePath) -> Iterator[Finding]:
    kinds = [name for name in ("action", "command", "decision") if getattr(step, name)]
    if len(kinds) > 1:
        yield path, f"{step.id!r} has {' and '.join(kinds)}; a step is one of them"
    if step.params and not step.action:
        yield (*path, "params"), "parameters without an action"
    if step.shell and not isinstance(step.command, str):
        yield (*path, "command"), "with shell: true, write the command as one string"
    if isinstance(step.command, str) and step.command and not step.shell:
        yield (*path, "command"), "write it as a list of words, or say shell: true where a shell is wanted"
    if step.sha256 and not program_of(step):
        yield (*path, "sha256"), "a digest goes with a command whose program is named by its whole path"
    if (step.host or step.shell) and not step.command:
        yield path, f"{step.id!r} says how to run a command and has none"


def _decision(plan: Plan, decision: Decision, path: FilePath) -> Iterator[Finding]:
    if decision.name == "scenario":
        yield (*path, "name"), "the name 'scenario' is taken: it is what was declared"
    if decision.kind != "one":
        if decision.options:
            yield (*path, "options"), f"a decision of kind {decision.kind} has no options of its own"
        return
    if not decision.options:
        yield path, f"decision {decision.name!r} has no options"
    if decision.default and decision.default not in decision.options:
        yield (*path, "default"), f"{decision.default!r} is not among the options"
    if decision.name == "strategy" and decision.options.keys() != plan.strategies.keys():
        yield (*path, "options"), f"must be the plan's strategies: {', '.join(plan.strategies)}"


def _action(step: Step, catalogue: Catalogue, path: FilePath) -> Iterator[Finding]:
    spec = catalogue.get(step.action)
    if spec is None:
        yield (*path, "action"), f"unknown action {step.action!r}{did_you_mean(step.action, catalogue)}"
        return
    known = {param.name: param for param in spec.params}
    for name, value in step.params.items():
        yield from _param(spec, known.get(name), name, value, (*path, "params", name))
    for param in spec.params:
        if param.required and param.name not in step.params:
            yield path, f"{spec.name} wants the parameter {param.name!r}"
    if spec.destructive and not step.destructive:
        yield (*path, "action"), f"{spec.name} is destructive; say destructive: true, so that readers of the plan know"


def _param(spec: ActionSpec, param: Param | None, name: str, value: Any, path: FilePath) -> Iterator[Finding]:
    if param is None:
        known = [each.name for each in spec.params]
        yield path, f"{spec.name} has no parameter {name!r}{did_you_mean(name, known)}"
    elif not isinstance(value, _TYPES[param.type]) or (isinstance(value, bool) and param.type != "bool"):
        yield path, f"{spec.name} wants {param.type} for {name!r}, not {value!r}"
