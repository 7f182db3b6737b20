"""``cleo report``: the post-incident report, from the journal alone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cleo_console.cli.completion import known_incidents
from cleo_console.cli.report_file import format_of, spare, write_pieces
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from journal.report import CustomerReport, Report


@click.command()
@click.argument("incident", shell_complete=known_incidents)
@click.argument("more", nargs=-1, metavar="[FILE]...", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--format",
    "format_",
    type=click.Choice(["md", "html", "json"]),
    help="Default: as FILE ends; Markdown where there is no FILE.",
)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Default: standard output."
)
@click.option(
    "--full", is_flag=True, help="With the appendix: every event, run, target and digest. JSON always has it."
)
@click.option(
    "--for",
    "reader",
    type=click.Choice(["team", "customers"]),
    default="team",
    show_default=True,
    help="For customers: without names of machines, people and systems, paths and ids.",
)
@click.option("--zone", default="", metavar="ZONE", help="Say times in this zone too (Europe/Berlin), beside UTC.")
@click.option("--head", metavar="HEAD", help="The head that a witness holds: 64 hexadecimal digits, or 8 (7f3a-09bc).")
def report(
    incident: str,
    more: tuple[Path, ...],
    format_: str | None,
    output: Path | None,
    full: bool,
    reader: str,
    zone: str,
    head: str | None,
) -> None:
    """Write the post-incident report from the journal: one page for everybody, then the chapters.

    INCIDENT is an incident's id, or the file of a journal or an export of it: nothing else is needed, on any machine.
    A journal that went on in the fallback directory lies in several files; away from where they were written, name
    them all.
    What customers read is what was measured, and the report's field "for customers", in which internal names are struck
    out; of all other text that people wrote, nothing.
    The same journal always gives the same bytes. Exit status 1 when the journal's chain is broken; the report says so.

    \b
    Example:
      cleo report INC-2026-11-22-01 -o report.html
      cleo report INC-2026-11-22-01 -o evidence.html --full
      cleo report INC-2026-11-22-01 -o outage.html --for customers
      cleo report ./journal.db --format json
      cleo report INC-2026-11-22-01 -o report.html --zone Europe/Berlin --head 7f3a-09bc
    """
    from cleo_console.cli.incidents import find_journal

    chosen = format_ or format_of(output)
    _check_asked(zone, head)
    if reader == "customers" and full:
        raise click.UsageError("The appendix is not for customers: leave out --full.")
    path = find_journal(incident)
    spare(path, more, output)
    if reader == "customers":
        _for_customers(path, more, chosen, output, zone, head)
    else:
        _for_the_team(path, more, chosen, output, zone, head, full=full)


def _for_the_team(
    path: Path, more: tuple[Path, ...], format_: str, output: Path | None, zone: str, head: str | None, *, full: bool
) -> None:
    from journal.report import pieces
    from journal.report.build import build

    built = build(path, zone=zone, head=head, more=more)
    write_pieces(pieces(built, format_, full=full), output)
    _say(built, output)


def _for_customers(
    path: Path, more: tuple[Path, ...], format_: str, output: Path | None, zone: str, head: str | None
) -> None:
    from journal.report import pieces
    from journal.report.build import build_for_customers

    told, built, struck = build_for_customers(path, zone=zone, head=head, more=more)
    write_pieces(pieces(told, format_), output)
    _say_struck(struck, told)
    _say(built, output)


def _check_asked(zone: str, head: str | None) -> None:
    """Refuse a zone or a head that is none, before anything is read."""
    from journal.report.times import NoSuchZone, Times

    try:
        Times(zone)
    except NoSuchZone as error:
        raise click.UsageError(f"{error.message} {error.hint}") from error
    digits = (head or "").strip().lower().replace("-", "")
    if head is not None and (not 8 <= len(digits) <= 64 or digits.strip("0123456789abcdef")):
        raise click.UsageError(
            f"{head!r} is no head: it has 64 hexadecimal digits, or 8 in its short form (7f3a-09bc)."
        )


def _say_struck(struck: list[str], told: CustomerReport) -> None:
    """Tell on standard error what was struck out of the text for customers, or that nobody wrote any."""
    if struck:
        names = ", ".join(repr(name) for name in struck)
        click.echo(f"cleo: Struck out of the text for customers: {names}. Write it without them.", err=True)
    if not told.statement:
        click.echo('cleo: Nobody wrote the report\'s field "for customers" yet: it says what was measured.', err=True)


def _say(report: Report, output: Path | None) -> None:
    """Tell on standard error what was written, and with which head; end with 1 where the chain is broken."""
    found = report.verification
    if output is not None and str(output) != "-":
        click.echo(f"{output}: {report.incident.id}, {found.events} events, head {found.short_head}", err=True)
    _give_to_witness(report)
    if not found.ok:
        click.echo("cleo: The journal's chain is broken; the report says where. See: cleo journal verify", err=True)
        raise click.exceptions.Exit(1)


def _give_to_witness(report: Report) -> None:
    """Give the head of a whole journal to the witness, if one is set; say where it did not take it."""
    from cleo_console.settings import actor, paths
    from cleo_console.witness import give
    from journal.store.witness import Head

    found, of = report.verification, report.incident
    if found.ok:
        head = Head(datetime.now(UTC), of.id, of.kind, found.events, found.head, f"reported by {actor()}")
        if trouble := give(head, paths()):
            click.echo(sanitize(f"cleo: {trouble}"), err=True)
