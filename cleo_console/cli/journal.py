"""``cleo journal list|show|verify|export``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cleo_console.cli.completion import known_incidents
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from journal.report.evidence import Entry
    from journal.store.journal import Reader
    from journal.verify import Verdict

json_option = click.option("--json", "as_json", is_flag=True, help="For a program to read.")
more_argument = click.argument("more", nargs=-1, metavar="[FILE]...", type=click.Path(path_type=Path, dir_okay=False))


@click.group()
def journal() -> None:
    """List, show, verify and export journals.

    INCIDENT is an incident's id, or the file of a journal or an export of it. A journal that went on in
    the fallback directory lies in several files: they are found by themselves where they were written; elsewhere,
    name them all.

    \b
    Example:
      cleo journal list
      cleo journal verify INC-2026-11-22-01
    """


@journal.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the incidents of this installation, the newest first.

    \b
    Example:
      cleo journal list --json
    """
    from cleo_console.settings import journal_paths

    found = [_listed(incident) for incident in journal_paths().ids()]
    if as_json:
        _print_json(found)
        return
    for row in found:
        click.echo(_list_line(row))
    if not found:
        click.echo("There is no incident yet. Declare one: cleo")


def _listed(incident_id: str) -> dict[str, Any]:
    from cleo_console.settings import journal_paths
    from journal.errors import CleoError
    from journal.incident.fold import fold_journal

    path = journal_paths().incident(incident_id).journal
    try:
        incident = fold_journal(path)
    except CleoError as error:
        return {"id": incident_id, "journal": str(path), "error": error.message}
    return {
        "id": incident.id,
        "journal": str(path),
        "kind": incident.kind,
        "title": incident.title,
        "declared_at": incident.declared_at,
        "closed_at": incident.closed_at,
        "outcome": incident.outcome,
        "events": incident.seq,
        "head": incident.head,
    }


def _list_line(row: dict[str, Any]) -> str:
    from journal.store.chain import short_head
    from journal.wording.instants import utc
    from journal.wording.sanitize import sanitize

    if "error" in row:
        return sanitize(f"{row['id']}  CANNOT BE READ: {row['error']}")
    parts = (row["id"], f"{row['kind']:<8}", utc(row["declared_at"]), short_head(row["head"]), row["outcome"])
    return sanitize("  ".join((*parts, row["title"])))


@journal.command()
@click.argument("incident", shell_complete=known_incidents)
@more_argument
@click.option(
    "--run", type=click.IntRange(min=1), metavar="N", help="Show what run N printed, instead of the timeline."
)
@json_option
def show(incident: str, more: tuple[Path, ...], run: int | None, as_json: bool) -> None:
    """Show the timeline; late entries stand where they happened. What systems wrote is shown sanitized.

    \b
    Example:
      cleo journal show INC-2026-11-22-01
      cleo journal show INC-2026-11-22-01 --run 23
    """
    from cleo_console.cli.incidents import find_journal
    from journal.store.journal import Reader

    with Reader(find_journal(incident), *more) as reader:
        if run is not None:
            _show_output(reader, run, as_json)
        else:
            _show_timeline(reader, as_json)


def _show_timeline(reader: Reader, as_json: bool) -> None:
    from journal.report.build import gather

    entries = gather(reader).entries  # read from the file while it is gone through
    if as_json:
        _print_json(entries)
        return
    for entry in entries:
        click.echo(_entry_line(entry))


def _entry_line(entry: Entry) -> str:
    from journal.wording.instants import offset, utc
    from journal.wording.sanitize import sanitize

    late = f" (late entry, written {utc(entry.written_at)})" if entry.late else ""
    step = f"{entry.step.number} " if entry.step.number else ""
    return sanitize(f"{utc(entry.at)}  {offset(entry.offset_s)}  {entry.actor}  {step}{entry.text}{late}")


def _show_output(reader: Reader, run: int, as_json: bool) -> None:

    lines = reader.output(run)
    if as_json:
        _print_json(lines)
        return
    for line in lines:
        click.echo(f"{line.at:%H:%M:%S}  {sanitize(line.text)}")
    if not lines:
        click.echo(f"Run {run} printed nothing, or there is no such run.", err=True)


@journal.command()
@click.argument("incident", shell_complete=known_incidents)
@more_argument
@click.option("--head", metavar="HEAD", help="The head that a witness holds: 64 hexadecimal digits, or 8 (7f3a-09bc).")
@json_option
def verify(incident: str, more: tuple[Path, ...], head: str | None, as_json: bool) -> None:
    """Check that a journal is what was written. Exit status 1 when it is not.

    \b
    Example:
      cleo journal verify INC-2026-11-22-01 --head 7f3a-09bc
      cleo journal verify journal.db journal-2.db
    """
    from cleo_console.cli.incidents import find_journal
    from journal.store.check import verify_apart

    path = find_journal(incident)
    verdict = verify_apart(path, _head(head), more=more)
    if as_json:
        _print_json({**verdict._asdict(), "faults": [fault._asdict() for fault in verdict.faults]})
    else:
        _print_verdict(path, verdict)
    if not verdict.ok:
        raise click.exceptions.Exit(1)


def _head(head: str | None) -> str | None:
    digits = (head or "").strip().lower().replace("-", "")
    if head is not None and (not 8 <= len(digits) <= 64 or digits.strip("0123456789abcdef")):
        raise click.UsageError(
            f"{head!r} is no head: it has 64 hexadecimal digits, or 8 in its short form (7f3a-09bc)."
        )
    return head


def _print_verdict(path: Path, verdict: Verdict) -> None:
    from journal.store.chain import short_head
    from journal.wording.sanitize import sanitize

    click.echo(f"{path}: {verdict.seq} events, head {sanitize(verdict.head)} ({sanitize(short_head(verdict.head))})")
    for fault in verdict.faults:
        click.echo(sanitize(f"  row {fault.row}: {fault.what}" if fault.row else f"  {fault.what}"))
    for note in verdict.notes:
        click.echo(sanitize(f"  note: {note}"))
    click.echo("Nothing is wrong." if verdict.ok else f"WRONG: {len(verdict.faults)} found.")


@journal.command()
@click.argument("incident", shell_complete=known_incidents)
@more_argument
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE")
def export(incident: str, more: tuple[Path, ...], output: Path) -> None:
    """Write the journal as it is now into one new file, for a ticket, an auditor, sqlite-utils or Datasette.

    A journal that lies in several files becomes one; it verifies, and gives the report, on any machine.

    \b
    Example:
      cleo journal export INC-2026-11-22-01 -o INC-2026-11-22-01.db
    """
    from cleo_console.cli.incidents import find_journal
    from journal.store.chain import short_head
    from journal.store.journal import Reader
    from journal.store.journal import export as write

    write(find_journal(incident), output, *more)
    with Reader(output) as reader:
        seq, head = reader.head()
    click.echo(f"{output}: {seq} events, head {head} ({short_head(head)})")


def _print_json(value: Any) -> None:
    from journal.report.json import plain_json

    click.echo(plain_json(value), nl=False)
