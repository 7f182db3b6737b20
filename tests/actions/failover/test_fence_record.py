"""What proves a fence is not forgotten because it was fenced once more, in another way."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.failover.fence_record import FenceRecord, Means
from actions.failover.means import switched_on
from actions.failover.settings import Fence, FenceCommands
from actions.failover.standing import FencedServer, from_elsewhere
from tests.actions.contexts import FakeContext
from tests.actions.worlds import inventory


def server(folder: Path) -> FencedServer:
    """A server whose host is silent, with a power supply and a switch that are files."""
    ctx = FakeContext(inventory())
    (host,) = ctx.inventory.hosts

    def device(name: str) -> FenceCommands:
        state = folder / name
        state.write_text("off")
        on = ["sh", "-c", f"echo on >{state}"]
        return FenceCommands(host=host, fence=["true"], state=["cat", str(state)], fenced_says="off", unfence=on)

    return FencedServer(ctx, "db", "db1", Fence(power=device("power"), network=device("network")), "db.fence")  # type: ignore[arg-type]


@pytest.mark.parametrize("order", [("network", "service"), ("service", "network"), ("network", "word")])
def test_a_device_proves_it_whatever_came_last(tmp_path: Path, order: tuple[Means, Means]) -> None:
    fenced = server(tmp_path)
    for means in order:
        FenceRecord(means=means, reason="seen").keep(fenced.ctx.files, "db")
    assert from_elsewhere(fenced, "no answer", "").fenced
    (tmp_path / "network").write_text("on")
    assert from_elsewhere(fenced, "no answer", "").fenced == ("word" in order), "its device is off no more"
    (tmp_path / "network").write_text("off")
    assert switched_on(fenced)
    assert (tmp_path / "network").read_text() == "on\n", "what was cut stays cut when the fence is lifted"


def test_two_devices_are_both_taken_back(tmp_path: Path) -> None:
    fenced = server(tmp_path)
    for means in ("network", "power"):
        FenceRecord(means=means).keep(fenced.ctx.files, "db")
    (tmp_path / "power").write_text("on")
    seen = from_elsewhere(fenced, "no answer", "")
    assert (seen.fenced, "by network" in seen.words) == (True, True)
    (tmp_path / "power").write_text("off")
    assert switched_on(fenced)
    assert {name: (tmp_path / name).read_text() for name in ("power", "network")} == {
        "power": "on\n",
        "network": "on\n",
    }


def test_how_far_it_came_is_kept_where_a_later_fence_could_not_look(tmp_path: Path) -> None:
    fenced = server(tmp_path)
    FenceRecord(means="service", guarded=True, position=7, history="a", slots=["cdc"]).keep(fenced.ctx.files, "db")
    FenceRecord(means="power").keep(fenced.ctx.files, "db")
    found = fenced.record
    assert found
    assert (found.position, found.history, found.slots) == (7, "a", ["cdc"])
    FenceRecord(means="service", guarded=True, position=9, history="a", slots=[]).keep(fenced.ctx.files, "db")
    found = fenced.record
    assert found
    assert (found.means, found.guarded, found.position, found.slots) == ("power", True, 9, [])
