"""``cleo backup``: list, take, verify, hold and fetch backups without an incident, by hand or from cron."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import click
import msgspec

from cleo_console.cli.backup_access import folder_of, looking, print_errors, stopping, systems_meant
from cleo_console.cli.backup_checks import acted, locks_left, verify_offsite, verify_system
from cleo_console.cli.backup_words import one_line, remarks, table, with_cure
from cleo_console.settings import home, paths
from journal.wording.durations import Duration
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from actions.backups.unattended.context import UnattendedContext
    from actions.backups.unattended.run import Ended
    from actions.inventory import Inventory


def _system_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--system", "systems", multiple=True, metavar="NAME", help="Only this system; may be repeated."
    )(command)


@click.group("backup")
def backup() -> None:
    """List, take and verify the backups of all systems, with or without an incident.

    \b
    Example:
      cleo backup list
      cleo backup run --type incremental
      cleo backup verify --full --system postgres
    """


@backup.command("list")
@_system_option
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
def list_(systems: tuple[str, ...], as_json: bool) -> None:
    """List the backups of all systems: what each covers, when it was verified and restored.

    Exit status 1 where a system's backups cannot be listed.
    """
    from actions.backups.catalogue import read_catalogue, rows

    inventory, meant = systems_meant(systems)
    listed = read_catalogue(inventory, meant, lambda system: looking(inventory, system))
    found = rows(listed)
    if as_json:
        troubles = {one.system: one.trouble for one in listed if one.trouble}
        held = {one.system: list(one.holders) for one in listed if one.holders}
        facts = {"backups": msgspec.to_builtins(found), "held": held, "not_listed": troubles}
        click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        locks = [f"{one}: {left.severity}: {with_cure(left)}" for one in meant for left in locks_left(inventory, one)]
        for line in [*table(found), *remarks(listed), *locks]:
            click.echo(sanitize(line))
    sys.exit(1 if any(one.trouble for one in listed) else 0)


@backup.command("run")
@click.option(
    "--type",
    "wanted",
    type=click.Choice(["incremental", "full", "snapshot", "offsite-sync"]),
    envvar="BACKUP_TYPE",
    required=True,
    help="What to take; a system that has no such kind takes the nearest. Also: BACKUP_TYPE.",
)
@_system_option
@click.option(
    "--metrics",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="CLEO_BACKUP_METRICS",
    help="The file for Prometheus. Default: backups/metrics.prom beside the journals. Also: CLEO_BACKUP_METRICS.",
)
@click.option("--reread", is_flag=True, help="offsite-sync: read every file there, and copy anew what was changed.")
@click.option("--wait", default="", metavar="TIME", help='Wait so long for another one to end, such as "1 h".')
def run(wanted: str, systems: tuple[str, ...], metrics: Path | None, reread: bool, wait: str) -> None:
    """Take a backup of every system that has backups, or copy them to the second place; for cron and CronJobs.

    It prints one line. Exit status: 0 all were taken, 1 none was, 2 asked wrongly, 3 an incident holds the backups,
    4 another one is being taken, 5 some were taken, 6 an incident recovers the system.

    \b
    Example:
      cleo backup run --type incremental
      cleo backup run --type full --wait "1 h"
      BACKUP_TYPE=full cleo backup run --system postgres
    """
    from actions.backups.unattended.patience import once_free
    from actions.backups.unattended.run import run_backup, worst_status
    from actions.secrets import learn_from_commands, learn_secrets

    wait_s = _duration(wait)
    inventory, meant = systems_meant(systems)
    learn_secrets(inventory)
    learn_from_commands(inventory)
    begun, at_work, stop = datetime.now(UTC), list["UnattendedContext"](), Event()

    def attempt(system: str) -> Ended:
        folder, locks = folder_of(inventory, system), paths().locks
        return run_backup(inventory, system, wanted, folder, locks=locks, reread=reread, on_context=at_work.append)

    with stopping(at_work, stop), ThreadPoolExecutor(max_workers=len(meant)) as pool:
        ended = list(pool.map(lambda system: once_free(lambda: attempt(system), wait_s, stop), meant))
    unwritten = _write_metrics(inventory, metrics or home() / "backups" / "metrics.prom", ended)
    status = worst_status(ended)
    click.echo(sanitize(one_line(begun, wanted, status, ended) + unwritten))
    sys.exit(status)


@backup.command("verify")
@_system_option
@click.option("--full", is_flag=True, help="Read every file of every backup; takes as long as reading them takes.")
@click.option("--offsite", is_flag=True, help="With --full: read every file of the second place, too.")
@click.option(
    "--max-age", default="", metavar="TIME", help='Wrong where the newest backup is older, such as "1 h 15 min".'
)
def verify(systems: tuple[str, ...], full: bool, offsite: bool, max_age: str) -> None:
    """Verify backups: that there are some, that none is damaged, and that the log after them has no gap.

    Exit status 1 where something is proven wrong, or where nobody could look.
    """
    inventory, meant = systems_meant(systems)
    oldest = _duration(max_age)
    good = [verify_system(inventory, system, full=full, oldest=oldest) for system in meant]
    if inventory.offsite:
        good += [verify_offsite(inventory, system, full=full and offsite) for system in meant]
    sys.exit(0 if all(good) else 1)


@backup.command("hold")
@_system_option
def hold(systems: tuple[str, ...]) -> None:
    """Hold backups for yourself, outside of an incident: none is taken by schedule, none expires.

    An incident's hold is its own: neither ends the other. Exit status 1 where something cannot be held.
    """
    from actions.backups.hold import hold as action

    inventory, meant = systems_meant(systems)
    good = [acted(action, inventory, system) for system in meant]
    sys.exit(0 if all(good) else 1)


@backup.command("release")
@_system_option
def release(systems: tuple[str, ...]) -> None:
    """Release your own hold on backups, and nobody else's."""
    from actions.backups.hold import release as action

    inventory, meant = systems_meant(systems)
    good = [acted(action, inventory, system) for system in meant]
    sys.exit(0 if all(good) else 1)


