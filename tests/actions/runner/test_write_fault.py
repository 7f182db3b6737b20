"""The flag that says what keeps a runner from writing: up while that is so, and not longer."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from actions.runner import write_fault
from actions.runner.write_fault import WriteFaultFlag


@pytest.fixture(autouse=True)
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_fault, "MEMORY", tmp_path)


def test_what_a_killed_runner_said_is_taken_back_by_the_next_one_that_can_write(tmp_path: Path) -> None:
    WriteFaultFlag(tmp_path).raise_("The disk is full.")
    successor = WriteFaultFlag(tmp_path)
    assert successor.read() == "The disk is full."
    successor.raise_("")
    assert successor.read() == ""


def test_of_two_threads_that_speak_at_once_none_leaves_the_flag_up_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag = WriteFaultFlag(tmp_path)
    well = threading.Thread(target=flag.raise_, args=("",))

    class Slow:
        """Another thread can write again just when this one says that it cannot."""

        def __getattr__(self, name: str) -> Any:
            return getattr(os, name)

        def open(self, *asked: Any) -> int:
            well.start()
            well.join(0.2)
            return os.open(*asked)

    monkeypatch.setattr(write_fault, "os", Slow())
    flag.raise_("The disk is full.")
    well.join()
    flag.raise_("")
    assert flag.read() == ""


def test_who_looks_while_it_is_said_again_does_not_find_all_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag, seen = WriteFaultFlag(tmp_path), list[str]()
    flag.raise_("The disk is full.")

    class Watched:
        def __getattr__(self, name: str) -> Any:
            return getattr(os, name)

        def fdopen(self, *asked: Any, **how: Any) -> Any:
            seen.append(flag.read())
            return os.fdopen(*asked, **how)

    monkeypatch.setattr(write_fault, "os", Watched())
    flag.raise_("The disk is still full.")
    assert (seen, flag.read()) == (["The disk is full."], "The disk is still full.")
