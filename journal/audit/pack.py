"""Writes the pack: journals, index, data, checker and checksums, in a folder that appears when it is whole."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from journal import verify
from journal.audit import model as m
from journal.audit.collect import incident_evidence
from journal.audit.index import html_index, markdown_index
from journal.audit.journals import Checked, Found, check_each, check_where_they_lie, copy, file_names, journals_of
from journal.audit.missing import CANNOT_SHOW, missing
from journal.audit.schedule import tests
from journal.audit.span import Span
from journal.errors import CleoError
from journal.report.json import plain_json
from journal.store.chain import short_head
from journal.store.errors import JournalError
from journal.store.folders import keep_private
from journal.store.new_file import temporary_name

if TYPE_CHECKING:
    from journal.paths import Paths
    from journal.plan.model import Plan

SUMS = "SHA256SUMS"
_JOURNALS = "journals"


class PackError(CleoError):
    """The pack cannot be written."""


def write_pack(
    paths: Paths, plan: Plan, span: Span, to: Path, *, made_by: str, program: str, now: datetime | None = None
) -> m.Evidence:
    """Write the evidence pack of a span into a new folder, which only its owner can read.

    Args:
        paths: where the journals lie.
        plan: whose schedule of tests counts.
        span: the time it is about.
        to: the folder. It appears when it is whole.
        made_by: who makes it, as ``user@host``.
        program: which version of this program.
        now: the present; None: by this machine's clock.

    Raises:
        PackError: there is such a folder, or it cannot be written.
        CleoError: the journals cannot be listed.
    """
    if to.exists():
        raise PackError(f"There is already {to}.", "Name a folder that is not there yet: a pack is never written over.")
    draft = temporary_name(to.absolute())
    try:
        keep_private(to.absolute().parent)
        draft.mkdir(mode=0o700)
        (draft / _JOURNALS).mkdir()
        made = _made(paths, plan, span, draft, made_by, program, now or datetime.now(UTC))
        _write(draft, made)
        draft.rename(to)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise PackError(
            f"The pack could not be written to {to}: {error}.", "Check the folder, its owner and its room."
        ) from error
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return made


def _made(paths: Paths, plan: Plan, span: Span, folder: Path, made_by: str, program: str, now: datetime) -> m.Evidence:
    """Copy and check the journals, and return what they show."""
    found = list(journals_of(_folders(paths), span))
    proofs, incidents = _proofs(found, folder, span, now)
    whole = {Path(proof.file).name for proof in proofs if proof.ok}
    rows = tests(plan, incidents, whole, span, now)
    return m.Evidence(
        made_at=now,
        made_by=made_by,
        program=program,
        span=span,
        plan=f"{plan.title}, version {plan.version}",
        signers="not checked",
        missing=missing(plan, rows, incidents, proofs),
        cannot_show=CANNOT_SHOW,
        tests=rows,
        incidents=incidents,
        journals=proofs,
        folders=_who_may_read(paths.incidents),
    )


def _folders(paths: Paths) -> dict[str, Path]:
    """Return the journal of every incident's folder, also where it is not there.

    Raises:
        CleoError: the folder cannot be listed.
    """
    paths.ids()  # says why it cannot be listed
    folders = paths.incidents.iterdir() if paths.incidents.is_dir() else ()
    return {folder.name: paths.incident(folder.name).journal for folder in folders if folder.is_dir()}


def _proofs(
    found: Sequence[Found], folder: Path, span: Span, now: datetime
) -> tuple[list[m.JournalProof], list[m.IncidentEvidence]]:
    names = file_names(one.name for one in found)
    there = check_where_they_lie([one.path for one in found if one.path.exists()])
    files = {one.name: folder / _JOURNALS / names[one.name] for one in found}
    failed = {one.name: copy(one.path, files[one.name]) for one in found if one.path.exists()}
    copies = check_each([files[name] for name, why in failed.items() if not why])
    proofs, incidents = [], []
    for one in found:
        file = files[one.name]
        shown, unread = _read(file, span, now) if file in copies else (None, failed.get(one.name, ""))
        proof = _proof(one, f"{_JOURNALS}/{file.name}", there.get(one.path), copies.get(file), one.why or unread)
        if shown and shown.id != one.name:
            moved = f"its folder is {one.name}, and it is the journal of {shown.id}: it was put in another's place"
            proof = msgspec.structs.replace(proof, ok=False, faults=[*proof.faults, moved])
        proofs.append(proof)
        incidents += [shown] if shown else []
    return proofs, sorted(incidents, key=lambda incident: incident.declared_at)


def _read(file: Path, span: Span, now: datetime) -> tuple[m.IncidentEvidence | None, str]:
    try:
        return incident_evidence(file, span, now), ""
    except JournalError as error:
        return None, error.message


def _proof(one: Found, file: str, there: Checked | None, copied: Checked | None, unread: str) -> m.JournalProof:
    faults = [*(copied.faults if copied else ())]
    if there:
        faults += [f"where it lies: {fault}" for fault in there.faults if fault not in faults]
    errors = [f"it could not be checked: {checked.error}" for checked in (there, copied) if checked and checked.error]
    known = copied or there or Checked()
    return m.JournalProof(
        id=one.name,
        file=file if copied else "",
        events=known.events,
        head=known.head,
        short_head=short_head(known.head),
        ok=copied is not None and not faults and not errors and not unread,
        faults=[*faults, *errors],
        notes=list(known.notes),
        unread=unread,
        signatures=[],
    )


def _who_may_read(folder: Path) -> str:
    """Return who may read the folder of the journals, by its mode."""
    if not folder.is_dir():
        return "there is no folder of journals"
    at = folder.stat()
    who = {0o700: "its owner alone"}.get(at.st_mode & 0o777, f"mode {at.st_mode & 0o7777:o}, group {folder.group()}")
    return f"{who} (owner {folder.owner()}); whoever is root on that machine can, too"


def _write(folder: Path, made: m.Evidence) -> None:
    """Write everything but the journals, which are there, and last the checksums."""
    shutil.copyfile(verify.__file__, folder / "verify.py")
    (folder / "index.md").write_text("".join(markdown_index(made)), encoding="utf-8")
    (folder / "index.html").write_text("".join(html_index(made)), encoding="utf-8")
    (folder / "evidence.json").write_text(plain_json(made), encoding="utf-8")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    (folder / SUMS).write_text("".join(_sums(folder, files)), encoding="utf-8")
    for path in (*files, folder / SUMS):
        path.chmod(0o600)


def _sums(folder: Path, files: Iterable[Path]) -> Iterable[str]:
    for path in files:
        with path.open("rb") as file:
            yield f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.relative_to(folder)}\n"
