"""Compares the journals of a pack with the heads that a second party has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from journal.audit.model import Missing
from journal.audit.span import Span
from journal.errors import CleoError
from journal.store.chain import short_head
from journal.store.journal import Reader
from journal.store.witness import Head, read_heads, waiting
from journal.wording.counting import count
from journal.wording.instants import utc


def contradictions(log: Path, journals: Mapping[str, Path], span: Span) -> tuple[list[Missing], str]:
    """Return what the witness has and the journals do not, and in words how much was compared.

    Args:
        log: the witness's.
        journals: the pack's copies, by incident.
        span: heads that were given outside of it, of journals that are not here, are not asked for.

    Raises:
        OSError: the log cannot be read.
    """
    heads = list(read_heads(log))
    seen = [head for head in heads if head.incident in journals]
    gone = [head for head in heads if head.incident not in journals and span.holds(head.at)]
    found = [*_gone(gone), *(Missing(what=line, chapter="journals") for line in differing(seen, journals))]
    if not heads:
        found.append(Missing(what=f"No line of {log.name}, the witness's log, is a head", chapter="journals"))
        return found, f"not compared: no line of {log.name} is a head"
    of = count(len({head.incident for head in seen}), "journal")
    return found, f"{count(len(seen), 'head')} of {of} in {log.name} compared, {len(found)} contradict"


def not_given(folder: Path) -> Iterator[Missing]:
    """Yield the heads that wait in a folder until the witness takes them.

    Raises:
        OSError: it cannot be read.
    """
    for file in waiting(folder):
        for head in read_heads(file):
            yield Missing(what=f"{head.incident}: the witness was not given {head}", chapter="journals")


def _gone(heads: Sequence[Head]) -> Iterator[Missing]:
    last = {head.incident: head for head in heads}
    for head in last.values():
        what = f"{head.incident}: the witness has its head {short_head(head.head)} (row {head.row}, {utc(head.at)})"
        yield Missing(what=f"{what}, and its journal is not in this pack", chapter="journals")


def differing(heads: Sequence[Head], journals: Mapping[str, Path]) -> Iterator[str]:
    """Yield how journals contradict the heads that a witness has of them; ``journals`` has the journal of each."""
    for head in heads:
        try:
            with Reader(journals[head.incident]) as reader:
                event = next(reader.events(after=head.row - 1, limit=1), None)
        except CleoError as error:
            yield f"{head.incident}: its head of row {head.row} could not be compared with the witness: {error.message}"
            continue
        if event is None or event.seq != head.row:
            yield f"{head.incident}: the witness has row {head.row}, and its journal ends before it: it was cut off"
        elif event.hash != head.head:
            yield f"{head.incident}: the witness has another head of row {head.row}: its journal was written anew"
