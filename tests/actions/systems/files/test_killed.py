"""The program that swaps two trees, killed before any of its steps on the disk: run again, it comes to the same end."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.systems.files.programs.bring import WHOLE
from actions.systems.files.programs.door import close, open_
from actions.systems.files.programs.records import inode_of
from actions.systems.files.programs.swap import swap

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can keep an owner out")

_STEPS = ("rename", "replace", "unlink", "rmdir", "chmod", "chown", "fsync", "mkdir")
"""What changes the disk, or orders its changes, in `os`; pathlib and shutil go through these."""
_OWNER = 65534


def _trees(folder: Path) -> tuple[Path, Path]:
    """Make a store, and a restored tree beside it as ``bring`` leaves one; the store is closed."""
    store, brought = folder / "files", folder / "files.restoring-1"
    restored = brought / str(store).strip("/")
    for tree, text in ((store, "old"), (restored, "new")):
        (tree / "sub").mkdir(parents=True)
        (tree / "sub" / "a").write_text(text)
        os.chown(tree, _OWNER, _OWNER)
        tree.chmod(0o750 if text == "old" else 0o755)
    about = {"snapshot": "1" * 64, "newest": 1.0, "files": 1, "bytes": 3}
    (brought / WHOLE).write_text(json.dumps(about))
    close(store, "INC-1")
    return store, brought


def _killed_at(number: int, store: Path, brought: Path) -> bool:
    """Swap in a child that is gone before its ``number``-th step; return whether it got to the end."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    try:
        left = iter(range(number))
        for name in _STEPS:
            setattr(os, name, _dying(getattr(os, name), left))
        swap(store, brought, str(store), "INC-1")
        os._exit(0)
    except BaseException:  # noqa: BLE001  # a child must not go on as a test
        os._exit(8)


def _dying(step: object, left: Iterator[int]) -> object:
    def one(*args: object, **more: object) -> object:
        if next(left, None) is None:
            os._exit(9)
        return step(*args, **more)  # type: ignore[operator]

    return one


def test_it_comes_to_the_same_end_wherever_it_was_killed(tmp_path: Path) -> None:
    for number in range(1, 200):
        store, brought = _trees(tmp_path / str(number))
        ended = _killed_at(number, store, brought)
        record = swap(store, brought, str(store), "INC-1")
        assert (store / "sub" / "a").read_text() == "new", number
        assert (Path(record["aside"]) / "sub" / "a").read_text() == "old", number
        assert not brought.exists(), number
        assert stat.S_IMODE(store.stat().st_mode) == 0o700, f"{number}: the door is open"
        open_(store)
        seen = store.stat()
        assert (seen.st_uid, stat.S_IMODE(seen.st_mode)) == (_OWNER, 0o755), number
        if ended:
            assert number > 10, "it was hardly ever killed"
            return
    pytest.fail("it never came to its end")


def test_an_earlier_restore_that_nobody_wrote_to_is_no_copy_to_keep(tmp_path: Path) -> None:
    store, brought = _trees(tmp_path / "one")
    swap(store, brought, str(store), "INC-1")
    first = inode_of(store)
    _, again = _trees_beside(store)
    assert swap(store, again, str(store), "INC-1")["drop"]
    assert inode_of(store) != first
    assert sorted(path.name for path in store.parent.iterdir() if not path.name.startswith(".")) == [
        "files",
        "files.aside-INC-1",
    ]
    open_(store)
    close(store, "INC-1")
    _, third = _trees_beside(store)
    assert not swap(store, third, str(store), "INC-1")["drop"], "the door was open meanwhile"


def _trees_beside(store: Path) -> tuple[Path, Path]:
    brought = store.with_name("files.restoring-2")
    restored = brought / str(store).strip("/")
    (restored / "sub").mkdir(parents=True)
    (restored / "sub" / "a").write_text("newer")
    (brought / WHOLE).write_text(json.dumps({"snapshot": "2" * 64, "newest": 1.0, "files": 1, "bytes": 5}))
    return store, brought
