"""Tells what of a tree an intruder may have left, live or in a snapshot: ``python -m …programs.traces live DIRECTORY``.

``… snapshot RESTIC…`` runs the command line that follows (``restic ls --json``) and reads what it prints. At its end a
line of JSON: for each file that may run something, or lets somebody in, what it is and its size, mode and time. The
content of no file is read.
"""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from actions.intrusion.file_kinds import worth_a_look

_SETUID, _SETGID = 1 << 23, 1 << 22
"""As Go's file modes have them, which restic prints."""


def main(argv: Sequence[str]) -> int:
    """Look, print what was found, and return the exit status."""
    found = _live(argv[1]) if argv[0] == "live" else _snapshot(argv[1:])
    try:
        print(json.dumps({path: each for path, *each in found}))
    except subprocess.CalledProcessError as error:
        print(f"restic ended with {error.returncode}: {error.stderr}", file=sys.stderr)
        return 1
    return 0


def _live(root: str) -> Iterator[tuple[str, str, str]]:
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = f"{folder}/{name}"
            try:
                seen = os.lstat(path)
            except FileNotFoundError:
                continue  # it was removed meanwhile
            if what := worth_a_look(path, seen.st_mode):
                yield path, what, _digest(seen.st_mode, seen.st_size, int(seen.st_mtime))


def _snapshot(argv: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as restic:
        assert restic.stdout and restic.stderr
        for line in restic.stdout:
            node: dict[str, Any] = json.loads(line)
            if node.get("struct_type") == "node" and (found := _node(node)):
                yield found
        said = restic.stderr.read()
    if restic.returncode:
        raise subprocess.CalledProcessError(restic.returncode, "restic", stderr=said.strip())


_KINDS = {"file": stat.S_IFREG, "dir": stat.S_IFDIR, "symlink": stat.S_IFLNK, "fifo": stat.S_IFIFO}


def _node(node: dict[str, Any]) -> tuple[str, str, str] | None:
    mode = int(node.get("mode", 0))
    kind = _KINDS.get(node["type"], stat.S_IFCHR if node["type"] in ("dev", "chardev") else stat.S_IFSOCK)
    setuid, setgid = bool(mode & _SETUID), bool(mode & _SETGID)
    full = kind | mode & 0o777 | setuid * stat.S_ISUID | setgid * stat.S_ISGID
    what = worth_a_look(node["path"], full)
    at = int(datetime.fromisoformat(_seconds(node["mtime"])).timestamp())
    return (node["path"], what, _digest(full, int(node.get("size", 0)), at)) if what else None


def _seconds(text: str) -> str:
    """Return restic's time without its fraction, which has more digits than Python takes."""
    return re.sub(r"\.\d+", "", text)


def _digest(mode: int, size: int, at: int) -> str:
    """Return what is compared; of a link and a folder neither size nor time says anything."""
    if not stat.S_ISREG(mode):
        return f"{stat.S_IFMT(mode):o}"
    return f"{stat.S_IFREG | mode & 0o6777:o} {size} {at}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
