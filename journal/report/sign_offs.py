"""Sign-offs: who signed the report, which head they had seen, and what was written since."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from journal.events import types as e
from journal.report.review import SignatureEntry
from journal.report.timeline import ReadEvents
from journal.store.chain import short_head

_SIGNED = e.type_of(e.SignedOff(role="", head=""))


@dataclass(slots=True)
class _Signature:
    """A signature. ``seen`` is the seq of the head that was seen, ``types`` the events of each type up to it."""

    role: str
    by: str
    at: datetime
    head: str
    seen: int | None = None
    types: Counter[str] | None = None


class SignOffs:
    """Collects the signatures."""

    def __init__(self) -> None:
        self._signatures: list[_Signature] = []

    def signed(self, event: e.Event, body: e.SignedOff, head: str, types: Counter[str]) -> None:
        """Add a signature; ``head`` is the journal's before it, ``types`` counts the events before it."""
        signature = _Signature(body.role, event.actor, event.at, body.head)
        if body.head == head:
            signature.seen, signature.types = event.seq - 1, Counter(types)
        self._signatures.append(signature)

    def entries(self, read: ReadEvents, types: Counter[str]) -> list[SignatureEntry]:
        """Return the signatures, in order.

        Args:
            read: gives the journal's events, to find heads that were not the last one when they were signed.
            types: how many events of each type the whole journal has.
        """
        self._find_older_heads(read)
        return [_entry(signature, types) for signature in self._signatures]

    def _find_older_heads(self, read: ReadEvents) -> None:
        missing = {signature.head: signature for signature in self._signatures if signature.seen is None}
        if not missing:
            return
        types: Counter[str] = Counter()
        for event in read():
            types[event.type] += 1
            if event.hash in missing:
                signature = missing[event.hash]
                signature.seen, signature.types = event.seq, Counter(types)


def _entry(signature: _Signature, types: Counter[str]) -> SignatureEntry:
    since = None if signature.types is None else types - signature.types
    if since is not None:
        del since[_SIGNED]
    return SignatureEntry(
        role=signature.role,
        by=signature.by,
        at=signature.at,
        head=signature.head,
        short_head=short_head(signature.head),
        events_seen=signature.seen,
        events_since=None if since is None else since.total(),
        since=dict(since or {}),
    )
