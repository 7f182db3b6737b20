"""``cleo plan new``: makes a plan to begin with, from questions or from options."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from cleo_console.cli.output_file import refuse_to_overwrite, write_output

if TYPE_CHECKING:
    from journal.plan.skeleton import Answers

_Pairs = dict[str, str]
T = TypeVar("T")


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
    if any("\ud800" <= letter <= "\udfff" for said in given.values() for letter in "".join(said or ())):
        raise click.UsageError("What you typed is not UTF-8. Leave out the bytes that are not, then do it again.")
    head = ["# Made by `cleo plan new`. Complete it, then: cleo plan check FILE"]
    text = "\n".join(plan_lines(skeleton(_answers(given), catalogue()), head, {})) + "\n"
    made = read_text(output, text.encode())
    if found := errors(made, catalogue()):
        raise BadFile(found)
    write_output(output, text)
    click.echo(f"{output} has {len(made.plan.by_id)} steps. Complete it, then: cleo plan check {output}", err=True)


def _answers(given: dict[str, str | tuple[str, ...] | None]) -> Answers:
    from journal.plan.skeleton import Answers

    times = "Recovery times (what=time, …)"
    return Answers(
        title=_one(given["title"], "What is the plan called?", "Our recovery plan"),
        owner=_one(given["owner"], "Who answers for it?", ""),
        rto=_pairs(given["rto"], times, "Critical services=4 h", _time),
        rpo=_pairs(given["rpo"], "How much data may be lost (what=time, …)", "Database=1 h", _time),
        systems=_pairs(given["system"], "What can break (name=title, …)", "service=The service", _name),
        scenarios=_several(given["scenario"], "Kinds of disaster (…, …)", "Database failure, Site lost"),
        strategies=_several(given["strategy"], "Ways back (…, …)", "Recovery from backups"),
        levels=_pairs(given["call"], "Whom to call first, then next (role=how, …)", ""),
    )


def _asked(question: str, default: str, read: Callable[[str], T]) -> T:
    """Ask in a terminal, until the answer can be read; elsewhere take the default.

    Args:
        question: what is asked.
        default: the answer of who only presses enter.
        read: what makes something of an answer; it raises `click.UsageError` where nothing can be made of it.
    """
    if not sys.stdin.isatty():
        return read(default)
    made: T = click.prompt(question, default=default, err=True, value_proc=read)
    return made


def _one(given: str | tuple[str, ...] | None, question: str, default: str) -> str:
    return str(given) if given is not None else _asked(question, default, str.strip)


def _listed(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _several(given: str | tuple[str, ...] | None, question: str, default: str) -> list[str]:
    return [each.strip() for each in given if each.strip()] if given else _asked(question, default, _listed)


def _time(_: str, value: str) -> str:
    """Return what is wrong with a time; empty where nothing is."""
    from journal.wording.durations import Duration

    try:
        Duration.parse(value)
    except ValueError as error:
        return str(error)
    return ""


def _name(name: str, _: str) -> str:
    """Return what is wrong with a system's name; empty where nothing is."""
    from journal.yamlfile.names import strange

    return strange(name)


def _pairs(
    given: str | tuple[str, ...] | None, question: str, default: str, wrong: Callable[[str, str], str] | None = None
) -> _Pairs:
    """Return answers of the form ``WHAT=VALUE``, in their order.

    Args:
        given: what the options say; without any it is asked for.
        question, default: as in `_asked`.
        wrong: what is wrong with one pair; empty where nothing is.

    Raises:
        UsageError: an option is not of that form.
    """

    def read(said: Sequence[str]) -> _Pairs:
        found: _Pairs = {}
        for each in said:
            what, sign, value = (part.strip() for part in each.partition("="))
            if not (what and sign and value):
                raise click.UsageError(f"{each!r} says no value: write WHAT=VALUE.")
            if wrong and (complaint := wrong(what, value)):
                raise click.UsageError(f"{each!r}: {complaint}")
            found[what] = value
        return found

    return read(list(given)) if given else _asked(question, default, lambda text: read(_listed(text)))
