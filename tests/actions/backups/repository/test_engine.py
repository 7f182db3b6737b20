"""What every engine over a repository does: list, verify with marks, hold."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from actions.backups.engine import BackupSet
from actions.backups.listing import what_is_wrong
from actions.backups.repository.engine import RepositoryEngine
from actions.backups.repository.place import Place
from actions.backups.repository.retention import expired
from actions.backups.repository.settings import RepositorySettings
from actions.backups.repository.writing import staged
from actions.context import ActionContext
from actions.inventory import Inventory
from actions.outcome import ActionFailed
from actions.transport import LocalHost
from journal.events.types import Kind
from tests.actions.backups.crates import NOON
from tests.actions.contexts import FakeContext

INVENTORY = Inventory(name="test", allows=[Kind.LAB], lab=True, hosts={"here": LocalHost()})


class Shelves(RepositoryEngine):
    """Backups of whatever was put into the folder."""

    def __init__(self, repository: Path) -> None:
        self.repository, self.keep = repository, 0

    def place(self, ctx: ActionContext, system: str) -> Place:
        return Place(ctx, system, RepositorySettings(repository=str(self.repository), keep=self.keep), "here")

    def put(self, text: str, builds_on: str = "") -> str:
        with staged(self.repository, "store", "incremental" if builds_on else "full") as backup:
            (backup.folder / "data").write_text(text)
            return backup.finish("toy", builds_on=builds_on).id


@pytest.fixture
def shelves(tmp_path: Path) -> Shelves:
    return Shelves(tmp_path)


def test_what_builds_on_a_backup_that_cannot_be_used_cannot_be_used_either(shelves: Shelves) -> None:
    first = shelves.put("full")
    second = shelves.put("more", builds_on=first)
    ctx = FakeContext(INVENTORY)
    assert not any(one.unusable for one in shelves.list(ctx, "store").sets)
    (shelves.repository / "store" / first / "data").unlink()
    assert [one.unusable for one in shelves.list(ctx, "store").sets] == [
        "is damaged: data is missing",
        f"builds on {first}, which is missing or cannot be used",
    ]
    assert "there is no usable backup" in [each.text for each in what_is_wrong(shelves.list(ctx, "store"))]
    assert second


def test_reads_every_file(shelves: Shelves) -> None:
    whole, spoilt = shelves.put("one"), shelves.put("two")
    (shelves.repository / "store" / spoilt / "data").write_text("tvo")
    checked = shelves.verify(FakeContext(INVENTORY), "store")
    assert (checked.sound, checked.damaged) == ([whole], [spoilt])
    assert checked.findings[0].text == f"backup {spoilt} is damaged: data: its content was changed"


def test_holds_for_each_incident(shelves: Shelves) -> None:
    one, other = FakeContext(INVENTORY), FakeContext(INVENTORY, id="INC-2")
    for ctx in (one, other):
        shelves.hold(ctx, "store", shelves.read_hold(ctx, "store"))
    assert shelves.read_hold(one, "store").holders == ["INC-1", "INC-2"]
    assert shelves.read_hold(one, "shop").holders == [], "another system's backups are not held"
    for ctx in (one, other):
        shelves.release(ctx, "store", shelves.read_hold(ctx, "store"))
    assert shelves.read_hold(one, "store").holders == []
    assert not (shelves.repository / "store.hold").exists()


def test_what_expired_is_removed_and_looked_for_again(shelves: Shelves, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = FakeContext(INVENTORY)
    ids = [shelves.put("data") for _ in range(4)]
    assert shelves.expire(ctx, "store") == [], "nothing expires unless the inventory says so"
    shelves.keep = 2
    assert shelves.expire(FakeContext(INVENTORY, dry_run=True), "store") == []
    with (
        staged(shelves.repository, "store", "full"),
        pytest.raises(ActionFailed, match="Another backup is being written"),
    ):
        shelves.expire(ctx, "store")
    assert shelves.expire(ctx, "store") == ids[:2]
    assert [one.label for one in shelves.list(ctx, "store").sets] == ids[2:]
    shelves.put("data")
    monkeypatch.setattr(Place, "program", lambda *_: ["true"])
    with pytest.raises(ActionFailed, match=f"Retention is not done: {ids[2]} is there all the same"):
        shelves.expire(FakeContext(INVENTORY), "store")


def test_what_is_needed_or_doubtful_does_not_expire() -> None:
    def backup(label: str, hour: int, kind: str = "full", size: int = 100, **more: str) -> BackupSet:
        at = NOON + timedelta(hours=hour)
        return BackupSet(label=label, kind=kind, started_at=at - timedelta(minutes=5), ended_at=at, size=size, **more)

    first = [backup("F1", 1), backup("I1", 2, "incremental", builds_on="F1"), backup("F2", 3)]
    later = [backup("I2", 4, "incremental", builds_on="F1"), backup("F3", 5)]
    now = NOON + timedelta(hours=6)
    assert expired(first, 2, now) == []
    assert expired([*first, *later], 2, now) == ["I1"], "what a kept one builds on is kept"
    assert expired([*first, backup("F3", 5)], 2, now) == ["F1", "I1"]
    assert expired([*first, backup("F3", 5, unusable="is damaged")], 2, now) == [], (
        "a damaged one keeps no other's place"
    )
    assert expired([*first, backup("F3", 5 + 24)], 2, now) == [], "nor does one from the future"
    assert expired([*first, backup("F3", 5, size=3)], 2, now) == [], "nor one that is nearly empty"
