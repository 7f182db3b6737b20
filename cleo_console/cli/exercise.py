"""``cleo exercise``: makes and checks a team's own exercise, leads one, and says what it has shown."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cleo_console.cli.exercise_after import hotwash_command, report_command
from cleo_console.cli.exercise_compare import compare_command
from cleo_console.cli.exercise_game_day import (
    gameday_command,
    go_on_with_game_day,
    is_game_day,
    open_game_day,
    undo_command,
)
from cleo_console.cli.output_file import refuse_to_overwrite, write_output
from journal.errors import CleoError
from journal.wording.counting import count

if TYPE_CHECKING:
    from actions.tabletop.checking.names import Names
    from actions.tabletop.checking.words import Words
    from cleo_console.demo import DemoServices
    from journal.plan.model import Plan

_File = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group("exercise")
def exercise() -> None:
    """Write an exercise of your own, check it, lead it, and learn from it. `cleo demo --exercise FILE` plays it.

    \b
    Example:
      cleo exercise new --scenario database-failure -o ours.yaml
      cleo exercise words postgres
      cleo exercise check ours.yaml
      cleo demo --exercise ours.yaml
      cleo exercise lead
      cleo exercise hotwash INC-2026-11-22-01
      cleo exercise report INC-2026-11-22-01 -o after-action.html
    """


@exercise.command("check")
@click.argument("file", type=_File)
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON: file, line, field, level, message.")
def check_command(file: Path, as_json: bool) -> None:
    """Say what is wrong with an exercise, as FILE:LINE: message.

    Steps, actions, systems, facts and moments that do not exist are errors, and so is what would make it unplayable: an
    inject that never comes or that nobody can answer, an expectation that is always missed. Exit status 1 when it
    cannot be played; warnings alone leave it at 0. It is checked against the plan that a new incident goes by.

    \b
    Example:
      cleo exercise check ours.yaml
    """
    from actions.registry import catalogue
    from cleo_console.exercises.own import exercise_problems

    problems = exercise_problems(file, _plan(), catalogue())
    wrong = sum(problem.level == "error" for problem in problems)
    if as_json:
        click.echo(json.dumps([one.as_json() for one in problems], indent=2))
    else:
        for problem in problems:
            click.echo(str(problem))
        verdict = "This exercise cannot be played" if wrong else "This exercise can be played"
        click.echo(f"{verdict}: {count(wrong, 'error')}, {count(len(problems) - wrong, 'warning')}.", err=True)
    sys.exit(1 if wrong else 0)


@exercise.command("new")
@click.option("--scenario", default="", help="The plan's scenario that it plays. Default: the plan's first.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write it here. Default: print it."
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def new_command(scenario: str, output: Path | None, force: bool) -> None:
    """Make a commented exercise to begin with: it can be played as it is.

    \b
    Example:
      cleo exercise new --scenario security-breach -o ours.yaml
    """
    from cleo_console.exercises.template import template

    refuse_to_overwrite(output, force)
    plan = _plan()
    chosen = scenario or next(iter(plan.scenarios))
    names, words = _known(plan, chosen)
    text = template(plan, chosen, names, words, common=_common_fits(plan, chosen))
    if output is None:
        click.echo(text, nl=False)
        return
    write_output(output, text)
    click.echo(f"{output} is written. Check it: cleo exercise check {output}", err=True)


@exercise.command("words")
@click.argument("part", default="")
@click.option("--scenario", default="", help="Leave out what this scenario never comes to.")
def words_command(part: str, scenario: str) -> None:
    """List what an exercise can name: moments, and the simulated world's facts with their words; with PART in them.

    \b
    Example:
      cleo exercise words | less
      cleo exercise words postgres
      cleo exercise words decision: --scenario security-breach
    """
    plan = _plan()
    names, words = _known(plan, scenario or next(iter(plan.scenarios)))
    for name in sorted(words.names):
        told = f"{name}: {words.facts.get(name, 'none')}"
        others = words.others(name)
        if part in told:
            click.echo(f"fact of the world  {told}" + (f"   or {', '.join(others)}" if others else ""))
    for kind, known in names.known.items():
        for what in sorted(known):
            moment = f"{kind}:{what}" if what else kind
            if part in moment and "{" not in moment and not (scenario and names.out_of_reach(moment)):
                click.echo(f"moment  {moment}")


@exercise.command("lead")
@click.argument("incident_id", metavar="[INCIDENT]", default="")
@click.option("--plain", is_flag=True, help="Lead it in plain lines: on a dumb terminal, or with a screen reader.")
def lead_command(incident_id: str, plain: bool) -> None:
    """Lead a tabletop that `cleo demo` began, or a game day, from a terminal of your own.

    Default: the game day that is open, else the newest tabletop.

    Injects come by the clock, or by hand; you hold them back, leave them out, reword and address them, with what is
    expected in sight. You stop the clock, rewind to a moment, give hints and injects of your own, and note what
    participants do well. Players see what they are told; your notes they see when the exercise is closed, in its
    assessment and report.

    \b
    Example:
      cleo exercise lead
      cleo exercise lead INC-2026-11-22-01
      cleo exercise lead --plain
    """
    from cleo_console.cli.console import check_terminal
    from cleo_console.demo import DemoServices
    from cleo_console.settings import asked_actor

    incident_id = incident_id or open_game_day()
    if incident_id and is_game_day(incident_id):
        go_on_with_game_day(incident_id, plain=plain)
        return
    if not plain:
        check_terminal()
    with DemoServices(asked_actor(), 1.0) as at:
        led = _led(at, incident_id)
        if plain:
            from cleo_console.plain.leading import lead_plain

            lead_plain(at, led)
            return
        from cleo_console.facilitate import FacilitatorApp

        FacilitatorApp(at, led).run()


for _command in (gameday_command, undo_command, report_command, hotwash_command, compare_command):
    exercise.add_command(_command)


def _led(at: DemoServices, incident_id: str) -> str:
    """Return the exercise that is meant; the newest where none is named."""
    known = at.paths.ids()
    if not incident_id and not known:
        raise CleoError("Nobody has begun an exercise here.", "Begin one: cleo demo")
    meant = at.paths.meant(incident_id) if incident_id else known[0]
    at.place(meant)
    return meant


def _plan() -> Plan:
    from actions.registry import catalogue
    from cleo_console.settings import plan_file
    from journal.plan.load import load_plan

    return load_plan(plan_file(), catalogue()).plan


def _known(plan: Plan, scenario: str) -> tuple[Names, Words]:
    from actions.registry import catalogue
    from actions.tabletop.checking.names import Names
    from actions.tabletop.checking.words import Words
    from actions.tabletop.script import ordinary_world

    if scenario not in plan.scenarios:
        raise CleoError(f"The plan has no scenario {scenario!r}.", f"Choose: {', '.join(plan.scenarios)}.")
    words = Words(ordinary_world(), ordinary_world())
    return Names(plan, scenario, catalogue(), words), words


def _common_fits(plan: Plan, scenario: str) -> bool:
    """Whether what every exercise asks for can be met by this plan."""
    from actions.registry import catalogue
    from actions.tabletop.checking.check import exercise_misfits
    from cleo_console.exercises import assembled, common
    from journal.exercise.script import Exercise

    return not exercise_misfits(assembled(Exercise(title="", scenario=scenario), common()), plan, catalogue())
