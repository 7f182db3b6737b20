"""What every engine over a repository does: list, verify with marks, hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.backups.listing import what_is_wrong
from actions.backups.repository.engine import RepositoryEngine
from actions.backups.repository.place import Place, RepositorySettings
from actions.backups.repository.writing import staged
from actions.context import ActionContext
from actions.inventory import Inventory
from actions.transport import LocalHost
from journal.events.types import Kind
from tests.actions.contexts import FakeContext

INVENTORY = Inventory(name="test", allows=[Kind.LAB], lab=True, hosts={"here": LocalHost()})


class Shelves(RepositoryEngine):
    """Backups of whatever was put into the folder."""

    def __init__(self, repository: Path) -> None:
        self.repository = repository

    def place(self, ctx: ActionContext, system: str) -> Place:
        return Place(ctx, system, RepositorySettings(repository=str(self.repository)), "here")

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
