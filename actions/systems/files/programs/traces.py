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
from pathlib import PurePosixPath
from typing import Any

_NAMED = re.compile(
    r"(^|/)(authorized_keys2?|\.ssh|\.netrc|\.pgpass|crontab|cron\.[a-z]+|\.bash(rc|_profile)|\.profile|\.htaccess)(/|$)"
    r"|\.(php\d?|phtml|jspx?|aspx?|cgi|sh|so|service|timer|pth)$"
)
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
            what = _what(path, seen.st_mode, bool(seen.st_mode & stat.S_ISUID), bool(seen.st_mode & stat.S_ISGID))
            if what:
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
    what = _what(node["path"], kind | mode & 0o777, setuid, setgid)
    at = int(datetime.fromisoformat(_seconds(node["mtime"])).timestamp())
    full = kind | mode & 0o777 | setuid * stat.S_ISUID | setgid * stat.S_ISGID
    return (node["path"], what, _digest(full, int(node.get("size", 0)), at)) if what else None


def _seconds(text: str) -> str:
    """Return restic's time without its fraction, which has more digits than Python takes."""
    return re.sub(r"\.\d+", "", text)


def _digest(mode: int, size: int, at: int) -> str:
    """Return what is compared; of a link and a folder neither size nor time says anything."""
    if not stat.S_ISREG(mode):
        return f"{stat.S_IFMT(mode):o}"
    return f"{stat.S_IFREG | mode & 0o6777:o} {size} {at}"


def _what(path: str, mode: int, setuid: bool, setgid: bool) -> str:
    """Return what is worth a look in a file; empty: nothing."""
    if stat.S_ISDIR(mode):
        return "lets somebody in, or runs" if _NAMED.search(path) else ""
    if stat.S_ISLNK(mode):
        return "a link"
    if not stat.S_ISREG(mode):
        return "a device, pipe or socket"
    words = [word for word, has in (("setuid", setuid), ("setgid", setgid), ("can be run", mode & 0o111)) if has]
    words += ["lets somebody in, or runs, by its name"] if _NAMED.search(str(PurePosixPath(path))) else []
    return ", ".join(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
