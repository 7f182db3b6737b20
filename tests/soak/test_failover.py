"""A failover whose standby lacks log that the archive has, and one whose runner dies between any two effects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.inventory import load_inventory
from actions.outcome import GateClosed
from actions.systems.postgres.failover import promote as module
from actions.systems.postgres.failover import rejoin as rejoining
from actions.systems.postgres.failover.activate import activate_standby
from actions.systems.postgres.failover.fence import fence, is_fenced
from actions.systems.postgres.failover.promote import is_promoted, promote
from actions.systems.postgres.failover.rejoin import is_rejoined, no_writer, rejoin
from journal.events.types import Override
from journal.incident.records import StepState
from tests.actions.contexts import FakeContext, RunnerDied
from tests.actions.systems.postgres.failing_over import STANDBY, inventory_of, power_of
from tests.actions.systems.postgres.strangers import pg_ctl
from tests.actions.systems.postgres.test_by_hand import Hand
from tests.actions.systems.postgres.test_rejoin import after
from tests.e2e.follower import Follower, settled_well
from tests.e2e.responder import Responder
from tests.e2e.stand import Stand
from tests.e2e.test_follow_next import declare
from tests.labs import Lab, running_lab
from tests.waiting import until

DECIDED = {"affected": "postgres", "recovery-point": "latest", "strategy": "hot-standby", "site": "original-site"}


@pytest.fixture
def lab() -> Iterator[Lab]:
    with running_lab() as running:
        yield Lab.up(running.directory, standby=True)


def test_log_that_only_the_archive_has_is_read_first(lab: Lab) -> None:
    standby = lab.cluster(STANDBY)
    lab.break_(STANDBY, "cut-replication")
    lab.psql("CREATE TABLE late AS SELECT 1 AS one")
    segment = lab.psql("SELECT pg_walfile_name(pg_switch_wal())")
    until(lambda: lab.psql(f"SELECT last_archived_wal >= '{segment}' FROM pg_stat_archiver") == "t")
    ctx = FakeContext(load_inventory(lab.inventory_path))
    assert ctx.do(fence).ok
    with pytest.raises(GateClosed, match="The archive has log up to") as closed:
        ctx.do(promote)
    assert (closed.value.gate, closed.value.yields) == ("behind-archive", "reason")
    assert standby.psql("SELECT pg_is_in_recovery()") == "t"

    assert closed.value.cures[0].action == "postgres.activate_standby"
    assert ctx.do(activate_standby).ok
    done = ctx.do(promote)
    assert done.ok
    assert standby.psql("SELECT one FROM late") == "1"


@pytest.mark.parametrize("where", ["block_logins", "tell_to_promote", "_wait", "_require_commit"])
def test_a_runner_that_dies_between_two_effects_leaves_what_goes_on(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    ctx = FakeContext(load_inventory(lab.inventory_path))
    assert ctx.do(fence).ok

    def dies(*_: object) -> None:
        raise RunnerDied

    with monkeypatch.context() as patch, pytest.raises(RunnerDied):
        patch.setattr(module, where, dies)
        ctx.do(promote)
    done = ctx.do(promote)
    assert done.ok
    assert done.facts["took_over"] == {"system": STANDBY, "of": "postgres"}
    assert done.facts["timeline"] == 2
    assert ctx.do(is_promoted).ok
    assert lab.cluster(STANDBY).psql("SELECT pg_is_in_recovery()") == "f"


def test_a_primary_that_hangs_is_fenced_by_its_power(lab: Lab, tmp_path: Path) -> None:
    """Its host answers, its server does not: it may go on at any moment, so it counts as alive until it is off."""
    pid = lab.pids["server"]
    assert pid
    inventory = inventory_of(lab, tmp_path, fence=power_of(lab, tmp_path))
    ctx = FakeContext(inventory)
    lab.postgres.run(["kill", "-STOP", str(pid)])
    try:
        seen = ctx.do(is_fenced)
        assert not seen.ok
        assert f"it runs on db1 (pid {pid})" in seen.summary
    finally:
        lab.postgres.run(["kill", "-CONT", str(pid)])
    assert ctx.do(fence, by="power").ok
    assert ctx.do(is_fenced).ok
    assert ctx.do(promote).ok


def test_a_standby_is_promoted_by_hand(lab: Lab) -> None:
    hand = Hand(load_inventory(lab.inventory_path))
    hand.types("postgres.fence")
    hand.types("postgres.promote")
    ctx = FakeContext(hand.inventory)
    assert ctx.do(is_fenced).ok
    assert ctx.do(is_promoted).ok


def test_next_leads_through_a_failover(lab: Lab, tmp_path: Path) -> None:
    stand, standby = Stand(lab, tmp_path / "home"), lab.cluster(STANDBY)
    before = int(lab.psql("SELECT count(*) FROM messages"))
    lab.break_("postgres", "lose-data-directory")
    with stand.console() as console, stand.runner_ended():
        declare(console)
        stand.incident_id = next((tmp_path / "home" / "incidents").iterdir()).name
        for step, answer in DECIDED.items():
            stand.cleo("decide", step, answer, "--reason", "the standby is whole")
        responder = Responder(console)
        responder.follow_next_to_the_end()
        responder.close()
    incident = stand.incident()
    done = (StepState.DONE, StepState.FOUND)
    states = {step: incident.state(f"postgres-{step}") for step in ("fence", "promote", "verify")}
    assert all(state in done for state in states.values()), (states, responder.next_lines)
    assert incident.roster.players("postgres") == [STANDBY]
    lost = incident.loss(STANDBY)
    assert lost
    assert lost.seconds < 60
    assert int(standby.psql("SELECT count(*) FROM messages")) == before
    assert standby.psql("SELECT pg_read_file('pg_hba.conf') LIKE '%cleo_app%reject%'") == "f", "writers are in again"


def test_next_leads_through_the_loss_of_the_primarys_host(lab: Lab, tmp_path: Path) -> None:
    """One step is left out (no writers to stop there), and one word is a person's: that the host is off."""
    inventory_of(lab, tmp_path, gone=True)
    pg_ctl(lab, lab.postgres.data_directory, "-m", "immediate", "stop")
    follower = Follower(tmp_path / "inventory.yaml", tmp_path / "home", hit=["postgres"], to_the_end=True)
    with follower.at_work():
        follower.commands.decide("strategy", "hot-standby", "the standby is whole")
        follower.follow(over=lambda now: now.state("postgres-fence") is StepState.FAILED)
        off = Override(gate="unreachable", reason="Kim pulled its plug", target="postgres@gone")
        follower.commands.request_run("postgres-fence", system="postgres", confirmed=off.target, overrides=[off])
        follower.until(lambda now: now.state("postgres-fence").settled)
        follower.forget_words()
        follower.follow(over=lambda now: now.unfinished() and now.unfinished()[-1].action == "postgres.promote")
        follower.until(lambda now: now.takeovers)
        follower.forget_words()
        follower.follow()
        incident = follower.incident
    assert follower.did.count("leave out: stop-writers") == 1, follower.story()
    assert not any("skip" in line or "anyway" in line for line in follower.did), follower.story()
    assert incident.state("hold-backups") is StepState.FOUND
    assert incident.state("verify-backups") is StepState.LOOKED
    assert settled_well(incident, "postgres-verify", "allow-writers", "take-backup", "release-backups")
    assert [held.undone_by for held in incident.in_force.values()] == ["postgres.unfence"]


