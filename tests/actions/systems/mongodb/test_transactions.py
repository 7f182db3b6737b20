"""Transactions in an oplog: what of them counts, and when."""

from __future__ import annotations

from typing import Any

import pytest
from bson import Int64, Timestamp

from actions.systems.mongodb.programs.transactions import Transactions, Unfinished


def entry(number: int, o: dict[str, Any], *, after: bool = False) -> dict[str, Any]:
    """An entry of the session's transaction ``number``."""
    before = {"ts": Timestamp(100 if after else 0, 1), "t": Int64(1)}
    return {"op": "c", "ns": "admin.$cmd", "o": o, "lsid": {"id": 1}, "txnNumber": Int64(number), "prevOpTime": before}


def change(number: int) -> dict[str, Any]:
    """One insertion."""
    return {"op": "i", "ns": "shop.talks", "o": {"_id": number}}


def test_what_is_prepared_counts_once_it_is_committed_and_never_if_it_is_aborted() -> None:
    found = Transactions()
    assert list(found.operations(entry(1, {"applyOps": [change(1)], "partialTxn": True}))) == []
    assert list(found.operations(entry(1, {"applyOps": [change(2)], "prepare": True}, after=True))) == []
    assert list(found.operations(entry(2, {"applyOps": [change(3)], "prepare": True}))) == []
    assert found.open == 2
    found.aborted(entry(2, {"abortTransaction": 1}, after=True))
    assert list(found.committed(entry(1, {"commitTransaction": 1}, after=True))) == [change(1), change(2)]
    assert found.open == 0


def test_a_transaction_whose_beginning_is_not_there_is_not_half_replayed() -> None:
    with pytest.raises(Unfinished, match="goes on whose beginning is not"):
        Transactions().operations(entry(1, {"applyOps": [change(1)]}, after=True))
    with pytest.raises(Unfinished, match="is committed whose operations are not"):
        Transactions().committed(entry(1, {"commitTransaction": 1}, after=True))
    with pytest.raises(Unfinished, match="3 operations ends, and 1"):
        Transactions().operations(entry(1, {"applyOps": [change(1)], "count": Int64(3)}))


def test_writes_that_a_server_batched_belong_to_no_transaction() -> None:
    assert list(Transactions().operations({"op": "c", "ns": "admin.$cmd", "o": {"applyOps": [change(1)]}})) == [
        change(1)
    ]
    batched = {**entry(7, {"applyOps": [change(1)]}, after=True), "multiOpType": 1}
    assert list(Transactions().operations(batched)) == [change(1)]
