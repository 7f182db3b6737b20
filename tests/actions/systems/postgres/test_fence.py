"""A fenced primary cannot write, whoever starts it; one that is merely unreachable is never taken for dead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.outcome import ActionFailed, GateClosed
from actions.systems.postgres.failover.fence import fence, is_fenced
from actions.systems.postgres.failover.unfence import unfence
from actions.systems.postgres.fence_guard import guard_file
from actions.systems.postgres.restore import restore
from actions.systems.postgres.server import server_of
from actions.systems.postgres.start_stop import start
from journal.errors import CleoError
from tests.actions.contexts import FakeContext
from tests.actions.systems.postgres.failing_over import inventory_of, power_of
from tests.actions.systems.postgres.strangers import pg_ctl
from tests.labs import Lab, running_lab

pytestmark = pytest.mark.xdist_group("fence")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running_lab() as running:
        yield Lab.up(running.directory, standby=True)


@pytest.fixture
def ctx(lab: Lab, tmp_path: Path) -> Iterator[FakeContext]:
    ctx = FakeContext(inventory_of(lab, tmp_path), decisions={"recovery_point": "latest"})
    yield ctx
    ctx.do(unfence)
    ctx.do(start)


def config(lab: Lab) -> str:
    return (lab.postgres.data_directory / "postgresql.auto.conf").read_text()


def test_whoever_starts_a_fenced_server_is_refused(lab: Lab, ctx: FakeContext) -> None:
    lab.psql("ALTER SYSTEM SET work_mem = '5MB'")
    before, pid = config(lab), lab.pids["server"]
    ctx.dry_run = True
    assert ctx.do(fence).ok
    assert (config(lab), lab.pids["server"]) == (before, pid), "a dry run changes nothing"
    ctx.dry_run = False
    assert not ctx.do(is_fenced).ok

    done = ctx.do(fence)
    assert done.ok, done.summary
    assert done.facts["newest_commit_at"] <= done.facts["no_commit_after"], "what was known, and when it ended"
    with pytest.raises(CleoError):  # as a reboot does, or a supervisor
        pg_ctl(lab, lab.postgres.data_directory, "start")
    assert not lab.pids["server"]
    seen = ctx.do(is_fenced)
    assert seen.ok
    assert "cleo_fenced" in seen.summary
    assert "already fenced" in ctx.do(fence).summary

    for refused in (start, restore):
        with pytest.raises(ActionFailed, match="postgres is fenced") as failed:
            ctx.do(refused)
        assert failed.value.cures[0].action == "postgres.unfence"
    assert ctx.do(unfence).ok
    assert config(lab) == before
    assert not ctx.do(is_fenced).ok, "down is not fenced: a reboot brings it back"
    ctx.do(start)
    assert lab.psql("INSERT INTO heartbeat (at) VALUES (now()) RETURNING true") == "t"


def test_unreachable_is_not_dead(lab: Lab, tmp_path: Path) -> None:
    ctx = FakeContext(inventory_of(lab, tmp_path, gone=True))
    sure = {"unreachable": "Kim at the data centre pulled both cables"}
    with pytest.raises(ActionFailed, match="NOT fenced: it answers at"):
        ctx.do(fence)
    ctx.overrides = sure
    with pytest.raises(ActionFailed, match="NOT fenced: it answers at"):  # what is seen to be alive no word fences
        ctx.do(fence)

    pg_ctl(lab, lab.postgres.data_directory, "-m", "immediate", "stop")
    ctx.overrides = {}
    with pytest.raises(GateClosed, match="unreachable is not dead") as closed:
        ctx.do(fence)
    assert (closed.value.gate, closed.value.yields) == ("unreachable", "reason and target")
    assert not ctx.do(is_fenced).ok

    ctx.overrides = sure
    done = ctx.do(fence)
    assert done.facts["fenced_by"] == "word"
    assert "Kim" in done.summary
    assert "once gone is back" in done.findings[0].text
    assert "on the word of a person" in ctx.do(is_fenced).summary
    pg_ctl(lab, lab.postgres.data_directory, "start")
    seen = ctx.do(is_fenced)
    assert not seen.ok, "a word is not believed against what is seen"
    assert "takes writes" in seen.summary


def test_its_power_is_off_when_the_device_says_so(lab: Lab, tmp_path: Path) -> None:
    power = power_of(lab, tmp_path)
    ctx = FakeContext(inventory_of(lab, tmp_path, gone=True, fence=power), decisions={"fence_by": "service"})
    with pytest.raises(ActionFailed, match="NOT fenced: it answers at"):
        ctx.do(fence)
    ctx.incident = FakeContext(ctx.inventory).incident  # nothing was decided: its host is silent, its power is not
    done = ctx.do(fence)
    assert "'Chassis Power is off'" in done.summary
    assert "as soon as its power is back" in done.findings[0].text
    assert ctx.do(is_fenced).ok
    assert ctx.do(fence, by="power").ok, "again is harmless"
    (tmp_path / "power-state").write_text("on")  # somebody else
    assert "its power is not off any more" in ctx.do(is_fenced).summary
    (tmp_path / "power-state").write_text("off")
    with pytest.raises(ActionFailed, match="run it again: that takes its guard out"):
        ctx.do(unfence)
    assert (tmp_path / "power-state").read_text() == "on\n"
    pg_ctl(lab, lab.postgres.data_directory, "start")

    broken = {"power": {**power["power"], "fence": ["true"]}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("actions.failover.commands._PROOF_S", 0.0)
        with pytest.raises(ActionFailed, match="it is not fenced") as failed:
            FakeContext(inventory_of(lab, tmp_path, fence=broken)).do(fence, by="power")
    assert [cure.params for cure in failed.value.cures] == [{"by": "service"}]
    with pytest.raises(ActionFailed, match="names no commands for the network"):
        ctx.do(fence, by="network")
    there = FakeContext(inventory_of(lab, tmp_path, fence=power))
    done = there.do(fence, by="power")
    assert not done.findings, "its host answered: the guard stands there, too"
    assert "cleo_fenced" in Path(guard_file(server_of(there, "postgres"))).read_text()
    assert there.do(unfence).ok
    there.do(start)
