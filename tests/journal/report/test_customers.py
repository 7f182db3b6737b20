"""The report for customers: nothing internal in it, whatever people and systems wrote; and nothing claimed."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from journal.events import types as e
from journal.events.run import KnownSystem
from journal.plan.read import read_plan
from journal.report import FORMATS, CustomerReport, render
from journal.report.build import build_for_customers
from journal.store.journal import Journal
from tests.journal.report.reviewed_story import write_reviewed
from tests.journal.report.test_report import BUNDLED
from tests.journal.stories import ADA, BEGAN, BEN, DECLARED, SetClock, declaration, plan, step

STATEMENT = (
    "From 02:50 on conversations could not be opened.\n"
    "The root cause was on db1 (machine id 3d1219c7c4c5404aaa1f6d2a48adfda4), where PostgreSQL of ada@ops1 lost"
    " /var/lib/postgresql/15/main; see INC-2026-03-01-1, head 7f3a-09bc, 10.0.0.7:5432, and ask Cem."
)
SECRET = ("db1", "ops1", "ops2", "ada", "ben", "cem", "dora", "postgres", "mongodb", "redis", "pgbackrest", "inc-2026")
SECRET += ("/var", "3d1219c7", "7f3a-09bc", "10.0.0.7", "7391", "data directory", "stanza", "volume", "heartbeat")


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("customers") / "journal.db"
    write_reviewed(path, read_plan(BUNDLED).data, kind=e.Kind.REAL, more=" on db1.internal")
    with Journal.open(path, actor=BEN, clock=SetClock(DECLARED + timedelta(hours=5)).clock()) as journal:
        journal.append(e.ReportFieldWritten(field="for customers", text=STATEMENT))
    return path


def told(path: Path) -> CustomerReport:
    return build_for_customers(path)[0]


@pytest.mark.parametrize("name", FORMATS)
def test_customers_read_no_internal_name(journal: Path, name: str) -> None:
    text = render(told(journal), name).partition("</style>")
    shown = (text[2] or text[0]).lower()
    assert [secret for secret in SECRET if secret in shown] == []
    assert "conversations could not be opened" in shown and "the root cause was on" in shown


def test_who_writes_the_report_hears_what_was_struck_out(journal: Path) -> None:
    _, report, struck = build_for_customers(journal)
    assert {"db1", "PostgreSQL", "ada@ops1", "/var/lib/postgresql/15/main", "INC-2026-03-01-1", "Cem"} <= set(struck)
    assert "root" not in struck
    assert "for customers" not in next(point.detail for point in report.open_points if point.what == "not written")


def test_customers_read_what_was_measured_and_what_is_not_known(journal: Path) -> None:
    text = render(told(journal), "md")
    assert text.startswith("# Database Failure\n") and "EXERCISE" not in text
    for line in (
        "From 2026-03-01 02:50:00 UTC to ",
        "It was noticed 5 min after it began.",
        "Critical Services: stated by our staff to work again ",
        "Full System Recovery: not confirmed to work as before.",
        "For 20 min 20 s it was unavailable.",
        "it was not measured: how it was then is not known.",
        "The newest 42 s of data were lost.",
        "Why it happened is not known.",
        "2 measures are planned against it happening again; 1 with a date.",
    ):
        assert line in text, line


def test_an_exercise_says_so_and_nothing_known_claims_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with Journal.create(path, declaration(plan(step("a", action="x.y"))), actor=ADA, clock=SetClock().clock()):
        pass
    text = render(told(path), "md")
    assert text.startswith("# EXERCISE: Lost\n")
    for line in (
        "It is not over: this is what is known so far.",
        "How the service was is not known: it was not measured.",
        "Whether data was lost is not known: it was not measured.",
        "Critical: not confirmed to work as before.",
        "No measures are recorded yet.",
    ):
        assert line in text, line


def test_several_clusters_are_one_service_and_numbered_stores(tmp_path: Path) -> None:
    which = step("which", decision={"name": "affected", "question": "Which?", "kind": "systems"})
    systems = [KnownSystem(name=name, type="thing", plays="db") for name in ("orders", "users")]
    now = SetClock(BEGAN + timedelta(minutes=10))
    path = tmp_path / "journal.db"
    with Journal.create(path, declaration(plan(which)), actor=ADA, clock=now.clock()) as journal:
        journal.append(e.InventoryRead(path="/etc/inventory.yaml", sha256="1", systems=systems))
        journal.append(e.DecisionMade(step="which", name="affected", answer="db/orders,db/users"))
        journal.append(e.RunnerStarted(pid=1, started=1), actor="runner@ops1")
        for system, status in (("orders", "down"), ("users", "degraded")):
            journal.append(e.HealthChanged(system=system, status=status, was=""), actor="runner@ops1")
        for system in ("orders", "users"):
            now.pass_(minutes=1)
            journal.append(e.HealthChanged(system=system, status="up", was=""), actor="runner@ops1")
        journal.append(e.IncidentClosed(summary="orders is back"))
    text = render(told(path), "md")
    assert "For 1 min it was unavailable." in text and "For 1 min it was impaired." in text
    assert "Data store 1: whether" in text and "Data store 2: whether" in text
    assert "orders" not in text and "users" not in text
    assert json.loads(render(told(path), "json"))["impact"]["title"] == "Service"
