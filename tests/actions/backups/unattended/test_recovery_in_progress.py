"""No unattended backup is taken of what an open incident recovers, whatever became of the hold."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from actions.backups.unattended.run import OFFSITE, Ended, run_backup
from actions.inventory import load_inventory
from cleo_contract.incident import Work
from journal.incident.records import RunState
from tests.actions.systems.toy.toy_lab import WORD, ToyLab, toy_lab

pytestmark = pytest.mark.xdist_group("toy-recovery")


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ToyLab]:
    with toy_lab(tmp_path_factory.mktemp("recovery")) as lab:
        yield lab


def _backup(toy: ToyLab, work: Work, wanted: str = "full") -> Ended:
    return run_backup(load_inventory(toy.inventory), "toy", wanted, toy.cleo.home / "runs", locks=work.paths.locks)


def test_none_is_taken_while_an_incident_restores_and_until_it_verified(toy: ToyLab) -> None:
    with toy.work() as work:
        with work.runner():
            for name in ("toy.stop_writers", "toy.stop"):
                assert work.do(name, confirmed=WORD).state is RunState.SUCCEEDED
            work.do("toy.start", confirmed=WORD)
            assert _backup(toy, work).status == "ok", "stopped and started again, nothing was replaced"
            work.do("toy.stop", confirmed=WORD)
        asked = work.ask("toy.restore", confirmed=WORD)
        before = _backup(toy, work)
        assert before.status == "recovering" and "works on it: toy.restore is requested since" in before.words
        with work.runner():
            assert work.over(asked).state is RunState.SUCCEEDED
            work.do("toy.start", confirmed=WORD)
            for announced in work.paths.locks.glob("open-*.json"):
                announced.unlink()  # it is only a courtesy: what was claimed counts
            after = _backup(toy, work)
            assert after.status == "recovering"
            assert f"{work.place.folder.name} restored it (toy.restore, " in after.words
            assert "nobody verified it since (toy.verify) or released the backups (backups.release)" in after.words
            told = toy.cleo("backup", "run", "--type", "full", CLEO_HOME=str(work.home), status=6).stdout
            assert "backup full: an incident is at work. toy: none was taken: " in told
            assert work.do("toy.verify").state is RunState.SUCCEEDED
            assert _backup(toy, work).status == "ok"


def test_an_incident_that_cannot_be_read_is_not_taken_for_a_quiet_one(toy: ToyLab) -> None:
    with toy.work() as work:
        with work.runner():
            assert work.do("toy.stop_writers", confirmed=WORD).state is RunState.SUCCEEDED
        journal, away = work.place.journal, work.home / "away.db"
        with work.set_down():
            journal.rename(away)
            journal.write_bytes(b"nothing that SQLite reads" * 99)
            found = _backup(toy, work)
            away.replace(journal)
        assert found.status == "failed"
        assert f"What {work.place.folder.name} does here cannot be told: {journal}: " in found.words


def test_damage_that_an_incident_only_looked_at_is_not_backed_up(toy: ToyLab) -> None:
    with toy.work() as work, work.runner():
        toy.break_("damage-data")
        assert work.do("toy.verify").state is RunState.FAILED
        found = _backup(toy, work)
        assert found.status == "recovering" and "found its data wrong: found wrong at" in found.words
        assert "a backup now would hold the damage" in found.words
        assert _backup(toy, work, OFFSITE).status == "left out", "a toy has no repository that could be copied"
    assert "copy toy failed" in _backup(toy, work).words, "the incident is closed: the engine speaks for itself"
