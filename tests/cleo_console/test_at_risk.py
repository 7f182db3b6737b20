"""``cleo health`` and ``cleo status`` say what would be lost with a system and with its site."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from actions.health import Health
from cleo_console.cli.at_risk import exposed_now, look_at_copies, risk_words
from cleo_console.world import inventory_at
from journal.events import types as e
from journal.events.run import KnownSystem
from journal.incident.exposure import SecondPlace
from journal.store.journal import Journal
from tests.cleo_console.test_cli import Cleo

NOW = datetime.now(UTC)
INVENTORY = """
name: one
allows: [REAL]
hosts: {here: {via: local}}
systems:
  settings: {type: configuration, host: here, directory: /srv/app, remote: /srv/git, paths: [conf], mirror: /srv/mirror,
    backups_site: dr}
  shelf: {type: files, host: here, directory: /srv/files, repository: /srv/backups, password: {file: /srv/password},
    snapshot_host: one}
offsite: {place: /srv/nowhere/at/all, site: dr}
"""


def test_health_tells_both_figures_of_what_was_just_measured(tmp_path: Path) -> None:
    file = tmp_path / "inventory.yaml"
    file.write_text(INVENTORY)
    inventory = inventory_at(file)
    pushed = {"exposure_s": 12.0, "exposure_by": "conf/a is in no commit pushed"}
    measured = {
        "settings": Health(status="degraded", detail="", facts=pushed),
        "shelf": Health(status="up", detail="", facts={"exposure_by": "there is no backup"}),
    }
    found = exposed_now(inventory, measured, {})
    words = {name: risk_words(one, inventory.systems[name].site) for name, one in found.items()}
    assert words["settings"] == (
        "12 s (conf/a is in no commit pushed); with site primary 12 s (in dr: conf/a is in no commit pushed)"
    )
    assert words["shelf"].startswith("not measured (there is no backup); with site primary not measured (")
    away = look_at_copies(inventory, 10)["shelf"]
    assert (away.covered_until, "/srv/nowhere/at/all" in away.trouble) == (None, True)


def test_status_tells_them_from_the_incidents_readings(tmp_path: Path) -> None:
    cleo = Cleo(tmp_path)
    incident = cleo.declare()
    (path,) = tmp_path.glob(f"**/{incident}/journal.db")
    with Journal.open(path, actor="runner@db0") as journal:
        known = [KnownSystem(name="pg", type="postgres", plays="postgres")]
        journal.append(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=known))
        facts = {"exposure_s": 40, "exposure_by": "WAL archived", "newest_commit_at": NOW.isoformat()}
        journal.set_reading("health:pg", {"status": "up", "facts": facts})
        place = SecondPlace(site="dr", covered_until=NOW - timedelta(minutes=20), looked_at=NOW)
        journal.set_reading("offsite:pg", place.facts())
    assert "at risk: PostgreSQL  40 s (WAL archived); with site primary 20 min, OVER 15 min" in cleo("status").stdout
    told = json.loads(cleo("status", "--json").stdout)["exposure"]["pg"]
    assert (told["store"]["seconds"], told["site"]["seconds"]) == (40, 1200)
