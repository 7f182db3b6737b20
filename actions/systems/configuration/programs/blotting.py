"""Differences as a person reads them, without what looks like a secret."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from actions.redaction import BLOT
from actions.systems.configuration.programs.comparing import Difference, Entry, content
from actions.systems.configuration.programs.git import Mirror

_WORDS = "passw(?:or)?d|passwd|passphrase|secret|token|(?:api|access|private)[_-]?key|credential"
_NAMED = re.compile(rf"""(?i)^(?P<name>.*?(?:{_WORDS})[\w.-]*["']?\s*[:=]\s*)\S.*$""")
_ADDRESS = re.compile(r"(://[^/@\s:]*:)[^/@\s]+@")
_KEY_BEGINS, _KEY_ENDS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"), re.compile(r"-----END [A-Z ]*PRIVATE KEY")
_SECRET_MANIFEST = re.compile(rb"(?m)^kind:\s*Secret\s*$")
_MOST_LINES = 200
"""Of one file; the rest is counted."""


def shown(mirror: Mirror, entry: Entry | None, difference: Difference, directory: Path) -> Iterator[str]:
    """Yield a difference as lines: what runs is ``-``, what the commit has is ``+``."""
    path = directory / difference.path
    now = b"" if difference.kind in ("missing", "kind") else _bytes(path)
    then = content(mirror, entry) if entry else b""
    yield f"{difference.kind}: {difference.path}"
    if b"\0" in now + then:
        yield f"  no text: {len(now)} bytes run, {len(then)} are in the commit"
    elif is_secret_manifest(now) or is_secret_manifest(then):
        yield "  a manifest of a Secret: not shown"
    elif difference.kind not in ("mode", "extra"):
        yield from _lines(now, then)


def _bytes(path: Path) -> bytes:
    return os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()


def _lines(now: bytes, then: bytes) -> Iterator[str]:
    before, after = (each.decode("utf-8", "replace").splitlines() for each in (now, then))
    found = difflib.unified_diff(before, after, n=1, lineterm="")
    lines = [line for line in found if not line.startswith(("---", "+++"))]
    in_key = False
    for line in lines[:_MOST_LINES]:
        in_key = in_key or bool(_KEY_BEGINS.search(line))
        yield f"  {BLOT if in_key else blotted(line)}"
        in_key = in_key and not _KEY_ENDS.search(line)
    if len(lines) > _MOST_LINES:
        yield f"  … and {len(lines) - _MOST_LINES} lines more"


def is_secret_manifest(data: bytes) -> bool:
    """Whether a file is a manifest of a Secret: nothing of it is shown."""
    return _SECRET_MANIFEST.search(data) is not None


def blotted(line: str) -> str:
    """Return a line without the value behind a secret's name, and without a password in an address."""
    return _NAMED.sub(lambda found: f"{found['name']}{BLOT}", _ADDRESS.sub(rf"\1{BLOT}@", line))
