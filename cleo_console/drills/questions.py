"""What a drill that is walked by answers will ask: found out on an incident that was only supposed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

from actions.system_types import system_type, system_types
from journal.incident.fold.suppose import suppose
from journal.incident.instances import instances
from journal.incident.records import StepState
from journal.incident.roster import able
from journal.incident.strategy_evidence import against
from journal.incident.suggestion import suggestion
from screens.guidance.left_out import why_not_here
from screens.guidance.next_action import destructive

if TYPE_CHECKING:
    from actions.system_type import SystemType
    from cleo_console.drills.catalogue import Drill
    from journal.incident.state import Incident
    from journal.plan.action_spec import Catalogue
    from journal.plan.model import Decision, Step

_RELEASE = "backups.release"
_BEHIND = dict.fromkeys(("old-site", "stale-site"), "all stores were switched back before, with nothing lost")
"""Nothing destructive is begun after a failure: whoever comes here was switched back. The gates cannot know it."""
_BRINGS_BACK = ("rejoin", "switch_back", "allow_writers", "unfence", "start", "fence", "stop")
TargetOf = Callable[[str, str], str]
"""Returns what is typed to let an action begin at a system; empty where nobody can tell."""


class Question(NamedTuple):
    """One thing that a drill asks: by which name the file has it, the answer proposed, and what it is about."""

    name: str
    answer: str | list[str]
    about: str


class Questions(NamedTuple):
    """All that a drill asks, as the file of answers has it."""

    decisions: list[Question]
    confirm: list[Question]
    perhaps: list[Question]
    done: list[Question]
    not_here: list[str]
    not_shown: list[str]
    clean_up: list[dict[str, Any]]


def questions(incident: Incident, drill: Drill, catalogue: Catalogue, target: TargetOf) -> Questions:
    """Return what a drill asks.

    Args:
        incident: declared with the scenario and the inventory, as it would be; nothing happened in it.
        drill: the test.
        catalogue: the actions there are.
        target: names the targets.
    """
    supposed, decisions = _decided(incident, drill)
    steps = [step for step in supposed.plan.steps() if _is_asked(supposed, step)]
    missing = {step.id: why_not_here(supposed, step, catalogue) for step in steps}
    here = [step for step in steps if not missing[step.id]]
    confirm = [_confirm(supposed, step, target) for step in here if destructive(step, catalogue)]
    manual = [step for step in here if not step.is_run and not step.decision and _is_to_be_done(step, drill)]
    return Questions(
        decisions=decisions,
        confirm=confirm,
        perhaps=[_confirm(supposed, step, target) for step in _perhaps(supposed, catalogue)],
        done=[Question(step.id, "", f"{supposed.plan.named(step.id)}: {'; '.join(step.items)}") for step in manual],
        not_here=[f"{supposed.plan.named(step.id)}: {missing[step.id]}" for step in steps if missing[step.id]],
        not_shown=list(_not_shown(supposed, drill, missing)),
        clean_up=list(_clean_up(supposed, here, catalogue, target)),
    )


def _is_asked(incident: Incident, step: Step) -> bool:
    return incident.state(step.id) is not StepState.NOT_APPLICABLE and incident.is_required(step)


def _is_to_be_done(step: Step, drill: Drill) -> bool:
    """Whether people do a step in the drill: what goes on beside the recovery only where the test is shown by it."""
    return not step.beside or step.id in drill.steps


def _not_shown(incident: Incident, drill: Drill, missing: Mapping[str, str]) -> Iterator[str]:
    """Yield the steps without which the drill does not count, and that cannot be done here, with why."""
    for step in incident.plan.steps():
        if step.id in drill.steps and step.id not in missing:
            yield f"{incident.plan.named(step.id)}: it does not apply by these decisions"
        elif step.id in drill.steps and missing[step.id]:
            yield f"{incident.plan.named(step.id)}: {missing[step.id]}"


def _perhaps(incident: Incident, catalogue: Catalogue) -> Iterator[Step]:
    """Yield the destructive steps that are run only where what happens leads to them."""
    for step in incident.plan.steps():
        if not step.optional or incident.phase_of(step).optional or not destructive(step, catalogue):
            continue
        if incident.state(step.id) is not StepState.NOT_APPLICABLE and not why_not_here(incident, step, catalogue):
            yield step


def _decided(incident: Incident, drill: Drill) -> tuple[Incident, list[Question]]:
    """Answer each decision with what shows the test, else with what the plan proposes; later ones go by earlier."""
    found: list[Question] = []
    for step in incident.plan.steps():
        if step.decision is None or step.beside or not _is_asked(incident, step):
            continue
        proposed = suggestion(incident, step.decision).answer
        tried = dict.fromkeys([proposed, *step.decision.options])
        answer = _shows_it(incident, step, tried, drill) or proposed or step.decision.default
        if step.decision.kind == "systems" and drill.actions:
            answer = _where_it_can_be(incident, step, answer, drill)
        found.append(Question(step.decision.name, answer, _about(step.decision)))
        incident = suppose(incident, step, answer) if answer else incident
    return incident, found


def _where_it_can_be(incident: Incident, step: Step, systems: str, drill: Drill) -> str:
    """Return those of the systems at which an action that shows the test can be run, by some strategy; else all.

    One that nothing stands by for would stop a failover.
    """
    strategy = next((one for one in incident.plan.steps() if one.decision and one.decision.name == "strategy"), None)
    if strategy is None or strategy.decision is None:
        return systems
    options = list(strategy.decision.options)

    def can_be(system: str) -> bool:
        found = ((one, suppose(suppose(incident, step, system), strategy, one)) for one in options)
        return any(_is_shown(now, drill) and not against(now, option) for option, now in found)

    return ",".join(filter(can_be, filter(None, systems.split(",")))) or systems


def _is_shown(incident: Incident, drill: Drill) -> bool:
    """Whether an action that shows the test belongs to the recovery."""
    return any(drill.asks_for(one.action) and _is_asked(incident, one) for one in incident.plan.steps())


def _about(decision: Decision) -> str:
    return f"{decision.question} {' | '.join(decision.options)}".strip()


def _shows_it(incident: Incident, step: Step, answers: Iterable[str], drill: Drill) -> str:
    """Return the first of the answers under which an action that shows the test belongs to the recovery.

    Empty where under none one does, or none is asked for.
    """

    shown = (one for one in answers if one and drill.actions and _is_shown(suppose(incident, step, one), drill))
    return next(shown, "")


def _confirm(incident: Incident, step: Step, target: TargetOf) -> Question:
    systems = instances(incident, step) or [""]
    systems += [name for one in systems if _is_failed_over_before(incident, step) for name in _standbys(incident, one)]
    words = list(dict.fromkeys(word for system in systems if (word := target(step.action, system))))
    return Question(step.id, words[0] if len(words) == 1 else words, incident.plan.named(step.id))


def _is_failed_over_before(incident: Incident, step: Step) -> bool:
    """Whether another server plays the step's system once it is its turn."""
    before = takewhile(lambda one: one is not step, incident.plan.steps())
    promotes = (one for one in before if _plays(one, "promote") and _is_asked(incident, one))
    return any(one.system == step.system for one in promotes)


