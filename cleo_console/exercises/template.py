"""A commented exercise to begin with, made of the plan and of what the simulated world knows; it can be played."""

from __future__ import annotations

from collections.abc import Iterator

from actions.tabletop.checking.names import Names
from actions.tabletop.checking.words import Words
from journal.plan.model import Plan, Step

_LOST = {"server": "lost", "state": "down"}
"""What is taken for a system that was lost, by the fact that says how it is."""


def template(plan: Plan, scenario: str, names: Names, words: Words, *, common: bool) -> str:
    """Return the text of an exercise's file.

    Args:
        plan: the plan that it is played by.
        scenario: the scenario of it.
        names: the moments that there are.
        words: the simulated world.
        common: whether what every exercise asks for fits this plan.
    """
    hit = plan.scenarios[scenario]
    steps = [step for step in plan.steps() if not names.out_of_reach(f"step:{step.id}")]
    lines = [
        "# An exercise for a team. Check it: cleo exercise check FILE. Play it: cleo demo --exercise FILE.",
        "# What can be named here (moments, facts and their words): cleo exercise words",
        f'title: "Tabletop: {_quoted(hit.title)}"',
        f"scenario: {scenario}",
        "# How many times faster than life the time goes in which an action runs.",
        "speed: 60",
        "# What players know as it begins. They see no more than this, and what they look for.",
        "situation: >-",
        f"  {hit.title}, four minutes ago. Say here what people see, not what is wrong.",
        f"# Whether it also asks for what every exercise does (see its report): {_why(common)}",
        f"common: {'true' if common else 'false'}",
        "# Backups, the newest first: how many seconds before the disruption each ended.",
        "backups: {newest: 840, before: 1740, full: 24600}",
        "# damage_s: 1200   # data was wrong since so many seconds before; newer backups hold the damage, too",
        *_world(plan, hit.systems, words),
        *_story(steps),
    ]
    return "\n".join(lines) + "\n"


def _why(common: bool) -> str:
    return "it fits this plan." if common else "this plan lacks some of its steps."


def _world(plan: Plan, systems: list[str], words: Words) -> Iterator[str]:
    yield "# How the simulated systems are as it begins. What is not named here is up and whole."
    yield "world:"
    lost = {f"{name}.{fact}": word for name in systems for fact, word in _LOST.items()}
    lost = {name: word for name, word in lost.items() if word in words.of(name)}
    yield "  facts:" if lost else "  facts: {}"
    yield from (f"    {name}: {word}" for name, word in lost.items())
    for name in sorted(words.names - lost.keys()):
        if name.partition(".")[0] in (*systems, "backups") and words.of(name):
            yield f"    # {name}: {words.facts.get(name, 'none')}   # or {', '.join(words.others(name))}"


def _story(steps: list[Step]) -> Iterator[str]:
    decision = next((step.decision.name for step in steps if step.decision), "")
    first = next((step.action for step in steps if step.action), "")
    last = next((step.action for step in steps if step.action and step.destructive), "")
    after = [f"    after: decision:{decision}   # else at_s counts from the start", "    at_s: 60"]
    yield from [
        "# What the exercise is to show. Each is rated P, S, M or U (HSEEP) by what tells of it below.",
        "objectives:",
        "  - {id: ours, title: What we want to be able to do}",
        "# What players are told: by the clock, or after a moment.",
        "injects:",
        "  - id: question",
        *(after if decision else ["    at_s: 120"]),
        '    text: "A customer calls: are our data lost?"',
        '    expected: "What is known, and when they hear more. Noted."   # the report has it',
        "    answered_by: [note]   # or a step, an action, a decision: each with what it is",
        "    objective: ours",
        "    # to: lead   # for whom: lead, scribe, responder or a name; without it: everybody",
        "    # hints: [{text: What do you know for certain?, after_s: 300}]   # without after_s: only when you give it",
        "    # choices: [We do not know yet, No]   # answered by one of these; asks: true: in their own words",
        "  - id: later",
        "    at_s: 1800   # half an hour after the start; no answer is wanted, so it only tells",
        '    text: "The press office has read about it on the net."',
        "    # while: {postgres.server: lost}   # it never comes once this is no longer so",
        '    # makes: {backups.expired: "yes"}   # and it changes the simulated world',
        "    # breaks: {postgres: kill-postmaster}   # in a game day: really done in the lab; cleo lab break --list",
        "# What good players do: each has one rule (happened, before, within, never, passed).",
        "expectations:",
        *_rules(decision, first, last),
        "# What is asked after its end, beside the standard questions.",
        "# hot_wash: [Would we have managed without Ben?]",
    ]


def _rules(decision: str, first: str, last: str) -> Iterator[str]:
    yield "  - {title: Somebody wrote down what was known, objective: ours, happened: [note]}"
    if decision:
        yield (
            f"  - {{title: The first decision was made within 15 minutes, objective: ours, "
            f'within: "decision:{decision}", minutes: 15}}'
        )
    if first and last and first != last:
        yield "  - title: It was looked at before it was changed"
        yield "    objective: ours"
        yield "    critical: true   # missing it is a major challenge"
        yield f'    before: ["action:{first}", "started:{last}"]'
        yield "    missed: Say what it means that it was missed."
    yield "  - {title: Nothing was run again as it had failed, objective: ours, never: [again]}"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