@backup.command("fetch")
@click.option("--system", required=True, metavar="NAME", help="Whose backups.")
@click.option("--backup", "backups", multiple=True, metavar="ID", help="Only this one; of a repository of Cleo's.")
@click.option("--to", "folder", default="", metavar="FOLDER", help="Where to, on the repository's host. Default: back.")
def fetch(system: str, backups: tuple[str, ...], folder: str) -> None:
    """Bring backups back from the second place, each file compared with what was copied.

    What is here already stays; nothing is replaced.

    \b
    Example:
      cleo backup fetch --system postgres
    """
    from actions.backups.offsite.acting import fetch_offsite

    inventory, _ = systems_meant([system])
    ctx = looking(inventory, system, dry_run=False, say=print_errors)
    with stopping([ctx]):
        did = fetch_offsite(ctx, backups, folder)
    click.echo(f"{system}: {did['fetched']} files fetched ({did['bytes']} bytes), {did['kept']} were here")


def _duration(text: str) -> int:
    """Return the seconds that somebody typed; 0: none."""
    try:
        return Duration.parse(text) if text else 0
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _write_metrics(inventory: Inventory, path: Path, ended: Sequence[Ended]) -> str:
    """Write the metrics file; return what the line says where it cannot be written."""
    from actions.backups.catalogue import read_catalogue
    from actions.backups.engines import backed_up
    from actions.backups.unattended.metrics import write_metrics

    listed = read_catalogue(inventory, backed_up(inventory), lambda system: looking(inventory, system))
    try:
        write_metrics(path, listed, {one.system: one for one in ended}, datetime.now(UTC))
    except OSError as error:
        return f"; METRICS NOT WRITTEN: {path}: {error.strerror}"
    return ""
