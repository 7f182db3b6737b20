"""``cleo exercise compare``: teams that played the same script, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cleo_console.cli.exercise_after import exercise_journal, output_options
from cleo_console.cli.output_file import refuse_to_overwrite
from cleo_console.cli.report_file import format_of, spare, write_pieces

if TYPE_CHECKING:
    from journal.exercise.comparing import Played


@click.command("compare")
@click.argument("incidents", metavar="INCIDENT INCIDENT...", nargs=-1, required=True)
@output_options
@click.option("--json", "as_json", is_flag=True, help="For a program to read: the same as --format json.")
def compare_command(
    incidents: tuple[str, ...], format_: str | None, output: Path | None, force: bool, as_json: bool
) -> None:
    """Compare teams that played the same script: ratings, and of each inject how long it took, what was chosen, hints.

    Each INCIDENT is a tabletop's id, a game day's, or the file of a journal, also from another machine. Whether it was
    the same version of the script is told by its digest. What was rewound counts for nobody; what nobody measured is
    said to be so. Without -o and --format it is a table for a terminal of 80 columns.

    \b
    Example:
      cleo exercise compare INC-2026-11-22-01 INC-2026-11-23-01
      cleo exercise compare INC-2026-11-22-01 ./other-site/journal.db -o teams.html
    """
    from journal.exercise.comparing import compare
    from journal.report.comparison import comparison_text, terminal_lines

    if len(incidents) < 2:
        raise click.UsageError("Name two exercises or more.")
    journals = [exercise_journal(one) for one in incidents]
    refuse_to_overwrite(output, force)
    for journal in journals:
        spare(journal, (), output)
    found = compare([_played(journal) for journal in journals])
    if output is None and not format_ and not as_json:
        for line in terminal_lines(found):
            click.echo(line)
        return
    write_pieces([comparison_text(found, "json" if as_json else format_ or format_of(output))], output)


def _played(journal: Path) -> Played:
    from journal.exercise.assessment import NoExercise
    from journal.exercise.comparing import Played
    from journal.report.build import gather
    from journal.store.journal import Reader

    with Reader(journal) as reader:
        gathered = gather(reader)
        shown = gathered.assessment
    if shown is None:
        raise NoExercise(gathered.incident.id)
    return Played(gathered.incident, shown, gathered.participants)
