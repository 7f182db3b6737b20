"""A plan as a tree, for reading in a terminal or a pipe."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

if TYPE_CHECKING:
    from journal.plan.action_spec import Catalogue
    from journal.plan.model import Option, Phase, Plan, Step
    from journal.plan.people import LegalClock
    from journal.plan.read import LoadedPlan
    from journal.wording.durations import Duration

_PIPE_WIDTH = 100_000
"""Columns in a pipe, where a wrapped line would only hinder searching."""


def print_plan(loaded: LoadedPlan, catalogue: Catalogue) -> None:
    """Print a plan to standard output: coloured and wrapped in a terminal, plain in a pipe."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    console.print(plan_tree(loaded, catalogue))


def plan_tree(loaded: LoadedPlan, catalogue: Catalogue) -> Tree:
    """Return the plan as a tree; steps whose action is only planned say so."""
    plan = loaded.plan
    root = Tree(_line(plan.title, f"version {plan.version}", plan.owner, f"sha256 {loaded.sha256}", style="bold"))
    if plan.overview:
        root.add(Text(plan.overview))
    _branch(root, "Dates", [f"last updated {plan.updated or 'never'}", f"next review {plan.review or 'not set'}"])
    _objectives(root, plan)
    _scenarios(root, plan)
    _branch(root, "Strategies", (_option(option) for option in plan.strategies.values()))
    for number, phase in enumerate(plan.phases, 1):
        _phase(root, plan, number, phase, catalogue)
    _appendices(root, plan)
    return root


def _objectives(root: Tree, plan: Plan) -> None:
    _branch(
        root,
        "Recovery time objectives",
        (
            _line(tier.title, str(tier.rto), f"validated by {', '.join(tier.validated_by)}")
            for tier in plan.objectives.rto.values()
        ),
    )
    _branch(
        root,
        "Recovery point objectives",
        (_line(data.title, _real_time(data.rpo), data.how) for data in plan.objectives.rpo.values()),
    )
    _branch(
        root,
        "Systems",
        (_line(name, system.title, system.tier, system.data) for name, system in plan.systems.items()),
    )


def _real_time(rpo: Duration) -> str:
    return str(rpo) if rpo else "real-time"


def _scenarios(root: Tree, plan: Plan) -> None:
    branch = root.add(Text("Scenarios", style="bold"))
    for scenario in plan.scenarios.values():
        words = f"impact: {scenario.impact}; likelihood: {scenario.likelihood}; severity: {scenario.severity}"
        leaf = branch.add(_line(scenario.title, words))
        leaf.add(_line("hits", ", ".join(scenario.systems)))
        if scenario.untouched:
            leaf.add(_line("touches", "none of them"))
        leaf.add(_line("suggests", scenario.strategy or "no strategy"))
        for name, answers in scenario.refuses.items():
            leaf.add(_line(f"refuses {name}", ", ".join(answers)))
        if scenario.loses:
            once = (f"{name} is {' or '.join(answers)}" for name, answers in scenario.loses_if.items())
            leaf.add(_line("loses site", ", once ".join([scenario.loses, *once])))


def _phase(root: Tree, plan: Plan, number: int, phase: Phase, catalogue: Catalogue) -> None:
    window = phase.window.text if phase.window else ""
    branch = root.add(_line(f"Phase {number}: {phase.title}", window, "optional" * phase.optional, style="bold"))
    for place, section in enumerate(phase.sections, 1):
        steps = branch.add(Text(f"{number}.{place} {section.title}", style="bold"))
        for step in section.steps:
            _step(steps, plan, step, catalogue)


def _step(branch: Tree, plan: Plan, step: Step, catalogue: Catalogue) -> None:
    leaf = branch.add(_line(f"{plan.numbers[step.id]} {step.title}", step.id, *_marks(step, catalogue)))
    if step.text:
        leaf.add(Text(step.text, style="dim"))
    if step.action or step.command:
        leaf.add(_line(step.action or _typed(step.command), step.script))
    if step.decision:
        question = leaf.add(Text(step.decision.question, style="bold"))
        for option in step.decision.options.values():
            question.add(_option(option))
    for item in step.items:
        leaf.add(Text(f"□ {item}"))
    for name, answers in step.when.items():
        leaf.add(_line(f"when {name}", " or ".join(answers)))
    if step.needs:
        leaf.add(_line("needs", ", ".join(step.needs)))


def _typed(command: list[str] | str) -> str:
    return command if isinstance(command, str) else shlex.join(command)


def _marks(step: Step, catalogue: Catalogue) -> Iterable[str]:
    spec = catalogue.get(step.action)
    if step.destructive:
        yield "DESTRUCTIVE"
    if spec and not spec.available:
        yield "not available yet: by hand"
    if step.ours:
        yield "not in the written plan"
    if step.expect:
        yield f"about {step.expect}"


def _appendices(root: Tree, plan: Plan) -> None:
    _branch(
        root,
        "Escalation",
        (_line(c.level, c.role, c.contact, f"answers within {c.respond_within}") for c in plan.escalation),
    )
    _branch(root, "Contacts", (_line(c.role, c.contact) for c in plan.contacts))
    _branch(root, "Compliance", (_line(clock.title, f"plan: {clock.plan}", _law(clock)) for clock in plan.compliance))
    _branch(
        root, "Alerts", (_line(a.name, a.expr, f"for {a.wait}", f"after {a.after}", a.severity) for a in plan.alerts)
    )
    _branch(root, "Monitoring", (_line(name, value) for name, value in plan.monitoring.items()))
    _branch(root, "Backups", (_line(b.title, b.schedule, b.command) for b in plan.backups))
    _branch(root, "Tests", (_line(f"every {test.every}", "; ".join(test.items)) for test in plan.tests))
    _branch(root, "Places", (_line(name, place) for name, place in plan.places.items()))


def _law(clock: LegalClock) -> str:
    return f"law: {clock.law} ({clock.source})" if clock.law else ""


def _option(option: Option) -> Text:
    return _line(option.title, option.text)


def _branch(root: Tree, title: str, lines: Iterable[Text | str]) -> None:
    """Add a titled branch, unless it would be empty."""
    leaves = list(lines)
    if leaves:
        branch = root.add(Text(title, style="bold"))
        for leaf in leaves:
            branch.add(leaf if isinstance(leaf, Text) else Text(leaf))


def _line(head: str, *rest: str, style: str = "") -> Text:
    """One line: the head, then what there is of the rest."""
    text = Text(head, style=style)
    for part in rest:
        if part:
            text.append("  " + part, style="not bold dim" if style else "dim")
    return text
