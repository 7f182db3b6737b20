"""Copies and checks the journals of a pack, and reads what each shows from its copy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from journal.audit import model as m
from journal.audit.collect import incident_evidence
from journal.audit.journals import Checked, Found, check_each, check_where_they_lie, copy, file_names
from journal.audit.span import Span
from journal.store.chain import short_head
from journal.store.errors import JournalError
from journal.verify import Signers

JOURNALS = "journals"
"""The folder of the copies in a pack."""


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
    there = check_where_they_lie([one.path for one in found if one.path.exists()])
    files = {one.name: folder / JOURNALS / names[one.name] for one in found}
    failed = {one.name: copy(one.path, files[one.name]) for one in found if one.path.exists()}
    copies = check_each([files[name] for name, why in failed.items() if not why], signers)
    proofs, incidents = [], []
    for one in found:
        file = files[one.name]
        shown, unread = _read(file, span, now) if file in copies else (None, failed.get(one.name, ""))
        proof = _proof(one, f"{JOURNALS}/{file.name}", there.get(one.path), copies.get(file), one.why or unread)
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
        signatures=[
            m.SignatureCheck(file=each.file, good=each.good, seq=each.row, who=each.who, words=each.words)
            for each in known.signatures
        ],
    )
