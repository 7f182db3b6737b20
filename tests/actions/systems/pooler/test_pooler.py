"""A pooler's actions against a real PgBouncer in front of two real servers, with clients who count what they get."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest

from actions.outcome import ActionFailed, Cancelled
from actions.system_type import load
from actions.systems.pooler import SYSTEM
from cleo_console.lab.pooler.faults import forget_paused
from cleo_console.lab.postgres import server
from tests.actions.contexts import RunnerDied
from tests.actions.systems.pooler.poolers import NAME, PoolerLab, written
from tests.actions.systems.postgres.failing_over import STANDBY, with_fields
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("pooler")


@pytest.fixture
def lab(made: PoolerLab) -> Iterator[PoolerLab]:
    """The pooler leads to the old primary, which lives."""
    config = made.place.config.read_text()
    yield made
    made.reset(config)


def test_clients_follow_the_primary_and_none_is_cut(lab: PoolerLab) -> None:
    config = lab.place.config
    more = config.with_name("more.ini")
    more.write_text(
        f"; read replica\n[databases]\nreports = host=127.0.0.1 port={lab.ports['postgres']} password=hush\n"
    )
    config.write_text(f"{config.read_text()}%include {more}\n")
    lab.place.admin("RELOAD")
    before = written(config)
    said = lab.do("verify")
    assert not said.ok
    assert said.cures[0].action == "pooler.repoint"
    dry = lab.context(dry_run=True)
    assert lab.do("repoint", dry).ok
    assert f"+ app = host=127.0.0.1 port={lab.ports[STANDBY]} dbname=cleoai" in dry.lines
    assert written(config) == before
    with lab.clients() as seen:
        until(lambda: seen["postgres"])
        done = lab.do("repoint")
        until(lambda: seen[STANDBY])
    assert set(seen) == {"postgres", STANDBY}
    assert "asked through it in 1 of 1 database: it answers" in done.summary
    old, new = (f"port={lab.ports[name]} dbname" for name in ("postgres", STANDBY))
    assert written(config) == (before[0].replace(old, new), *before[1:])
    assert lab.do("verify").ok
    assert "hush" not in str(lab.do("verify"))
    assert lab.do("repoint").ok  # again: nothing is left to do
    back = lab.do("repoint", to="postgres")
    assert back.ok
    assert written(config) == before


def test_sessions_that_do_not_come_through_it_are_counted(lab: PoolerLab) -> None:
    with closing(lab.client(port=lab.ports["postgres"], dbname="cleoai")):
        done = lab.do("repoint")
    assert done.facts["sessions_left"] >= 1
    assert "cleo_app" in next(finding.text for finding in done.findings if finding.severity == "warning")


def test_a_transaction_that_does_not_end_stops_it_unless_it_is_cut(lab: PoolerLab) -> None:
    inventory = with_fields(lab.inventory, NAME, pause_s=0.5)
    before = written(lab.place.config)
    with closing(lab.client(autocommit=False)) as session:
        session.execute("SELECT 1")
        with pytest.raises(ActionFailed) as failed:
            lab.do("repoint", lab.context(inventory))
        assert failed.value.cures[0].params == {"kill": True}
        assert lab.leads_to() == "postgres"
        assert written(lab.place.config) == before
        session.execute("SELECT 1")  # it was not cut
        assert "1 client cut" in lab.do("repoint", lab.context(inventory), kill=True).summary
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
    assert lab.leads_to() == STANDBY


def test_a_pause_that_somebody_forgot_is_seen_and_resumed(lab: PoolerLab) -> None:
    forget_paused(lab.place)
    assert not lab.do("verify", lab.context(with_fields(lab.inventory, NAME, fronts="postgres"))).ok
    with pytest.raises(ActionFailed) as failed:
        lab.do("repoint")
    assert failed.value.cures[0].action == "pooler.resume"
    assert lab.do("resume").ok
    assert lab.leads_to() == STANDBY
    assert "no database is paused" in lab.do("resume").summary


def test_nobody_waits_after_its_runner_died_or_was_stopped(lab: PoolerLab) -> None:
    context = lab.context()
    context.dies_after = "turn"
    with pytest.raises(RunnerDied):
        lab.do("repoint", context)
    assert lab.leads_to() == STANDBY
    assert context.reenter(load(SYSTEM.actions["pooler.repoint"])).ok
    stopped = lab.context(with_fields(lab.inventory, NAME, pause_s=30.0))
    with closing(lab.client(autocommit=False)) as session, ThreadPoolExecutor() as pool:
        session.execute("SELECT 1")
        run = pool.submit(lab.do, "repoint", stopped, to="postgres")
        until(lambda: "PAUSE app" in stopped.lines)
        stopped.cancelled = True
        with pytest.raises(Cancelled):
            run.result()
    assert lab.leads_to() == STANDBY


def test_what_nobody_was_let_through_to_see_is_not_called_seen(lab: PoolerLab) -> None:
    inventory = with_fields(lab.inventory, NAME, user="nobody")
    done = lab.do("repoint", lab.context(inventory))
    assert done.partial
    assert done.examined == []


def test_it_is_led_to_no_standby_and_by_no_other_file(lab: PoolerLab) -> None:
    other = with_fields(lab.inventory, NAME, config=str(lab.place.users))
    with pytest.raises(ActionFailed, match="was started with"):
        lab.do("repoint", lab.context(other))
    with pytest.raises(ActionFailed, match="does not belong"):
        lab.do("repoint", to="nowhere")


def test_the_old_primary_is_gone(lab: PoolerLab) -> None:
    with lab.clients() as seen:
        until(lambda: seen["postgres"])
    server.stop(lab.lab.postgres)
    try:
        with lab.clients() as seen:
            done = lab.do("repoint")
            until(lambda: seen[STANDBY])
        assert set(seen) == {STANDBY}
        assert " cut" not in done.summary
        assert "postgres is down: nobody is there" in done.summary
        assert done.facts["sessions_left"] == 0
    finally:
        server.start(lab.lab.postgres)
