"""Copies and checks the journals of a pack, and reads what each shows from its copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import msgspec

from journal.audit import model as m
from journal.audit.collect import incident_evidence
from journal.audit.journals import Checked, Found, check_each, check_where_they_lie, copy, file_names, not_there
from journal.audit.span import Span
from journal.store.chain import short_head
from journal.store.errors import JournalError
from journal.verify import Signers

JOURNALS = "journals"
"""The folder of the copies in a pack."""
_MANY = 50
"""From so many journals on, they are read on all cores."""
_Read = tuple[m.IncidentEvidence | None, str]
"""What a journal shows, or why it could not be read."""


def proven(
    found: Sequence[Found], folder: Path, span: Span, now: datetime, signers: Signers | None
) -> tuple[list[m.JournalProof], list[m.IncidentEvidence]]:
    """Copy journals into a pack's folder; return what checking each found, and what those that can be read show.

    Args:
        found: the journals.
        folder: the pack's.
        span: what they are asked about.
        now: when the pack is made.
        signers: whose signatures count; None: none is checked.

    Raises:
        OSError: the folder takes nothing.
    """
    names = file_names(one.name for one in found)
    here = [one for one in found if not not_there(one.path)]
    there = check_where_they_lie([one.path for one in here])
    files = {one.name: folder / JOURNALS / names[one.name] for one in found}
    failed = _copied(here, files)
    copies = check_each([files[name] for name, why in failed.items() if not why], signers)
    read = _read_all(list(copies), span, now)
    proofs, incidents = [], []
    for one in found:
        file = files[one.name]
        shown, unread = read.get(file) or (None, failed.get(one.name, ""))
        proof = _proof(one, f"{JOURNALS}/{file.name}", there.get(one.path), copies.get(file), one.why or unread)
        if shown and shown.id != one.name:
            moved = f"its folder is {one.name}, and it is the journal of {shown.id}: it was put in another's place"
            proof = msgspec.structs.replace(proof, ok=False, faults=[*proof.faults, moved])
        proofs.append(proof)
        incidents += [shown] if shown else []
    return proofs, sorted(incidents, key=lambda incident: incident.declared_at)


def _copied(found: Sequence[Found], files: Mapping[str, Path]) -> dict[str, str]:
    """Copy journals, several at a time: each waits for the disk. Return by name why one could not be copied."""
    with ThreadPoolExecutor() as pool:
        failed = pool.map(lambda one: copy(one.path, files[one.name]), found)
        return {one.name: why for one, why in zip(found, failed, strict=True)}


def _read_all(files: Sequence[Path], span: Span, now: datetime) -> dict[Path, _Read]:
    """Read what each copy shows; many of them on all cores.

    Forked, since a new interpreter would take longer to start than a hundred journals to read. No journal and no thread
    is open here by now.
    """
    read = partial(_read, span=span, now=now)
    if len(files) < _MANY:
        return {file: read(file) for file in files}
    with ProcessPoolExecutor(mp_context=get_context("fork")) as pool:
        return dict(zip(files, pool.map(read, files, chunksize=10), strict=True))


def _read(file: Path, span: Span, now: datetime) -> _Read:
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
        signatures=[
            m.SignatureCheck(file=each.file, good=each.good, seq=each.row, who=each.who, words=each.words)
            for each in known.signatures
        ],
    )
