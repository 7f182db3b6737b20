"""What the program tells its screens of a step's shell commands: by the incident's inventory, without its secrets."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.by_hand import script_of
from actions.redaction import BLOT
from cleo_console.app_services import ConsoleServices
from journal.commands.declare import Declaration
from journal.events.types import Kind
from journal.incident.fold import fold_journal
from journal.paths import Paths
from tests.cleo_console.test_paper import INVENTORY


def test_they_go_by_the_incidents_inventory_and_hold_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inventory.yaml").write_text(INVENTORY.replace("stanza: orders", "stanza: s3cret-of-orders"))
    monkeypatch.setenv("ORDERS_PASSWORD", "s3cret-of-orders")
    paths = Paths(incidents=tmp_path / "incidents", locks=tmp_path / "locks", inventory=tmp_path / "inventory.yaml")
    services, now = ConsoleServices(paths, "ana@bastion"), datetime.now(UTC)
    found = services.declare(
        Declaration(
            title="db1 is gone",
            scenario="database-failure",
            severity="critical",
            kind=Kind.REAL,
            began_at=now,
            discovered_at=now,
        )
    )
    incident = fold_journal(paths.incident(found).journal)
    told = {
        step.action: "\n".join(script_of(services.shell_commands(incident, step)))
        for step in incident.plan.steps()
        if step.action
    }
    assert "systemctl stop postgresql@15-main" in told["postgres.stop"]
    assert f"Held for incident {found}" in told["backups.hold"]
    assert f"pgbackrest --stanza={BLOT} restore" in told["postgres.restore"]
    assert told["health.check"] == ""
