"""``cleo journal list|show|verify|sign|export``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cleo_console.cli.completion import known_incidents
from cleo_console.cli.signers_file import SignersFile
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from journal.report.evidence import Entry
    from journal.store.journal import Reader

json_option = click.option("--json", "as_json", is_flag=True, help="For a program to read.")
_FILE = click.Path(path_type=Path, dir_okay=False)
more_argument = click.argument("more", nargs=-1, metavar="[FILE]...", type=click.Path(path_type=Path, dir_okay=False))


@click.group()
def journal() -> None:
    """List, show, verify, sign and export journals.

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
@click.option("--signers", type=SignersFile(), metavar="FILE", help="Keys that may sign a head (allowed_signers).")
@click.option("--revoked", type=_FILE, metavar="FILE", help="Keys that count for nothing any more.")
@click.option("--signed-at", default="", metavar="TIME", help="Judge keys as of then: YYYYMMDDHHMMSSZ. Default: now.")
@click.option("--witness", type=_FILE, metavar="FILE", help="A second party's log of heads. Default: CLEO_WITNESS.")
@json_option
def verify(
    incident: str,
    more: tuple[Path, ...],
    head: str | None,
    signers: Path | None,
    revoked: Path | None,
    signed_at: str,
    witness: Path | None,
    as_json: bool,
) -> None:
    """Check that a journal is what was written. Exit status 1 when it is not.

    It is compared with the heads that the witness has; what waits for the witness is given to it.

    With --signers, the signatures beside it are checked, and it is 3 where nothing is wrong, but no signer of that list
    signed it to its end: what was added after a signature is not covered by it.

    \b
    Example:
      cleo journal verify INC-2026-11-22-01 --head 7f3a-09bc
      cleo journal verify INC-2026-11-22-01 --signers allowed_signers
      cleo journal verify journal.db journal-2.db
    """
    from cleo_console.cli.incidents import find_journal
    from cleo_console.settings import paths
    from cleo_console.witness import deliver
    from cleo_console.witness_check import compared
    from journal.store.check import verify_apart
    from journal.verify import Signers, lines_of, status_of

    path = find_journal(incident)
    asked = Signers(signers, revoked, signed_at) if signers else None
    if (revoked or signed_at) and not asked:
        raise click.UsageError("--revoked and --signed-at are about --signers: name that, too.")
    verdict = verify_apart(path, _head(head), more=more, signers=asked)
    seen, still = compared(path, witness), deliver(paths())
    if as_json:
        lists = {name: [one._asdict() for one in getattr(verdict, name)] for name in ("faults", "signatures")}
        of_witness = {"wrong": seen.wrong, "notes": seen.notes, "waiting": still}
        _print_json({**verdict._asdict(), **lists, "witness": of_witness})
    else:
        said = [*(f"  {note}" for note in (*seen.notes, *still)), *(f"WITNESS: {line}" for line in seen.wrong)]
        for line in (*lines_of(path, verdict, asked_signers=bool(asked)), *said):
            click.echo(sanitize(line))
    if status := 1 if seen.wrong else status_of(verdict, asked_signers=bool(asked)):
        raise click.exceptions.Exit(status)


@journal.command()
@click.argument("incident")
@click.option(
    "--key",
    type=_FILE,
    required=True,
    envvar="CLEO_SIGNING_KEY",
    metavar="KEY",
    help="A private key of ssh, or the .pub of one that your agent has. Default: CLEO_SIGNING_KEY.",
)
def sign(incident: str, key: Path) -> None:
    """Sign a journal's present head with a key of the team: who has the key vouches for every row up to it.

    The journal is checked first, and nothing is written to it: statement and signature lie beside it. Rows that are
    added later are not signed; sign again. It does not prove when it was signed.

    \b
    Example:
      cleo journal sign INC-2026-11-22-01 --key ~/.ssh/id_ed25519
      echo "ada@example.org namespaces=\"cleo-journal-head,cleo-evidence\" $(cat ada.pub)" >> allowed_signers
    """
    from cleo_console.cli.incidents import find_journal
    from journal.signing import sign_head
    from journal.store.chain import short_head

    made = sign_head(find_journal(incident), key)
    click.echo(f"{made.file}: row {made.row}, head {made.head} ({short_head(made.head)}) is signed")


@journal.command("witness")
def give_to_witness() -> None:
    """Give the heads to the witness (CLEO_WITNESS) that it did not take so far. Exit status 1 where some still wait.

    \b
    Example:
      cleo journal witness
    """
    from cleo_console.settings import paths
    from cleo_console.witness import deliver

    still = deliver(paths(), at_once=True)
    for line in still or ["Nothing waits for the witness."]:
        click.echo(sanitize(line))
    if still:
        raise click.exceptions.Exit(1)


def _head(head: str | None) -> str | None:
    from journal.verify import CannotCheckError, head_digits

    if head is not None:
        try:
            head_digits(head)
        except CannotCheckError as error:
            raise click.UsageError(f"{error}.") from error
    return head


@journal.command()
@click.argument("incident", shell_complete=known_incidents)
@more_argument
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE")
def export(incident: str, more: tuple[Path, ...], output: Path) -> None:
    """Write the journal as it is now into one new file, for a ticket, an auditor, sqlite-utils or Datasette.

    A journal that lies in several files becomes one; it verifies, and gives the report, on any machine. Its signatures
    are laid beside it.

    \b
    Example:
      cleo journal export INC-2026-11-22-01 -o INC-2026-11-22-01.db
    """
    from cleo_console.cli.incidents import find_journal
    from journal.signing import carry_signatures
    from journal.store.chain import short_head
    from journal.store.journal import Reader
    from journal.store.journal import export as write

    path = find_journal(incident)
    write(path, output, *more)
    signed = carry_signatures(path, output)
    with Reader(output) as reader:
        seq, head = reader.head()
    beside = f", {signed} signed beside it" if signed else ""
    click.echo(f"{output}: {seq} events, head {head} ({short_head(head)}){beside}")


def _print_json(value: Any) -> None:
    from journal.report.json import plain_json

    click.echo(plain_json(value), nl=False)
