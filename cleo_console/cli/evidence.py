"""``cleo evidence``: the pack for auditors, over all incidents and exercises of a span of time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cleo_console.cli.signers_file import SignersFile
from journal.wording.counting import count
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from journal.audit.model import Evidence

_KEY = click.Path(path_type=Path, dir_okay=False, exists=True)
_SHOWN = 10
"""Lines of what is missing that are printed; the index has them all."""


@click.command()
@click.option("--from", "since", required=True, metavar="DAY", help="The first day (UTC), or an instant with its zone.")
@click.option(
    "--to", "until", required=True, metavar="DAY", help="The last day (UTC), or the instant before which it ends."
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="A folder that is not there yet.",
)
@click.option(
    "--signers", type=SignersFile(), metavar="FILE", help="Whose signatures over journals count (allowed_signers)."
)
@click.option("--revoked", type=_KEY, metavar="FILE", help="Keys that count for nothing any more.")
@click.option(
    "--key", type=_KEY, envvar="CLEO_SIGNING_KEY", metavar="KEY", help="Signs the checksums. Default: CLEO_SIGNING_KEY."
)
@click.option(
    "--pseudonyms",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="KEY",
    help="Replace names, by this file's key, which is made where it is missing; journals are left out.",
)
@click.option("--witness", type=_KEY, metavar="FILE", help="A second party's log of heads, to compare with.")
def evidence(
    since: str,
    until: str,
    output: Path,
    signers: Path | None,
    revoked: Path | None,
    key: Path | None,
    pseudonyms: Path | None,
    witness: Path | None,
) -> None:
    """Write the evidence pack: what the journals show an auditor of a span of time, and what they do not.

    It holds an index (Markdown, HTML, JSON), a copy of every journal, the checker and SHA256SUMS, and needs nothing
    else to be checked. It has names and what people wrote in it: only you can read the folder. Exit status 1
    when a journal does not verify or could not be read; the index says which, and what else is missing.
    With --pseudonyms it holds no journals, and pseudonyms instead of names: the key has beside it who is who.

    \b
    Example:
      cleo evidence --from 2026-01-01 --to 2026-12-31 -o evidence-2026
      cleo evidence --from 2026-01-01 --to 2026-12-31 -o evidence-2026 --signers allowed_signers --key ~/.ssh/id_ed25519
    """
    from cleo_console import __version__
    from cleo_console.app_services import acting_services
    from cleo_console.settings import actor
    from journal.audit.pack import Order, write_pack
    from journal.audit.span import span_of
    from journal.verify import Signers

    if revoked and not signers:
        raise click.UsageError("--revoked is about --signers: name that, too.")
    order = Order(
        span=span_of(since, until),
        made_by=actor(),
        program=f"cleo-console {__version__}",
        signers=Signers(signers, revoked) if signers else None,
        key=key,
        witness=witness,
        pseudonyms=pseudonyms,
    )
    at = acting_services()
    made = write_pack(at.paths, at.plan(), order, output)
    _say(made, output)
    if not all(journal.ok for journal in made.journals):
        raise click.exceptions.Exit(1)


def _say(made: Evidence, folder: Path) -> None:
    """Tell what is in the pack, and what is missing."""
    whole, of = sum(journal.ok for journal in made.journals), count(len(made.journals), "journal")
    click.echo(sanitize(f"{folder}: {count(len(made.incidents), 'incident')}; {whole:,} of {of} verify"))
    for one in made.missing[:_SHOWN]:
        click.echo(sanitize(f"  missing: {one.what}"))
    if len(made.missing) > _SHOWN:
        click.echo(f"  and {len(made.missing) - _SHOWN} more: {folder}/index.md")
