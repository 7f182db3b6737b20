"""PostgreSQL's backups without an incident: taken, copied to a second place, and brought back when all here is lost."""

from __future__ import annotations

import shutil
from dataclasses import replace as replace_fields
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from actions.backups.catalogue import Listed, read_catalogue, rows
from actions.backups.fetch import fetch
from actions.backups.unattended.context import UnattendedContext
from actions.backups.unattended.run import OFFSITE, run_backup
from actions.backups.unattended.standing import copies_of
from actions.backups.verify import verify
from actions.inventory import Inventory, load_inventory
from actions.outcome import ActionFailed
from actions.runner import exposure_log, second_place
from actions.runner.inventory_watch import InventoryWatch
from actions.settings import OffsiteSettings
from actions.systems.postgres.settings import PostgresSettings
from cleo_console.world import probes
from journal.events.exposure import Exposure
from journal.incident.exposure import exposed
from journal.incident.state import Incident
from journal.paths import IncidentPlace
from journal.store.journal import Reader
from tests.actions.contexts import FakeContext
from tests.actions.worlds import Person, declared, places_in, running, world
from tests.labs import Lab, lab
from tests.waiting import until

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-second-place")


def test_what_a_lost_site_would_cost_is_measured_while_an_incident_is_open(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First nothing is there, then the log up to the sync; while nobody can look, what was seen last holds."""
    monkeypatch.setattr(second_place, "EVERY_S", 0.5)
    monkeypatch.setattr(second_place, "_SHARE", 0)
    monkeypatch.setattr(exposure_log, "_AT_MOST", timedelta(0))
    monkeypatch.setattr(exposure_log, "_AT_LEAST", timedelta(0))  # a look that a busy machine cut off is made good
    monkeypatch.setattr(exposure_log, "_LOOK_EVERY_S", 0.2)
    (away := tmp_path / "away").mkdir()
    inventory = replace(load_inventory(lab.inventory_path), offsite=OffsiteSettings(place=str(away)))
    settings = replace(inventory.systems["postgres"], plays="thing")
    inventory = replace(inventory, systems={"postgres": settings})
    places = places_in(tmp_path)
    reached = replace_fields(world(places, inventory_=inventory), probes=probes(inventory), copies=copies_of(inventory))
    watch = InventoryWatch(lab.inventory_path, lambda: reached)
    watch.first()
    place = declared(places)
    person = Person(place)

    def known(incident: Incident) -> Exposure:
        return incident.exposed_last["postgres"].site if "postgres" in incident.exposed_last else Exposure()

    with running(place, reached, watch=watch):
        empty = known(person.until(lambda incident: known(incident).by.startswith("nothing whole")))
        assert empty.seconds is None
        assert run_backup(inventory, "postgres", OFFSITE, tmp_path / "runs", locks=tmp_path).status == "ok"
        copied = person.until(lambda incident: known(incident).seconds is not None)
        assert known(copied).by.startswith("copied to dr until ")
        lab.psql("SELECT pg_switch_wal()")
        person.until(lambda i: i.exposed_last["postgres"].store.by.startswith("WAL archived until "))
        assert copied.exposed_first["postgres"].site.seconds is None, "as the response began nothing was there"
        away.rename(tmp_path / "gone")
        until(lambda: "nobody can look now" in _site_now(place, person).by)
        assert _site_now(place, person).seconds is not None, "what is there is not taken away"


def _site_now(place: IncidentPlace, person: Person) -> Exposure:
    with Reader(place.journal) as reader:
        return exposed(person.incident(), reader.readings())["postgres"].site


def test_a_lost_repository_comes_back_from_the_second_place(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "away").mkdir()
    inventory = replace(load_inventory(lab.inventory_path), offsite=OffsiteSettings(place=str(tmp_path / "away")))
    backups = inventory.system("postgres", PostgresSettings).backups

    taken = run_backup(inventory, "postgres", "incremental", tmp_path / "runs", locks=tmp_path)
    assert (taken.status, taken.words) == ("ok", "incr"), taken.words
    copied = run_backup(inventory, "postgres", OFFSITE, tmp_path / "runs", locks=tmp_path)
    assert copied.status == "ok", copied.words

    shutil.rmtree(backups.repository)
    emptied = run_backup(inventory, "postgres", OFFSITE, tmp_path / "runs", locks=tmp_path)
    assert emptied.status == "failed" and "Nothing was copied: pgBackRest cannot use the stanza" in emptied.words
    assert emptied.words.endswith("bring it back: cleo backup fetch --system postgres.")
    (left,) = _catalogue(inventory, tmp_path)
    assert left.trouble and left.offsite and rows([left])[-1].where == ["dr"], "what is left is in the second place"
    ctx = FakeContext(inventory)
    with pytest.raises(ActionFailed) as lost:
        ctx.do(verify)
    assert lost.value.cures[-1].action == "backups.fetch"
    assert ctx.do(fetch).facts["kept"] == 0

    seen = ctx.do(verify, full=True)
    assert seen.ok and seen.facts["newest"] == taken.label and taken.label in seen.facts["sound"], seen.summary
    newest = rows(_catalogue(inventory, tmp_path))[-1]
    assert (newest.id, newest.where) == (taken.label, ["primary", "dr"])
    assert newest.verified and newest.verified.ok, "the manifests' folder has it"
    again = run_backup(inventory, "postgres", "incremental", tmp_path / "runs", locks=tmp_path)
    assert again.status == "ok", "the server may write there"


def _catalogue(inventory: Inventory, folder: Path) -> list[Listed]:
    return read_catalogue(inventory, ["postgres"], lambda system: UnattendedContext(inventory, system, folder))
