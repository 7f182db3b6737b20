"""``cleo exporter``: what Prometheus asks for, and the rules that alarm by it."""

from __future__ import annotations

import ipaddress
import os
import sys
from pathlib import Path
from threading import Event

import click

from actions.machine.signals import ENDS, told
from cleo_console.app_services import ConsoleServices, installed_services
from cleo_console.cli.output_file import write_folder
from cleo_console.settings import paths, plan_file
from journal.errors import CleoError
from journal.wording.sanitize import sanitize

DEFAULT = "127.0.0.1:9477"


@click.group("exporter", invoke_without_command=True)
@click.option(
    "--listen",
    default=DEFAULT,
    metavar="ADDRESS:PORT",
    envvar="CLEO_EXPORTER",
    show_default=True,
    help="Where to answer; port 0: any. Also: CLEO_EXPORTER.",
)
@click.option("--every", "every_s", default=15.0, type=click.FloatRange(1, 3600), help="Seconds between two looks.")
@click.option(
    "--take-alerts", is_flag=True, help="Also take webhooks from this machine at /alerts, and offer to declare them."
)
@click.pass_context
def exporter(ctx: click.Context, listen: str, every_s: float, take_alerts: bool) -> None:
    """Serve /metrics for Prometheus until it is ended: systems, backups, exposure, incidents, readiness.

    It looks at the systems in the background and changes nothing. What is not measured is absent, never 0.

    \b
    Example:
      cleo exporter
      cleo exporter --listen 10.0.0.5:9477
    """
    if ctx.invoked_subcommand is not None:
        return
    host, port = _address(listen)
    _serve(installed_services(), host, port, every_s, take_alerts=take_alerts)


def _serve(at: ConsoleServices, host: str, port: int, every_s: float, *, take_alerts: bool) -> None:
    from cleo_console.cli.backup_access import looking
    from cleo_console.monitoring.access import unreadable
    from cleo_console.monitoring.exporter import Exporter, registry_of
    from cleo_console.monitoring.offers import Offers
    from cleo_console.monitoring.page import Page
    from cleo_console.monitoring.receiver import receiver
    from cleo_console.monitoring.server import by_path, listen
    from cleo_console.world import inventory_at, watched_world

    found = paths()
    looks = Exporter(found, at.plan(), lambda: watched_world(inventory_at(found.inventory)), looking, every_s)
    page = Page(registry_of(looks))
    others = {"/alerts": receiver(Offers(found.alerts))} if take_alerts else {}
    server = listen(host, port, by_path({"/metrics": page, **others}))
    ended = Event()
    with told(ENDS, ended.set):
        looks.start()
        page.start()
        shown = f"[{host}]" if ":" in host else host
        click.echo(f"http://{shown}:{server.server_port}/metrics")
        if not ipaddress.ip_address(host).is_loopback:
            click.echo(f"cleo: whoever reaches {host} can read what is down and how old the backups are.", err=True)
        for line in unreadable(found):
            click.echo(f"cleo: {line}", err=True)
        ended.wait()
    page.stop()
    looks.stop()
    server.shutdown()
    sys.stdout.flush()
    os._exit(0)  # a look that hangs in a pool of threads would be waited for: it only reads


@exporter.command("rules")
@click.option(
    "--plan", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Default: ours, else CleoAI's."
)
@click.option(
    "-o", "folder", type=click.Path(file_okay=False, path_type=Path), default=".", help="Where to. Default: here."
)
def rules(file: Path | None, folder: Path) -> None:
    """Write dr-alerts.yaml, for Prometheus, and dr-monitoring.yaml, for its operator, made from a plan.

    The plan's own alerts are in it as it has them; ours alarm before its RPO is missed, and where something is not
    measured.

    \b
    Example:
      cleo exporter rules -o /etc/prometheus/rules
    """
    import yaml

    from cleo_console.monitoring.rules import alert_rules, service_monitor
    from journal.plan.load import load_plan

    loaded = load_plan(file or plan_file(), installed_services().catalogue())
    made = {"dr-alerts.yaml": alert_rules(loaded.plan), "dr-monitoring.yaml": service_monitor(loaded.plan)}
    named = sanitize(f"{loaded.plan.title}, version {loaded.plan.version}")
    first = f"# Made by cleo exporter rules from the plan {named}.\n"
    files = {
        name: first + yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=1000)
        for name, data in made.items()
    }
    write_folder(folder, files, 0o644)
    for name in files:
        click.echo(folder / name)


def _address(text: str) -> tuple[str, int]:
    """Return address and port.

    Raises:
        CleoError: it is none.
    """
    host, _, port = text.rpartition(":")
    try:
        address, number = str(ipaddress.ip_address(host.strip("[]"))), int(port)
        if number not in range(1 << 16):
            raise ValueError("a port is a number up to 65535")
        return address, number
    except ValueError as error:
        raise CleoError(f"{text!r} is no address with a port.", f"Write it as {DEFAULT}.") from error
