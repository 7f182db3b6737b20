"""``cleo lab``: real services on loopback to practise on."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cleo_console.settings import SYSTEM_LAB
from journal.errors import CleoError

if TYPE_CHECKING:
    from cleo_console.lab.service import FaultKind
    from cleo_console.lab.status import LabStatus

_MINUTES = click.FloatRange(min=0.01, max=100_000)
directory_option = click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    help="The lab's folder. Default: lab, beside the journals (CLEO_HOME, XDG_STATE_HOME); for root, where neither is "
    f"set, {SYSTEM_LAB}.",
)


@click.group()
def lab() -> None:
    """Practise on real services: on this machine's loopback, in a folder of their own.

    \b
    Example:
      cleo lab up
      cleo lab break postgres --how lose-data-directory
      cleo lab down
    """


@lab.command()
@directory_option
@click.option("--size", default="small", show_default=True, help="How much data: small, or such as 500MB or 2GB.")
@click.option("--backup-every", type=_MINUTES, default=15.0, show_default=True, metavar="MINUTES")
@click.option(
    "--standby",
    is_flag=True,
    help="Also a standby that follows it, in the site dr; of a MongoDB two, so that the set has a majority.",
)
@click.option(
    "--also",
    multiple=True,
    metavar="NAME[=TYPE]",
    help="A further system of its own, such as a second cluster; may be repeated.",
)
@click.option(
    "--s3", is_flag=True, help="Copies of backups go to a bucket of a real object store (Ceph RGW), not to a folder."
)
@click.option(
    "--s3-first",
    is_flag=True,
    help="As --s3, and the backups of MongoDB and Redis lie in such a bucket themselves.",
)
@click.option(
    "--two-sites",
    is_flag=True,
    help="A network for each of two sites, so that one can be cut off: the three stores with their standbys, the API, "
    "HAProxy and DNS, at both. Needs root.",
)
@click.option(
    "--cold",
    is_flag=True,
    help="With --two-sites: at the DR site no standby follows; a host with programs stands by, for copies of backups.",
)
@click.option("--post", is_flag=True, help="Also a mail server and a webhook that keep what people are told.")
@click.option("--only", multiple=True, metavar="NAME[=TYPE]", help="Instead of the three stores; may be repeated.")
def up(
    directory: Path | None,
    size: str,
    backup_every: float,
    standby: bool,
    also: tuple[str, ...],
    s3: bool,
    s3_first: bool,
    two_sites: bool,
    cold: bool,
    post: bool,
    only: tuple[str, ...],
) -> None:
    """Start the lab: PostgreSQL, MongoDB and Redis with CleoAI's data, each with a writer and backups, and a second
    place for copies of them (cleo backup run --type offsite-sync).

    Repeating it is harmless: what is missing is added, and what a fault stopped stays stopped.

    \b
    Example:
      cleo lab up --only postgres --size 1GB
      cleo lab up --standby --also orders
      cleo lab up --s3
      cleo lab up --two-sites
      cleo lab up --also elbv2 --also route53        (AWS's load balancer and DNS, emulated)
    """
    from cleo_console.lab import Lab

    started = Lab.up(
        directory,
        size,
        systems=only,
        also=also,
        standby=standby,
        s3=s3,
        first=s3_first,
        two_sites=two_sites,
        cold=cold,
        post=post,
        backup_minutes=backup_every,
        say=click.echo,
    )
    click.echo(f"Inventory: {started.inventory_path}")


@lab.command()
@directory_option
@click.option("--keep", is_flag=True, help="Only stop it; `cleo lab up` goes on with the same data.")
def down(directory: Path | None, keep: bool) -> None:
    """Stop everything the lab started and remove its folder.

    \b
    Example:
      cleo lab down
    """
    from cleo_console.lab import Lab

    if keep:
        kept = Lab.at(directory)
        kept.stop()
        click.echo(f"The lab in {kept.directory} is stopped; `cleo lab up` starts it again.")
    elif Lab.remove(directory):
        click.echo("The lab is gone: no process, no folder.")
        for incident in _left_open():
            click.echo(f"{incident} is still open, and its runner goes on: cleo close --incident {incident}")
    else:
        click.echo("There was no lab.")


def _left_open() -> list[str]:
    """Return the incidents that are open and whose inventory is gone."""
    from cleo_console.settings import journal_paths
    from journal.incident.fold import fold_journal

    found, places = [], journal_paths()
    for name in places.ids():
        with suppress(CleoError):  # `cleo journal verify` is for those that cannot be read
            incident = fold_journal(places.incident(name).journal)
            if incident.closed_at is None and incident.inventory and not Path(incident.inventory).exists():
                found.append(name)
    return found


@lab.command()
@directory_option
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
def status(directory: Path | None, as_json: bool) -> None:
    """Show what runs. Exit status 1 when something of the lab does not.

    \b
    Example:
      cleo lab status --json
    """
    from cleo_console.lab import Lab

    found = Lab.at(directory).status()
    if as_json:
        click.echo(json.dumps(found.as_data(), indent=2, ensure_ascii=False))
    else:
        for name, value in _status_lines(found):
            click.echo(f"{name:<14}{value}")
    if not found.whole:
        raise click.exceptions.Exit(1)


@lab.command("new-secrets")
@directory_option
def new_secrets(directory: Path | None) -> None:
    """Put new passwords of the application where the inventory says, as whoever responds to a break-in does.

    The servers have the old ones until `credentials.rotate`.

    \b
    Example:
      cleo lab new-secrets
    """
    from cleo_console.lab import Lab

    for system, users in Lab.at(directory).put_new_secrets().items():
        click.echo(f"{system}: a new password of {', '.join(users)} lies where the inventory says.")


@lab.command("break")
@directory_option
@click.argument("what", metavar="SYSTEM|FAULT|everything", required=False)
@click.option("--how", metavar="FAULT", help="The fault, after a system.")
@click.option("--on", metavar="SYSTEM", help="The system, after a fault; needed where several can have it.")
@click.option("--list", "list_them", is_flag=True, help="List the faults.")
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
def break_(
    directory: Path | None, what: str | None, how: str | None, on: str | None, list_them: bool, as_json: bool
) -> None:
    """Break something in the lab, for real, and note what was done and when.

    `everything` takes all data of all its systems away, but for that of standbys.

    \b
    Example:
      cleo lab break postgres --how drop-table
      cleo lab break drop-table --on orders
      cleo lab break everything
    """
    from cleo_console.lab import Lab

    known = Lab.known_faults(directory)
    if list_them:
        _list_faults(known, as_json)
        return
    if what == "everything" and not (how or on):
        faults = Lab.at(directory).break_everything()
    else:
        system, how = _aimed(known, what, how, on)
        faults = [Lab.at(directory).break_(system, how)]
    for fault in faults:
        click.echo(json.dumps(asdict(fault), indent=2, ensure_ascii=False) if as_json else f"{fault.at}  {fault.what}")


def _aimed(known: Collection[tuple[str, str]], what: str | None, how: str | None, on: str | None) -> tuple[str, str]:
    """The system and the fault that are meant.

    Raises:
        UsageError: one of them is not said, or there is no such fault.
    """
    system, how = (what, how) if how else (on, what)
    if how and not system:
        able = [name for name, fault in known if fault == how]
        if len(able) > 1:
            raise click.UsageError(f"`{how}` can break several: say one with --on: {', '.join(able)}.")
        system = able[0] if able else None
    if not system or not how:
        raise click.UsageError("Say what to break and how: SYSTEM --how FAULT. See `cleo lab break --list`.")
    if (system, how) not in known:
        raise click.UsageError(f"The lab has no fault `{how}` for `{system}`. See `cleo lab break --list`.")
    return system, how


def _list_faults(known: Mapping[tuple[str, str], FaultKind], as_json: bool) -> None:
    if as_json:
        rows = [{"system": system, "how": how, "title": kind.title} for (system, how), kind in known.items()]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if not known:
        raise CleoError("Nothing in the lab can be broken: none of its systems was made.", "Make it: cleo lab up")
    width, longest = max(len(system) for system, _ in known), max(len(how) for _, how in known)
    for (system, how), kind in known.items():
        click.echo(f"{system:<{width}} --how {how:<{longest}}  {kind.title}")


def _status_lines(found: LabStatus) -> list[tuple[str, str]]:
    lines = [("folder", found.directory), ("inventory", found.inventory)]
    for name, service in found.services.items():
        lines += [("", ""), ("system", name)] if len(found.services) > 1 else []
        lines += [*service.lines, *(("trouble", each) for each in service.trouble)]
    lines += [("", "")] if len(found.services) > 1 else []
    if place := found.second_place:
        lines += [*place.lines, *(("trouble", each) for each in place.trouble)]
    for beside in (found.sites, found.post):
        if beside:
            lines += [("", ""), *beside.lines, *(("trouble", each) for each in beside.trouble)]
    faults = [("fault", f"{fault.at} {fault.system} {fault.how}: {fault.what}") for fault in found.faults]
    return lines + (faults or [("faults", "none")])
