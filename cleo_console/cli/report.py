"""``cleo report``: the post-incident report, from the journal alone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from journal.report import Report

_SUFFIXES = {".md": "md", ".markdown": "md", ".html": "html", ".htm": "html", ".json": "json"}


@click.command()
@click.argument("incident")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["md", "html", "json"]),
    help="Default: as FILE ends; Markdown where there is no FILE.",
)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Default: standard output."
)
def report(incident: str, format_: str | None, output: Path | None) -> None:
    """Write the post-incident report from the journal.

    INCIDENT is an incident's id, or the file of a journal or an export of it: nothing else is needed, on any machine.
    The same journal always gives the same bytes. Exit status 1 when the journal's chain is broken; the report says so.

    \b
    Example:
      cleo report INC-2026-11-22-01 -o report.html
      cleo report ./journal.db --format json
    """
    from cleo_console.cli.incidents import find_journal
    from journal.report import render
    from journal.report.build import build

    chosen = format_ or _format_of(output)
    path = find_journal(incident)
    _spare(path, output)
    built = build(path)
    _write(render(built, chosen), output)
    _say(built, output)


def _format_of(output: Path | None) -> str:
    if output is None or str(output) == "-":
        return "md"
    if output.suffix.lower() in _SUFFIXES:
        return _SUFFIXES[output.suffix.lower()]
    raise click.UsageError(
        f"{output.name!r} does not tell the format: name it *.md, *.html or *.json, or use --format."
    )


def _spare(journal: Path, output: Path | None) -> None:
    """Refuse to write the report over its own journal."""
    if output is not None and output.exists() and output.samefile(journal):
        raise click.UsageError(f"{output} is the journal itself. Choose another name for the report.")


def _write(text: str, output: Path | None) -> None:
    from journal.errors import CleoError

    if output is None or str(output) == "-":
        sys.stdout.buffer.write(text.encode())  # UTF-8, whatever the locale
        return
    try:
        output.write_bytes(text.encode())
    except OSError as error:
        raise CleoError(
            f"The report could not be written to {output}: {error.strerror}.",
            "Check the folder, its owner and its space, or choose another file.",
        ) from error


def _say(report: Report, output: Path | None) -> None:
    """Tell on standard error what was written, and with which head; end with 1 where the chain is broken."""
    found = report.verification
    if output is not None and str(output) != "-":
        click.echo(f"{output}: {report.incident.id}, {found.events} events, head {found.short_head}", err=True)
    if not found.ok:
        click.echo("cleo: The journal's chain is broken; the report says where. See: cleo journal verify", err=True)
        raise click.exceptions.Exit(1)
