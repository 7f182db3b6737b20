"""A folder of scripts as a plan: a step for each, in the order of their names, a section for each folder."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from journal.plan.importing.binding import bind, blanks
from journal.plan.importing.draft import LONGEST_TITLE, Draft, in_words, key_for
from journal.plan.importing.looking import only_looks
from journal.plan.importing.needs import add_order
from journal.plan.importing.redaction import redact
from journal.plan.importing.script_files import content_of, flaws
from journal.plan.importing.wording import is_aside

_NUMBER = re.compile(r"^\d+[-_. ]*")
_USAGE = re.compile(r"^usage:?\s*(\S.*)$", re.IGNORECASE)
_HEADER_ROWS = 40


def read_scripts(folder: Path, draft: Draft) -> str:
    """Take every script of a folder that can be read, and return the digest of all of them together."""
    digest = hashlib.sha256()
    title = _words(folder.resolve().name)
    phase: dict[str, Any] = {"id": key_for(title, ()), "title": title, "sections": []}
    for place, files in _folders(folder):
        made = [(file, step) for file in files if (step := _step(file, draft, digest))]
        steps = [step for _, step in made]
        add_order([step for file, step in made if _NUMBER.match(file.name)])
        if steps:
            name = " / ".join(map(_words, place.relative_to(folder).parts)) or title
            if is_aside(name):
                steps = [{**step, "optional": True} for step in steps]
            phase["sections"].append({"title": name, "steps": steps})
    draft.data |= {"title": title, "version": "1", "phases": [phase] if phase["sections"] else []}
    draft.filled(1, 'version: "1"; a folder has none')
    return digest.hexdigest()


def _folders(folder: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Yield each folder with its files, in the order of their names; hidden ones are left out."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted((each for each in folders if not each.startswith(".")), key=_natural)
        yield Path(place), [Path(place, each) for each in sorted(files, key=_natural) if not each.startswith(".")]


def _natural(name: str) -> list[tuple[int, str]]:
    """Return what sorts ``2-stop`` before ``10-start``."""
    return [(int(part) if part.isdigit() else -1, part) for part in re.split(r"(\d+)", name.lower()) if part]


def _words(name: str) -> str:
    return in_words(_NUMBER.sub("", name)) or name


def _step(file: Path, draft: Draft, digest: Any) -> dict[str, Any] | None:
    """Return the step of a script; None for a file that is none or cannot be read, which is noted."""
    content = content_of(file, draft)
    if content is None:
        return None
    digest.update(content)
    whole = content.decode("utf-8", errors="replace")
    text, secrets = redact(whole)
    for line in secrets:
        draft.look_at(line, "the script holds a password, token or key: who reads scripts here reads it", str(file))
    for flaw in flaws(file, content) if file.suffix != ".sql" else ():
        draft.look_at(1, flaw, str(file))
    header, usage = _header(text)
    title = header.split(". ")[0].rstrip(" .:") if header else _words(file.stem)
    title = title if len(title) <= LONGEST_TITLE else _words(file.stem)
    step: dict[str, Any] = {"id": draft.new_id(_words(file.stem), 1, str(file)), "title": title}
    fields = bind(
        shlex.quote(str(file.resolve())) if file.suffix != ".sql" else f"psql -f {file.resolve()} <database>",
        draft.known.actions,
    )
    if blanks(usage):
        fields = {"script": usage}
        draft.filled_at(step["id"], f"left to a person: it wants {', '.join(blanks(usage))}")
    if only_looks(_body(whole, file)) and "command" in fields:
        fields.pop("destructive", None)
    step |= fields
    if header and header.rstrip(".") != title:
        step["text"] = header
    sha256 = hashlib.sha256(content).hexdigest()
    return step | (
        {"sha256": sha256} if isinstance(step.get("command"), list) else {"pinned": {str(file.resolve()): sha256}}
    )


def _body(text: str, file: Path) -> str:
    """Return what a shell script does, without its first line; of another program nothing is known."""
    first, _, rest = text.partition("\n")
    if not first.startswith("#!"):
        return text if file.suffix in (".sh", ".bash") else ""
    return rest if re.search(r"/(?:env )?(?:ba|da|k|z)?sh(?: -e)?\s*$", first) else ""


def _header(text: str) -> tuple[str, str]:
    """Return what the comment at a script's head says, and how it is called where that is said."""
    said: list[str] = []
    usage = ""
    for row in text.splitlines()[:_HEADER_ROWS]:
        if row.startswith("#!") or (not row.strip() and not said):
            continue
        if not row.startswith(("#", "--", '"""')):
            break
        words = row.lstrip("#-").strip(' "')
        if match := _USAGE.match(words):
            usage = match.group(1)
        elif words and not re.match(r"^[-=*]+$|^(shellcheck|copyright|license|author|vim|-\*-)", words, re.IGNORECASE):
            said.append(words)
        elif said:
            break
    return " ".join(said), usage
