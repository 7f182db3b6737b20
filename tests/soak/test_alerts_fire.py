"""A fault in a lab fires the plan's alert in a real Alertmanager, and the console offers to declare it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cleo_console.lab import Lab
from tests.cleo_console.monitoring.exporting import Exporter, exporter
from tests.cleo_console.test_cli import Cleo
from tests.e2e.terminal import Terminal
from tests.labs import lab_directory
from tests.soak.alerting import Alerting, alerting
from tests.waiting import until

pytestmark = pytest.mark.timeout(900)
CLEO = str(Path(sys.executable).parent / "cleo")


@pytest.fixture
def lab() -> Iterator[Lab]:
    with lab_directory() as directory:
        yield Lab.up(directory, systems=["redis"], backup_minutes=1000)


@pytest.fixture
def cleo(lab: Lab, tmp_path: Path) -> Cleo:
    found = Cleo(tmp_path)
    found.env |= {"CLEO_INVENTORY": str(lab.inventory_path)}
    return found


@pytest.fixture
def watched(cleo: Cleo, tmp_path: Path) -> Iterator[tuple[Exporter, Alerting]]:
    cleo("exporter", "rules", "-o", str(tmp_path))
    with exporter(cleo, "--take-alerts") as running:
        address = running.url.removeprefix("http://").removesuffix("/metrics")
        with alerting(tmp_path, tmp_path / "dr-alerts.yaml", address, f"http://{address}/alerts") as both:
            yield running, both


def test_a_dead_server_is_alarmed_and_declared_from_the_alert(
    lab: Lab, cleo: Cleo, watched: tuple[Exporter, Alerting]
) -> None:
    running, both = watched
    until(both.targets_up)
    assert {"BackupFailed", "ReplicationLag", "RpoAtRisk", "SystemDown", "CleoExporterGone"} <= both.rules()
    until(lambda: running.scrape().one("cleo_system_status", status="up", system="redis"))
    assert ("SystemDown", "redis") not in both.firing()
    lab.break_("redis", "kill")
    until(lambda: ("SystemDown", "redis") in both.firing(), 240)
    env = {name: value for name, value in cleo.env.items() if name.startswith("CLEO_")} | {"HOME": str(cleo.home)}
    with Terminal([CLEO], 80, 24, env) as console:
        console.until("redis (primary) is down", 120)
        console.until("declare from the alert", 120)
        console.keys("a")
        console.until(lambda text: "from an alert: Alertmanager" in text and "Database Failure" in text)
        console.keys("C-s")
        console.until(lambda text: "redis (primary) is…" in text and "INC-" in text)
    with Terminal([CLEO], 80, 24, env) as again:
        assert "ALERT" not in again.until("incident is open", 120)
    seen = running.scrape()
    assert seen.one("cleo_incidents_open", kind="LAB") == 1
    assert seen.one("rto_left_seconds", tier="critical")
    lab.services["redis"].start()
    until(lambda: ("SystemDown", "redis") not in both.firing(), 120)
    until(lambda: not list((cleo.home / "cleo" / "alerts").iterdir()), 60)
    cleo.close()