def _standbys(incident: Incident, system: str) -> list[str]:
    return [one.name for one in incident.roster.systems.values() if one.standby_of == system]


def _clean_up(
    incident: Incident, steps: list[Step], catalogue: Catalogue, target: TargetOf
) -> Iterator[dict[str, Any]]:
    """Yield what brings back what is failed over: its old server follows, leads again, and the standby follows.

    Then users are led back, names last.
    """
    wanted = (
        one
        for step in steps
        if _plays(step, "promote")
        for system in instances(incident, step)
        for one in _brought_back(incident, step, system, target)
    )
    yield from (
        one
        for step in steps
        if _plays(step, "restore")
        for system in instances(incident, step)
        for one in _followed_again(incident, step, system, target)
        if _is_here(catalogue, one["action"])
    )
    prepared: set[str] = set()
    for one in wanted:
        if "done" not in one:
            yield from [one] if _is_here(catalogue, one["action"]) else []
        elif one["done"] not in prepared:
            prepared.add(one["done"])
            yield one
    for step in steps:
        if _plays(step, "lead_over") and _is_here(catalogue, action := _role(step, "lead_back")):
            words = [target(action, system) for system in instances(incident, step)]
            confirm = [word for word in words if word]
            yield {"action": action, "if_done": step.id, "confirm": confirm, "override": _BEHIND}


def _followed_again(incident: Incident, restore: Step, system: str, target: TargetOf) -> Iterator[dict[str, Any]]:
    """Yield what has the standbys of a system follow it that was restored: they have what it has no more."""
    for standby in _standbys(incident, system):
        for action in _type(restore).follows_again:
            yield {"action": action, "on": standby, "if_done": restore.id, "confirm": target(action, standby)}


def _brought_back(incident: Incident, promote: Step, system: str, target: TargetOf) -> Iterator[dict[str, Any]]:
    rejoin, switch_back, let_in, unfence, start, fences, stop = (_role(promote, role) for role in _BRINGS_BACK)
    prepared = [{"done": one, "note": ""} for one in _people_first(incident, switch_back)]
    fence = next((one for one in incident.plan.steps() if one.action == fences), None)
    promoted, standbys = target(promote.action, system), _standbys(incident, system)
    words = [target(action, name) for name in [system, *standbys] for action in (fences, stop)]
    confirm = list(dict.fromkeys(filter(None, words)))
    over: dict[str, Any] = {"if_done": promote.id, "confirm": confirm}
    named = [name for name in standbys if promoted.startswith(f"{name}@")] if len(standbys) > 1 else []
    which = {"params": {"standby": named[0]}} if named else {}  # once it has led, it is one of several
    back = {"override": {"order": "the drill is over before what comes first"}}
    wanted: list[dict[str, Any]] = [
        {"action": rejoin} | over,
        *prepared,
        {"action": switch_back} | over,
        {"action": let_in} | back,
        {"action": rejoin} | which | over,
        *({"action": let_in, "on": one, "if_done": promote.id} | back for one in standbys),
        {"action": unfence, "unless_done": promote.id, "confirm": confirm},
        {"action": start, "if_done": fence.id if fence else "", "unless_done": promote.id},
    ]
    yield from wanted
    if any(one.name == system for one in able(incident.roster.systems.values(), _RELEASE)):
        yield {"action": _RELEASE, "on": system, "if_done": promote.id}  # a failover leaves the old server's hold


def _people_first(incident: Incident, action: str) -> list[str]:
    """Return what people do before an action may be run, by the plan's step that is bound to it."""
    needs = [need for step in incident.plan.steps() if step.action == action for need in step.needs]
    manual = [need for need in needs if incident.plan.by_id[need].kind == "manual"]
    return [need for need in manual if incident.state(need) is not StepState.NOT_APPLICABLE]


def _type(step: Step) -> SystemType:
    return system_type(step.action.partition(".")[0])


def _role(step: Step, role: str) -> str:
    """Return the action that plays a role in the type of system that a step acts on."""
    return _type(step).role(role)


def _plays(step: Step, role: str) -> bool:
    """Whether a step's action plays a role in its type of system."""
    return step.action.partition(".")[0] in system_types() and step.action == _role(step, role)


def _is_here(catalogue: Catalogue, action: str) -> bool:
    spec = catalogue.get(action)
    return spec is not None and spec.available
