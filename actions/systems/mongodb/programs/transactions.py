"""Transactions in the oplog: of several entries, prepared ones, and those whose end did not come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_Key = tuple[bytes, int]


class Unfinished(Exception):
    """A transaction ends whose beginning is not in the oplog that there is."""


class Transactions:
    """Keeps the operations of transactions until they are committed."""

    def __init__(self) -> None:
        self._waiting: dict[_Key, list[Mapping[str, Any]]] = {}

    @property
    def open(self) -> int:
        """How many were begun and have not ended."""
        return len(self._waiting)

    def operations(self, entry: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """Take an entry ``applyOps``, and return what is committed by it.

        Raises:
            Unfinished: it ends a transaction of which entries are missing.
        """
        o, key = entry["o"], _key(entry)
        mine = list(o["applyOps"])
        if key is None:
            return mine
        before = self._waiting.get(key, [])
        if not before and _has_predecessor(entry):
            raise Unfinished("a transaction goes on whose beginning is not in the oplog that was saved")
        everything = [*before, *mine]
        if o.get("partialTxn") or o.get("prepare"):
            self._waiting[key] = everything
            return ()
        self._waiting.pop(key, None)
        wanted = o.get("count")
        if wanted is not None and int(wanted) != len(everything):
            raise Unfinished(f"a transaction of {wanted} operations ends, and {len(everything)} of them were saved")
        return everything

    def committed(self, entry: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """Take an entry ``commitTransaction`` of a prepared transaction, and return what is committed by it.

        Raises:
            Unfinished: its operations are missing.
        """
        key = _key(entry)
        if key is None or key not in self._waiting:
            raise Unfinished("a prepared transaction is committed whose operations are not in the oplog that was saved")
        return self._waiting.pop(key)

    def aborted(self, entry: Mapping[str, Any]) -> None:
        """Take an entry ``abortTransaction``."""
        if (key := _key(entry)) is not None:
            self._waiting.pop(key, None)


def _key(entry: Mapping[str, Any]) -> _Key | None:
    """Return what tells a transaction from others; None: the operations belong to none."""
    if "lsid" not in entry or "txnNumber" not in entry or entry.get("multiOpType"):
        return None  # writes that a server batched by itself
    from bson import encode

    return encode(dict(entry["lsid"])), int(entry["txnNumber"])


def _has_predecessor(entry: Mapping[str, Any]) -> bool:
    """Whether it says that another entry of the same transaction lies before it."""
    before = entry.get("prevOpTime")
    return before is not None and before["ts"].time != 0
