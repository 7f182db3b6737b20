"""``cleo plan new``: makes a plan to begin with, from questions or from options."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cleo_console.cli.output_file import refuse_to_overwrite

if TYPE_CHECKING:
    from journal.plan.skeleton import Answers

_Pairs = dict[str, str]


@click.command("new")
@click.option(
    "-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Write the plan here."
)
@click.option("--title", help="What the plan is called.")
@click.option("--owner", help="Who answers for it.")
@click.option("--rto", multiple=True, metavar="WHAT=TIME", help='Recovery time, as "Critical services=1 h".')
@click.option("--rpo", multiple=True, metavar="WHAT=TIME", help='How much may be lost, as "Database=15 min".')
@click.option("--system", multiple=True, metavar="NAME=TITLE", help='What can break, as "postgres=PostgreSQL".')
@click.option("--scenario", multiple=True, metavar="TITLE", help="A kind of disaster.")
@click.option("--strategy", multiple=True, metavar="TITLE", help="A way back.")
@click.option("--call", multiple=True, metavar="ROLE=HOW", help='Whom to call, in this order, as "On-call=PagerDuty".')
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def new_command(output: Path, force: bool, **given: str | tuple[str, ...] | None) -> None:
    """Make a plan to begin with, from a few questions.

    What no option says is asked for in a terminal, and left at its default elsewhere. A system that is called like a
    type of this program (postgres, mongodb, redis, files) gets its actions; the steps of others are done by people
    until you say how.

    \b
    Example:
      cleo plan new -o our-plan.yaml
      cleo plan new -o our-plan.yaml --title "Shop" --system postgres=PostgreSQL --rto "Shop=1 h" --rpo "Orders=5 min"
    """
    from actions.registry import catalogue
    from journal.plan.check import errors
    from journal.plan.importing.write import plan_lines
    from journal.plan.read import read_text
    from journal.plan.skeleton import skeleton
    from journal.yamlfile.problem import BadFile

    refuse_to_overwrite(output, force)
    head = ["# Made by `cleo plan new`. Complete it, then: cleo plan check FILE"]
    text = "\n".join(plan_lines(skeleton(_answers(given), catalogue()), head, {})) + "\n"
    made = read_text(output, text.encode())
    if found := errors(made, catalogue()):
        raise BadFile(found)
    output.write_text(text, encoding="utf-8")
    click.echo(f"{output} has {len(made.plan.by_id)} steps. Complete it, then: cleo plan check {output}", err=True)


def _answers(given: dict[str, str | tuple[str, ...] | None]) -> Answers:
    from journal.plan.skeleton import Answers

    return Answers(
        title=_one(given["title"], "What is the plan called?", "Our recovery plan"),
        owner=_one(given["owner"], "Who answers for it?", ""),
        rto=_pairs(given["rto"], "Recovery times (what=time, …)", "Critical services=4 h"),
        rpo=_pairs(given["rpo"], "How much data may be lost (what=time, …)", "Database=1 h"),
        systems=_pairs(given["system"], "What can break (name=title, …)", "service=The service"),
        scenarios=_several(given["scenario"], "Kinds of disaster (…, …)", "Database failure, Site lost"),
        strategies=_several(given["strategy"], "Ways back (…, …)", "Recovery from backups"),
        levels=_pairs(given["call"], "Whom to call first, then next (role=how, …)", ""),
    )


def _asked(question: str, default: str) -> str:
    """Ask in a terminal; elsewhere take the default."""
    return str(click.prompt(question, default=default, err=True)) if sys.stdin.isatty() else default


def _one(given: str | tuple[str, ...] | None, question: str, default: str) -> str:
    return str(given) if given is not None else _asked(question, default)


def _several(given: str | tuple[str, ...] | None, question: str, default: str) -> list[str]:
    said = list(given) if given else _asked(question, default).split(",")
    return [each.strip() for each in said if each.strip()]


def _pairs(given: str | tuple[str, ...] | None, question: str, default: str) -> _Pairs:
    """Return answers of the form ``WHAT=VALUE``, in their order.

    Raises:
        UsageError: one is not of that form.
    """
    found: _Pairs = {}
    for each in _several(given, question, default):
        what, sign, value = (part.strip() for part in each.partition("="))
        if not (what and sign and value):
            raise click.UsageError(f"{each!r} says no value: write WHAT=VALUE.")
        found[what] = value
    return found
