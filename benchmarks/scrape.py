"""A scrape of the exporter with the readings of 200 systems, beside prometheus_client alone with as many values."""

from __future__ import annotations

import json
import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import make_wsgi_app

from actions.backups.catalogue import Listed
from actions.backups.engine import BackupList, BackupSet
from actions.inventory import Inventory
from actions.runner import World
from benchmarks.stand import folder
from benchmarks.table import Row, ms
from cleo_console.monitoring.exporter import Exporter, registry_of
from cleo_console.monitoring.page import Page
from cleo_console.monitoring.server import App, by_path, listen
from cleo_console.plans import bundled
from cleo_console.world import inventory_at
from journal.paths import Paths
from journal.plan.load import load_plan

SYSTEMS, SCRAPES, LIMIT_S = 200, 60, 0.050
_SETS = 50
"""Backups of each system."""
_ENTRY = {
    "type": "postgres",
    "host": "db1",
    "data_directory": "/srv/pg",
    "service": {"manager": "pg_ctl", "log": "/srv/log"},
    "backups": {},
}


def run() -> Row:
    """Scrape both, one after the other, and compare the slowest of twenty."""
    with folder() as place:
        exporter = _filled(place)
        samples = list(exporter.samples(datetime.now(UTC)))
        page = Page(registry_of(exporter))
        page.start()
        scraped, told = _p95(page)
        page.stop()
        bare = CollectorRegistry()
        gauge = Gauge("value", "As many.", ("number", "system", "type", "site"), registry=bare)
        for number in range(len(samples)):
            gauge.labels(str(number), "postgres", "postgres", "primary").set(number)
        alone, _ = _p95(make_wsgi_app(bare))
    measured = f"{ms(scraped)} for {len(samples):,} values, {told / 1e3:.0f} kB"
    return Row(
        f"scrape, {SYSTEMS} systems (p95)",
        measured,
        f"prometheus_client alone {ms(alone)}",
        f"≤ {ms(LIMIT_S)}",
        scraped <= LIMIT_S,
    )


def _filled(place: Path) -> Exporter:
    """Return an exporter to which everything was told, and which looks at nothing itself."""
    entry = _ENTRY | {"plays": "postgres"}
    systems = {f"db-{number}": entry for number in range(SYSTEMS)}
    path = place / "inventory.yaml"
    hosts = {"db1": {"via": "local"}}
    path.write_text(json.dumps({"name": "many", "lab": True, "allows": ["LAB"], "hosts": hosts, "systems": systems}))
    paths = Paths(incidents=place / "incidents", locks=place / "locks", inventory=path)
    exporter = Exporter(paths, load_plan(bundled()).plan, lambda: _still(inventory_at(path)), _nobody)
    now = datetime.now(UTC)
    facts = {"exposure_s": 12.5, "exposure_by": "the log", "replica_lag_s": 0.4, "newest_commit_at": now.isoformat()}
    reading = {"status": "up", "detail": "primary", "facts": facts, "seen_at": now.isoformat(), "last": facts}
    for name in systems:
        exporter.latest.put("health", name, reading, now)
        exporter.latest.put("backups", name, _listed(name, now), now)
    return exporter


def _still(inventory: Inventory) -> World:
    return World(registry={}, catalogue={}, inventory=inventory, open_transport=_nobody)


def _nobody(*asked: object) -> Any:
    raise AssertionError("nothing is looked at here")


def _listed(name: str, now: datetime) -> Listed:
    ends = [now - timedelta(minutes=15 * number) for number in range(_SETS, 0, -1)]
    sets = [
        BackupSet(label=f"{name}-{number}", kind="full", started_at=end, ended_at=end, size=10**9)
        for number, end in enumerate(ends)
    ]
    return Listed(system=name, type="postgres", backups=BackupList(sets=sets, archived_until=now))


def _p95(app: App) -> tuple[float, int]:
    """Return the seconds that 19 of 20 scrapes stay below, and the bytes of one."""
    server = listen("127.0.0.1", 0, by_path({"/metrics": app}))
    try:
        took, size = [], 0
        for _ in range(SCRAPES):
            began = time.perf_counter()
            with urlopen(f"http://127.0.0.1:{server.server_port}/metrics", timeout=30) as answer:
                size = len(answer.read())
            took.append(time.perf_counter() - began)
    finally:
        server.shutdown()
        server.server_close()
    return statistics.quantiles(took, n=20)[-1], size
