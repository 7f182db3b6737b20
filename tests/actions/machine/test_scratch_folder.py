"""A folder for what is tried once: one program at a time, only what a drill made is emptied, and nothing is left."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from actions.machine.scratch_folder import MARK, CannotHave, scratch_folder

_KILLED = """
import os, signal, sys
from pathlib import Path
from actions.machine.scratch_folder import scratch_folder
with scratch_folder(Path(sys.argv[1])):
    Path(sys.argv[1], "half").write_text("of it")
    os.kill(os.getpid(), getattr(signal, sys.argv[2]))
"""


def killed(folder: Path, how: str) -> None:
    subprocess.run([sys.executable, "-c", _KILLED, str(folder), how], check=False)


def test_it_is_empty_held_and_removed_also_after_a_failure(tmp_path: Path) -> None:
    folder = tmp_path / "x.drill"
    with pytest.raises(ValueError, match="on purpose"), scratch_folder(folder):
        (folder / "deep" / "er").mkdir(parents=True)
        assert folder.stat().st_mode & 0o777 == 0o700
        with pytest.raises(CannotHave, match="another drill is at work"), scratch_folder(folder):
            pass
        raise ValueError("on purpose")
    assert not folder.exists()


def test_what_a_killed_one_left_is_removed_and_one_that_is_ended_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "x.drill"
    killed(folder, "SIGKILL")
    assert (folder / "half").exists()
    with scratch_folder(folder):
        assert [path.name for path in folder.iterdir()] == [MARK]
    killed(folder, "SIGTERM")
    assert not folder.exists()


def test_what_no_drill_made_is_left_alone(tmp_path: Path) -> None:
    folder, other = tmp_path / "x.drill", tmp_path / "other"
    folder.mkdir()
    (folder / "letter").write_text("of somebody")
    with pytest.raises(CannotHave, match="no drill made it"), scratch_folder(folder):
        pass
    assert (folder / "letter").exists()
    other.mkdir()
    (tmp_path / "link.drill").symlink_to(other)
    with pytest.raises(CannotHave, match="cannot be made"), scratch_folder(tmp_path / "link.drill"):
        pass
    assert other.exists()


def test_one_that_was_removed_before_the_lock_was_had_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "x.drill"
    monkeypatch.setattr(fcntl, "flock", lambda *_: folder.rmdir())
    with pytest.raises(CannotHave, match="until now"), scratch_folder(folder):
        pass
    assert not folder.exists()
