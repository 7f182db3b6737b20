"""``cleo exercise report|hotwash``: what follows an exercise: the after-action report, and what people say."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cleo_console.cli.output_file import refuse_to_overwrite
from cleo_console.cli.report_file import format_of, spare, write_pieces
from journal.wording.counting import count
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from cleo_console.cli.review_access import ReviewAccess
    from journal.exercise.hot_wash import Question

_OUTPUT = (
    click.option("--format", "format_", type=click.Choice(["md", "html", "json"]), help="Default: as FILE ends."),
    click.option(
        "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Default: print it."
    ),
    click.option("--force", is_flag=True, help="Write over a file that is there."),
)


def output_options(command: Callable[..., None]) -> Callable[..., None]:
    """Have a command take in which format and file its result is to be, as ``format_``, ``output`` and ``force``."""
    for option in reversed(_OUTPUT):
        command = option(command)
    return command


@click.command("report")
@click.argument("incident")
@output_options
@click.option("--zone", default="", metavar="ZONE", help="Say times in this zone too (Europe/Berlin), beside UTC.")
def report_command(incident: str, format_: str | None, output: Path | None, force: bool, zone: str) -> None:
    """Write the after-action report and improvement plan of an exercise, from its journal.

    Objectives with their ratings (HSEEP: P, S, M, U) and what they rest on, strengths, areas for improvement with the
    question for each root cause, the hot wash, and the improvement plan. What is not there yet comes first. INCIDENT is
    a tabletop's id, a game day's, or the file of a journal. Exit status 1 when the journal's chain is broken.

    \b
    Example:
      cleo exercise report INC-2026-11-22-01
      cleo exercise report INC-2026-11-22-01 -o after-action.html
    """
    from journal.report import pieces
    from journal.report.build_after_action import build_after_action

    chosen, path = format_ or format_of(output), exercise_journal(incident)
    refuse_to_overwrite(output, force)
    spare(path, (), output)
    made = build_after_action(path, zone=zone)
    write_pieces(pieces(made, chosen), output)
    if output is not None and str(output) != "-":
        click.echo(f"{output}: {made.incident.id}, head {made.verification.short_head}", err=True)
    if not made.verification.ok:
        click.echo("cleo: The journal's chain is broken; the report says where. See: cleo journal verify", err=True)
        raise click.exceptions.Exit(1)


def exercise_journal(named: str) -> Path:
    """Return the journal that is meant: by id here, or a file from anywhere."""
    from cleo_console.cli.incidents import find_journal
    from cleo_console.cli.review_access import find_place

    if Path(named).exists():
        return find_journal(named)
    room, incident_id = find_place(named)
    return room.incident(incident_id).journal


@click.command("hotwash")
@click.argument("incident")
@click.argument("number", required=False, type=click.IntRange(min=1))
@click.argument("answer", required=False, default="")
@click.option("--who", default="", help="Who said it. Default: you.")
@click.option("--ask", is_flag=True, help="Ask each question that nobody answered, one after the other.")
def hotwash_command(incident: str, number: int | None, answer: str, who: str, ask: bool) -> None:
    """Ask after an exercise what went well and what did not, and write the answers into its journal.

    The standard questions, the script's own (`hot_wash:`), and of each objective one for the root cause of what was not
    met. Several people may answer each. It begins once the exercise is closed, while people are still there.

    \b
    Example:
      cleo exercise hotwash INC-2026-11-22-01                     # the questions, and what was answered
      cleo exercise hotwash INC-2026-11-22-01 --ask --who Dora
      cleo exercise hotwash INC-2026-11-22-01 3 "Step 4.2 names a host that is gone" --who Ben
    """
    from cleo_console.cli.review_access import access_for_review

    if number and not answer:
        raise click.UsageError("Give the answer after the question's number.")
    with access_for_review(incident) as at:
        asked = _questions(at)
        if number:
            _answer(at, asked, number, answer, who)
        elif ask:
            _ask_all(at, asked, who)
        else:
            _list(asked)


def _questions(at: ReviewAccess) -> list[Question]:
    from journal.exercise.assessment import NoExercise, assess
    from journal.exercise.hot_wash import questions
    from journal.store.journal import Reader

    incident = at.incident()
    with Reader(at.place.journal) as reader:
        shown = assess(incident, reader.events())
    if shown is None:
        raise NoExercise(incident.id)
    return questions(incident, shown)


def _answer(at: ReviewAccess, asked: list[Question], number: int, answer: str, who: str) -> None:
    if number > len(asked):
        raise click.UsageError(f"There are {len(asked)} questions: cleo exercise hotwash {at.place.folder.name}")
    at.exercise.answer_hot_wash(asked[number - 1].text, answer, who)
    click.echo(sanitize(f"written: {asked[number - 1].text}"))


def _ask_all(at: ReviewAccess, asked: list[Question], who: str) -> None:
    """Ask on the terminal; an empty line goes on to the next question, the input's end ends it."""
    written = 0
    for question in (one for one in asked if not one.answers):
        click.echo(sanitize(question.text))
        click.echo("> ", nl=False)
        line = sys.stdin.readline()
        if not line:
            break
        if line.strip():
            at.exercise.answer_hot_wash(question.text, line, who)
            written += 1
    click.echo(f"{count(written, 'answer')} written.")


def _list(asked: list[Question]) -> None:
    for number, question in enumerate(asked, 1):
        click.echo(sanitize(f"{number:>2}  {question.text}"))
        for one in question.answers:
            click.echo(sanitize(f"      {one.who}: {one.text}"))
