"""Compares one journal with what the witness has of it, for ``cleo journal verify``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cleo_console.witness import log_of_witness, witness
from journal.audit.witnessed import differing
from journal.errors import CleoError
from journal.incident.declaration import declared_in
from journal.store.witness import read_heads
from journal.wording.counting import count


class Compared(NamedTuple):
    """What the witness has of a journal: what contradicts it, and what else is to be said, in words."""

    wrong: Sequence[str] = ()
    notes: Sequence[str] = ()


def compared(journal: Path, named: Path | None) -> Compared:
    """Compare a journal with the heads in a witness's log.

    Args:
        journal: its first file.
        named: the log, or saved mails; None: the file that CLEO_WITNESS names, if it names one.
    """
    log = named or log_of_witness()
    if log is None:
        hint = "the witness gets mails: save them as text and name them, --witness FILE"
        return Compared(notes=[hint] if witness() else [])
    try:
        if not named and not log.is_file():  # a pipe would be waited for
            return Compared(notes=[f"not compared with the witness: {log} is no file that can be read"])
        incident = declared_in(journal).id
        heads = [head for head in read_heads(log) if head.incident == incident]
    except (OSError, CleoError) as error:
        said = error.message if isinstance(error, CleoError) else error
        return Compared(notes=[f"not compared with the witness: {said}"])
    if not heads:
        return Compared(notes=[f"the witness {log} has no head of {incident}"])
    last = max(head.row for head in heads)
    wrong = list(differing(heads, {incident: journal}))
    return Compared(wrong, [f"the witness {log} has {count(len(heads), 'head')} of it, the last of row {last}"])