@pytest.mark.parametrize("where", ["copy", "make_standby_of_copy", "swap", "aside", "_start", "prove"])
def test_a_runner_that_dies_while_an_old_primary_comes_back(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Whenever it dies, what lies there cannot come up as a primary, and the next run sees it through."""
    ctx = FakeContext(load_inventory(lab.inventory_path))
    assert ctx.do(fence).ok
    assert ctx.do(promote).ok
    back = FakeContext(after(lab))
    back.files = ctx.files

    def dies(*_: object) -> None:
        raise RunnerDied

    with monkeypatch.context() as patch, pytest.raises(RunnerDied):
        if where == "aside":  # between the two renames
            back.dies_after = where
        else:
            patch.setattr(rejoining, where, dies)
        back.do(rejoin, copy=True)
    assert no_writer(back) is None, "it is fenced still, or can only be a standby"
    assert back.do(rejoin, copy=True).ok
    assert back.do(is_rejoined).ok
    assert lab.psql("SELECT pg_is_in_recovery()") == "t"


def test_an_old_primary_whose_data_are_lost_comes_back_and_what_is_lost_is_said(lab: Lab) -> None:
    lab.break_("postgres", "lose-data-directory")
    ctx = FakeContext(load_inventory(lab.inventory_path), overrides={"behind-archive": "known"})
    assert ctx.do(fence).ok
    assert ctx.do(promote).ok
    back = FakeContext(after(lab))
    back.files = ctx.files
    done = back.do(rejoin)
    assert [finding.text.partition(":")[0] for finding in done.findings] == [
        "its data are lost, and with them whatever the new primary never got of it",
        "its postgresql.conf is lost",
    ]
    assert "aside" not in done.facts, "nothing of it is kept, so nobody is sent to look there"
    assert back.do(is_rejoined).ok
