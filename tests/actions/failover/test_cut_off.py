"""A server that the device which fenced it keeps cut off does not answer: that is said, and how it may come back."""

from __future__ import annotations

from typing import Any

import pytest

from actions.failover.cut_off import require_reached
from actions.failover.fence_record import FenceRecord
from actions.failover.settings import Fence, FenceCommands
from actions.failover.standing import FencedServer
from actions.outcome import ActionFailed
from actions.transport import Unreachable
from tests.actions.contexts import FakeContext
from tests.actions.worlds import inventory


def looked_at(*, says: str, guarded: bool = False) -> str:
    ctx = FakeContext(inventory())
    (host,) = ctx.inventory.hosts
    commands = FenceCommands(host=host, fence=["cut"], state=["echo", says], fenced_says="cut off", unfence=["open"])
    FenceRecord(means="network", guarded=guarded).keep(ctx.files, "db")
    server = FencedServer(ctx, "db", "db1", Fence(network=commands), "db.fence")  # type: ignore[arg-type]
    with pytest.raises((ActionFailed, Unreachable)) as raised:
        require_reached(server, _no_answer)
    cures = getattr(raised.value, "cures", [])
    return " ".join([raised.value.message, *(cure.words for cure in cures)])


def _no_answer() -> Any:
    raise Unreachable("db1 port 22 cannot be reached: no answer.")


def test_what_its_own_fence_cuts_off_is_said_to_be_and_how_it_comes_back_without_a_second_primary() -> None:
    said = looked_at(says="its port is cut off")
    assert said.startswith("db1 does not answer, since db is still fenced by network: `echo its port is cut off` says")
    assert "a second primary: see first at its console" in said
    then = "fence it by its service (db.fence on db, by service), and run this again."
    assert said.endswith(f"switch its network on (`open` on {next(iter(inventory().hosts))}), {then}")
    assert "Its configuration refuses every start" in looked_at(says="its port is cut off", guarded=True)


def test_where_the_device_cuts_nothing_off_the_host_is_what_does_not_answer() -> None:
    assert looked_at(says="its port is open") == "db1 port 22 cannot be reached: no answer."
