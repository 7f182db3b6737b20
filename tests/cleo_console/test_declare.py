"""An incident that the program declares: what its journal holds before any runner is there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.inventory_read import digest
from cleo_console.app_services import ConsoleServices
from cleo_console.settings import paths
from journal.commands.declare import Declaration
from journal.commands.incident import IncidentCommands
from journal.errors import CleoError
from journal.events.types import Kind, StepSkipped
from journal.incident.fold import fold_journal
from journal.paths import Paths
from journal.readiness.result import ReadyResult, write
from journal.readiness.standing import OpenPoint
from journal.report import render
from journal.report.build import build
from journal.store.journal import Journal

INVENTORY = """
name: prod
allows: [REAL]
hosts:
  db1: {via: local}
systems:
  orders:
    type: postgres
    plays: postgres
    host: db1
    data_directory: /srv/orders
    service: {manager: systemd, unit: orders}
    backups: {stanza: orders}
  billing:
    type: postgres
    plays: postgres
    host: db1
    data_directory: /srv/billing
    service: {manager: systemd, unit: billing}
    backups: {stanza: billing}
"""

DECLARATION = Declaration(
    title="db1 is gone",
    scenario="database-failure",
    severity="critical",
    kind=Kind.REAL,
    began_at=datetime.now(UTC),
    discovered_at=datetime.now(UTC),
)


@pytest.fixture
def services(tmp_path: Path) -> ConsoleServices:
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    paths = Paths(incidents=tmp_path / "incidents", locks=tmp_path / "locks", inventory=tmp_path / "inventory.yaml")
    return ConsoleServices(paths, "ana@bastion")


def test_a_look_that_is_asked_for_before_any_runner_began_is_aimed_at_each_system(services: ConsoleServices) -> None:
    place = services.paths.incident(services.declare(DECLARATION))
    with Journal.open(place.journal, actor="ana@bastion") as journal:
        IncidentCommands(journal, lambda: fold_journal(place.journal)).request_runs("verify-backups")
    assert {run.system for run in fold_journal(place.journal).runs.values()} == {"orders", "billing"}


def test_an_inventory_that_was_spoilt_after_it_was_shown_keeps_nobody_from_declaring(
    services: ConsoleServices, tmp_path: Path
) -> None:
    assert services.inventory_name()
    (tmp_path / "inventory.yaml").write_text("systems: [")
    incident = fold_journal(services.paths.incident(services.declare(DECLARATION)).journal)
    assert not incident.inventory_sha256


def test_what_was_read_is_known_by_its_digest(services: ConsoleServices, tmp_path: Path) -> None:
    incident = fold_journal(services.paths.incident(services.declare(DECLARATION)).journal)
    assert incident.inventory_sha256 == digest(tmp_path / "inventory.yaml")


def test_an_incident_is_worked_at_where_the_inventory_is_gone_and_no_other_is_declared(
    services: ConsoleServices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = services.declare(DECLARATION)
    (tmp_path / "inventory.yaml").unlink()
    monkeypatch.setenv("CLEO_HOME", str(tmp_path))
    monkeypatch.setenv("CLEO_INVENTORY", str(tmp_path / "inventory.yaml"))
    later = ConsoleServices(paths(), "ben@bastion")
    assert [one.id for one in later.incidents()] == [found]
    assert later.warnings() == [f"The inventory {tmp_path / 'inventory.yaml'} is not there."]
    with pytest.raises(CleoError, match="is not there"):
        later.declare(DECLARATION)


def test_what_was_known_before_not_to_be_ready_is_in_its_report_and_what_of_it_hit(services: ConsoleServices) -> None:
    assert build(services.paths.incident(services.declare(DECLARATION)).journal).known_before is None, "nobody looked"
    at = datetime.now(UTC)
    said = {"words": "it is gone", "cure": "Mend it.", "systems": ["orders"], "stops": True, "since": at, "seen": at}
    points = [
        OpenPoint(about=about, steps=[step], **said)  # type: ignore[arg-type]
        for about, step in {"mild": "postgres-verify", "grave": "hold-backups"}.items()
    ]
    looked = {"at": at, "took_s": 1, "plan": "x", "plan_sha256": "", "verdicts": [], "findings": []}
    for name in ("another", services.inventory_name()):
        write(services.paths.readiness, ReadyResult(inventory=name, open_points=points, **looked))  # type: ignore[arg-type]
        place = services.paths.incident(services.declare(DECLARATION))
        with Journal.open(place.journal, actor="ana@bastion") as journal:
            journal.append(StepSkipped(step="hold-backups", reason="there is none"))
        known = build(place.journal).known_before
        assert (known is None) == (name == "another")
    assert known
    assert [(one.about, [step.id for step in one.hit]) for one in known.points] == [
        ("grave", ["hold-backups"]),
        ("mild", []),
    ]
    assert known.looked_at == at
    assert "its step failed or was done otherwise" in render(build(place.journal), "md")
    assert "failed or done otherwise:" in render(build(place.journal), "html")
