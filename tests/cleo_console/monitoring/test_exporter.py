"""`cleo exporter` on a real configuration: what it measured, and that what it did not measure is absent."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actions.systems.configuration.repositories import ConfigurationLab, configuration_lab
from tests.cleo_console.monitoring.exporting import exporter
from tests.cleo_console.test_cli import Cleo
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("configuration")
THE_SYSTEM = {"system": "configuration"}

_ALERT = b'{"groupKey": "g", "alerts": [{"status": "firing", "annotations": {"summary": "gone"}, "labels": {}}]}'


@pytest.fixture
def lab() -> Iterator[ConfigurationLab]:
    with configuration_lab() as found:
        yield found


def test_it_tells_what_it_measured_and_leaves_out_what_it_did_not(lab: ConfigurationLab, tmp_path: Path) -> None:
    cleo = Cleo(tmp_path)
    cleo.env |= {"CLEO_INVENTORY": str(lab.inventory)}
    with exporter(cleo, "--take-alerts") as running:
        until(lambda: running.scrape().one("cleo_system_status", status="up", **THE_SYSTEM))
        seen = running.scrape()
        assert seen.one("cleo_measured_timestamp", what="health", **THE_SYSTEM)
        assert seen.one("rpo_exposure_seconds", scope="store", **THE_SYSTEM) == 0
        assert (seen.one("rpo_target_seconds", **THE_SYSTEM), seen.one("cleo_incidents_open", kind="LAB")) == (0, 0)
        assert {"cleo_incident_open", "rto_left_seconds", "cleo_ready", "cleo_measurement_failed"}.isdisjoint(seen)

        alert = tmp_path / "alert.json"
        alert.write_bytes(_ALERT)
        assert (running.send(_ALERT, "text/plain"), running.send(_ALERT)) == (415, 200)
        assert len(list((tmp_path / "cleo" / "alerts").iterdir())) == 1
        cleo("declare", "--from", str(alert), "--scenario", "database-failure", "--kind", "LAB")
        text = lab.inventory.read_text()
        lab.inventory.write_text("no: inventory\n")
        shutil.rmtree(lab.place.directory)
        until(lambda: running.scrape().one("cleo_incidents_open", kind="LAB"))
        assert running.scrape().one("cleo_test_overdue", test="Backup restoration drill") is not None
        assert 3500 < (running.scrape().one("rto_left_seconds", tier="critical") or 0) < 3600
        until(lambda: running.scrape().one("cleo_measurement_failed", what="inventory"))
        until(lambda: running.scrape().one("cleo_system_status", status="down", **THE_SYSTEM))
        lab.inventory.write_text(text.replace("  configuration:", "  settings:", 1))
        until(lambda: running.scrape().one("cleo_system_info", system="settings"))
        assert "rpo_exposure_seconds" not in running.scrape(), "what was measured of another system"
