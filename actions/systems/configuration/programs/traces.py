"""Tells what of a configuration an intruder may have left: ``python -m …programs.traces OPTIONS live|states|INSTANT``.

``OPTIONS`` is one word of JSON, as of ``look``. At its end a line of JSON: of ``live`` and of an instant the things
that count, by name (`suspects`); of ``states`` the commits of the branch, each with its date. Nothing is changed.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from actions.systems.configuration.programs.blotting import blotted
from actions.systems.configuration.programs.comparing import LINK, Difference, content, differences, entries_of, there
from actions.systems.configuration.programs.git import GitFailed, Mirror
from actions.systems.configuration.programs.history import choose, describe, forced
from actions.systems.configuration.programs.suspects import Seen, suspects

_BEFORE = timedelta(microseconds=1)
_WORDS = {
    "changed": "was changed on the host: no commit holds it",
    "extra": "the branch does not have it",
    "mode": "has another mode than the branch has",
    "kind": "a folder or a link in the place of a file",
}
_MISDATED = "carries a date before that of the commit that it follows"
Found = Iterator[tuple[str, Seen]]


def main(argv: Sequence[str]) -> int:
    """Look, print what was found, and return the exit status."""
    options, asked = json.loads(argv[0]), argv[1]
    mirror = Mirror(Path(options["mirror"]), float(options["deadline_s"]))
    try:
        found = {"live": _live, "states": _states}.get(asked)
        print(json.dumps(found(mirror, options) if found else _at(mirror, options, asked)))
    except GitFailed as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _live(mirror: Mirror, options: dict[str, Any]) -> dict[str, Any]:
    directory, unseen = Path(options["directory"]), list[str]()
    things = dict[str, Seen]()
    for path, _ in there(directory, options["paths"]):
        try:
            things |= suspects(path, *_read(directory / path))
        except OSError as error:
            unseen.append(f"{path}: {error.strerror}")
    things |= _edits(mirror, directory, options["paths"])
    things |= {f"commit {one[:12]}": Seen("was pushed over", one, "was pushed over") for one in forced(mirror)}
    things |= _misdated(mirror, choose(mirror, "latest")[0])
    return {"things": things, "unseen": unseen}


def _read(path: Path) -> tuple[int, bytes]:
    """Return a file's mode and content; of a link where it leads, of what is neither nothing."""
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return mode, os.fsencode(path.readlink())
    return mode, path.read_bytes() if stat.S_ISREG(mode) else b""


def _edits(mirror: Mirror, directory: Path, paths: Sequence[str]) -> Found:
    """Yield what runs and was never pushed, or is not where the branch has it."""
    head, _ = choose(mirror, "latest")
    for each in differences(mirror, head, directory, paths):
        if _counts(each):
            what = _WORDS[each.kind]
            yield f"edit of {blotted(each.path)}", Seen(what, str(each.mtime), what)


def _counts(each: Difference) -> bool:
    return each.kind in ("extra", "mode", "kind") or (each.kind == "changed" and not each.held)


def _at(mirror: Mirror, options: dict[str, Any], asked: str) -> dict[str, Any]:
    commit, _ = choose(mirror, asked)
    things = dict[str, Seen]()
    for entry in entries_of(mirror, commit, options["paths"]):
        mode = stat.S_IFLNK if entry.mode == LINK else stat.S_IFREG | entry.mode & 0o777
        things |= suspects(entry.path, mode, content(mirror, entry))
    things |= _misdated(mirror, commit)
    about = describe(mirror, commit)
    return {"things": things, "commit": about["id"], "at": about["at"], "until": _until(mirror, commit, asked)}


def _until(mirror: Mirror, commit: str, asked: str) -> str:
    """Return the last instant that leads to the same commit as ``asked``; that one where it cannot be told."""
    later = [at for _, at in _history(mirror, choose(mirror, "latest")[0]) if at > datetime.fromisoformat(asked)]
    last = min(later, default=datetime.now(UTC) + _BEFORE) - _BEFORE
    same = last > datetime.fromisoformat(asked) and choose(mirror, last.isoformat())[0] == commit
    return last.isoformat() if same else asked


def _states(mirror: Mirror, options: dict[str, Any]) -> list[tuple[str, str]]:
    return [(commit, at.isoformat()) for commit, at in _history(mirror, choose(mirror, "latest")[0])]


def _misdated(mirror: Mirror, head: str) -> Found:
    """Yield the commits up to a head that are dated before their parent: by its date one is found where it was not."""
    history = _history(mirror, head)
    for (_, before), (commit, at) in pairwise(history):
        if at < before:
            yield f"commit {commit[:12]}", Seen(_MISDATED, commit, _MISDATED)


def _history(mirror: Mirror, head: str) -> list[tuple[str, datetime]]:
    """Return the commits of the branch up to a head, the oldest first, each with the date that it carries."""
    listed = mirror.ask("rev-list", "--first-parent", "--reverse", "--format=%H %ct", "--no-commit-header", head)
    lines = (line.split() for line in listed.splitlines())
    return [(commit, datetime.fromtimestamp(int(seconds), UTC)) for commit, seconds in lines]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
