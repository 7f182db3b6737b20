"""PostgreSQL's backups without an incident: taken, copied to a second place, and brought back when all here is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from actions.backups.catalogue import Listed, read_catalogue, rows
from actions.backups.fetch import fetch
from actions.backups.unattended.context import UnattendedContext
from actions.backups.unattended.run import OFFSITE, run_backup
from actions.backups.verify import verify
from actions.inventory import Inventory, load_inventory
from actions.outcome import ActionFailed
from actions.settings import OffsiteSettings
from actions.systems.postgres.settings import PostgresSettings
from tests.actions.contexts import FakeContext
from tests.labs import Lab, lab

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-second-place")


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
