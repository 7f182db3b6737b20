"""Old data moved aside: whole or found again, never overwritten, and the first copy is never forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.inventory import Inventory
from actions.machine.aside import KeptCopy, keep, kept_copies, new_copy, put_back, require_movable
from actions.machine.machine import Machine
from actions.outcome import ActionFailed
from actions.transport.hosts import LocalHost
from journal.events.types import Kind
from tests.actions.contexts import FakeContext, RunnerDied


def a_machine() -> Machine:
    inventory = Inventory(name="here", allows=[Kind.LAB], hosts={"here": LocalHost()})
    return Machine(FakeContext(inventory), "here")


def some_data(folder: Path, text: str) -> list[str]:
    (folder / "dump").write_text(text)
    (folder / "log").mkdir()
    (folder / "log" / "1").write_text(text)
    return [str(folder / "dump"), str(folder / "log"), str(folder / "never-was")]


def a_copy(folder: Path, paths: list[str]) -> KeptCopy:
    return new_copy(str(folder / "data"), paths, incident="INC-1", what="original")


def test_each_copy_is_kept_beside_the_ones_before_it(tmp_path: Path) -> None:
    machine, place = a_machine(), str(tmp_path / "data")
    for text in ("first", "second"):
        copy = a_copy(tmp_path, some_data(tmp_path, text))
        require_movable(machine, copy)
        keep(machine, copy)
    first, second = kept_copies(machine, place)
    assert (first.incident, first.what, first.whole) == ("INC-1", "original", True)
    assert [(Path(each.path) / "log" / "1").read_text() for each in (first, second)] == ["first", "second"]
    assert not (tmp_path / "dump").exists()
    assert Path(first.path).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("key", ["begin-aside", "move-aside", "end-aside"])
def test_killed_between_any_two_effects_it_is_found_and_goes_on(tmp_path: Path, key: str) -> None:
    machine = a_machine()
    assert isinstance(machine.ctx, FakeContext)
    machine.ctx.dies_after = key
    with pytest.raises(RunnerDied):
        keep(machine, a_copy(tmp_path, some_data(tmp_path, "old")))
    (half,) = kept_copies(machine, str(tmp_path / "data"))
    assert half.whole == (key == "end-aside")
    keep(machine, half)
    (copy,) = kept_copies(machine, str(tmp_path / "data"))
    assert copy.whole
    assert (Path(copy.path) / "dump").read_text() == "old"


def test_what_was_made_since_a_killed_attempt_is_left_for_a_copy_of_its_own(tmp_path: Path) -> None:
    machine = a_machine()
    assert isinstance(machine.ctx, FakeContext)
    machine.ctx.dies_after = "move-aside"
    with pytest.raises(RunnerDied):
        keep(machine, a_copy(tmp_path, some_data(tmp_path, "old")))
    (tmp_path / "dump").write_text("new")
    keep(machine, kept_copies(machine, str(tmp_path / "data"))[0])
    (copy,) = kept_copies(machine, str(tmp_path / "data"))
    assert ((Path(copy.path) / "dump").read_text(), (tmp_path / "dump").read_text()) == ("old", "new")


def test_a_copy_is_put_back_over_nothing(tmp_path: Path) -> None:
    machine = a_machine()
    copy = a_copy(tmp_path, some_data(tmp_path, "old"))
    keep(machine, copy)
    (tmp_path / "dump").write_text("new")
    with pytest.raises(ActionFailed, match="stays where it is"):
        put_back(machine, copy)
    (tmp_path / "dump").unlink()
    put_back(machine, copy)
    assert (tmp_path / "dump").read_text() == "old"
    assert (tmp_path / "log" / "1").read_text() == "old"


def test_a_folder_that_is_not_there_is_said_before_anything_is_moved(tmp_path: Path) -> None:
    copy = new_copy(f"{tmp_path}/elsewhere/data", some_data(tmp_path, "old"), incident="INC-1", what="original")
    with pytest.raises(ActionFailed, match=r"keep_in"):
        require_movable(a_machine(), copy)
