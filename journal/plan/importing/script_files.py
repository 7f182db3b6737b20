"""A folder's files: which are scripts that can be read, and what would keep one from starting."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from journal.errors import CleoError
from journal.plan.importing.draft import Draft
from journal.yamlfile.yaml_source import read_bytes

SUFFIXES = {".sh", ".bash", ".py", ".rb", ".pl", ".zsh", ".ksh", ".sql"}
_COPY = re.compile(r"~$|\.(?:bak|orig|old|save|sw[op]|rej|tmp|dpkg-\w+|rpm(?:save|new|orig))$|^#.*#$", re.IGNORECASE)
"""Names that editors, patch and packages give to a copy."""


def content_of(file: Path, draft: Draft) -> bytes | None:
    """Return a script's content; None where it is none or cannot be read, which is noted: others are taken."""
    odd = ""
    if file.exists() and not file.is_file():
        odd = "a pipe, socket or device"
    elif not str(file.resolve()).isprintable():
        odd = "its path has what is not printed (a line break, a direction mark), or is not UTF-8: rename it"
    elif _COPY.search(file.name):
        odd = "by its name a copy that an editor or a package left"
    content = b""
    if not odd:
        try:
            content = read_bytes(file)
        except CleoError as error:
            odd = error.message
        else:
            known = content.startswith(b"#!") or file.suffix in SUFFIXES
            odd = "" if known else "it has neither a name nor a first line of one"
    if odd:
        draft.unread_in(str(file), 1, f"no script: {odd}")
        return None
    return content


def flaws(file: Path, content: bytes) -> list[str]:
    """Return what keeps a script from starting by its path, and who else may change it."""
    mode = file.stat().st_mode
    found: list[str] = []
    if not mode & 0o111:
        found.append(f"it cannot be started (mode {stat.S_IMODE(mode):04o}): chmod +x, or name its interpreter first")
    if not content.startswith(b"#!"):
        found.append("no system starts it: its first two characters are not #!, which name the interpreter")
    elif content.partition(b"\n")[0].endswith(b"\r"):
        found.append("no system starts it: its lines end as Windows' do (dos2unix), and so does the interpreter's name")
    if mode & 0o002:
        found.append(f"everybody here may change it (mode {stat.S_IMODE(mode):04o}): chmod o-w")
    return found
