"""The report tells what was at risk as the response began, at the last reading, and what was lost."""

from __future__ import annotations

from pathlib import Path

from journal.events import types as e
from journal.events.exposure import Exposed, Exposure
from journal.events.run import KnownSystem
from journal.incident.fold import fold_journal
from journal.report import render
from journal.report.build import build
from journal.report.words import sentence
from journal.store.journal import Journal
from tests.journal.stories import ADA, BEGAN, declaration, plan, step


def test_first_and_last_figures_stand_beside_what_was_lost(tmp_path: Path) -> None:
    known = [KnownSystem(name="orders", type="postgres", plays="db")]
    first = Exposed(
        system="orders",
        store=Exposure(seconds=40, by="WAL archived until 02:49:20 UTC", at=BEGAN),
        site=Exposure(by="nothing whole was copied to dr"),
    )
    last = Exposed(
        system="orders", store=first.store, site=Exposure(seconds=840, by="copied to dr until 02:36:00 UTC", at=BEGAN)
    )
    path = tmp_path / "journal.db"
    with Journal.create(path, declaration(plan(step("restore"))), actor=ADA) as journal:
        journal.append(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=known))
        journal.append(e.ExposureMeasured(systems=[first]), e.ExposureMeasured(systems=[last]))
    words = sentence(fold_journal(path), e.ExposureMeasured(systems=[last]))
    assert words == "What would be lost now: The database 40 s, with its site 14 min"
    report = build(path)
    (row,) = report.exposure
    assert (row.site, row.first, row.last, row.lost) == ("primary", first, last, "")
    for format_ in ("md", "html"):
        text = render(report, format_)
        assert "40 s at 02:50:00 UTC / not measured" in text, format_
        assert "14 min at 02:50:00 UTC" in text and "copied to dr until 02:36:00 UTC" in text, format_
