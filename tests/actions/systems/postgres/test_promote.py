"""A standby takes the primary's place once that is fenced, with nothing lost unsaid, and for the whole incident."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from actions.inventory import known_systems, load_inventory
from actions.outcome import ActionFailed, GateClosed
from actions.registry import catalogue, registry
from actions.runner import World
from actions.systems.postgres.failover.activate import activate_standby, is_activated
from actions.systems.postgres.failover.promote import promote
from actions.transport import open_transport
from cleo_console.lab.postgres import server
from journal.events.types import InventoryRead, Override
from journal.incident.interlock import word_to_type
from journal.incident.records import Run, RunState, StepState
from tests.actions.contexts import FakeContext
from tests.actions.systems.postgres.failing_over import STANDBY
from tests.actions.worlds import PLAN, Person, declared, places_in, running
from tests.labs import Lab, running_lab
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("promote")


def _step(id_: str, action: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "title": id_.capitalize(), "action": action, "system": "postgres", **more}


def plan() -> dict[str, Any]:
    decision = {"name": "recovery_point", "question": "To when?", "kind": "recovery-point"}
    steps = [
        {"id": "point", "title": "Point", "decision": decision},
        _step("fence", "postgres.fence"),
        _step("promote", "postgres.promote", needs=["fence"], verified_by="verify"),
        _step("verify", "postgres.verify", needs=["promote"]),
        _step("writers", "postgres.allow_writers", needs=["verify"]),
    ]
    (phase,) = PLAN["phases"]
    rto = {"critical": {"title": "Critical", "rto": "1 h", "validated_by": ["verify"]}}
    return {
        **PLAN,
        "objectives": {**PLAN["objectives"], "rto": rto},
        "systems": {"postgres": {"title": "PostgreSQL", "tier": "critical", "data": "database"}},
        "scenarios": {"loss": {**PLAN["scenarios"]["loss"], "systems": ["postgres"]}},
        "phases": [{**phase, "sections": [{"title": "Work", "steps": steps}]}],
    }


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running_lab() as running_:
        yield Lab.up(running_.directory, standby=True)


@pytest.fixture
def person(lab: Lab, tmp_path: Path) -> Person:
    place = declared(places_in(tmp_path), plan=plan())
    person = Person(place)
    known = known_systems(load_inventory(lab.inventory_path), ["postgres"])
    person.journal.append(InventoryRead(path=str(lab.inventory_path), sha256="1", systems=known))
    person.desk.decide("point", "latest")
    return person


def world(lab: Lab, folder: Path) -> World:
    inventory = load_inventory(lab.inventory_path)
    return World(registry(), catalogue(), inventory, open_transport, locks=places_in(folder).locks)


def dry(person: Person, step: str) -> Run:
    run: Run = person.over(person.desk.request_run(step, dry_run=True))
    return run


def confirmed(person: Person, step: str, *gates: str) -> Run:
    word = word_to_type(dry(person, step).target)
    overrides = [Override(gate=gate, reason="known in this test", target=word) for gate in gates]
    run: Run = person.over(person.desk.request_run(step, confirmed=word, overrides=overrides))
    return run


def test_a_warm_standby_is_brought_to_the_end_of_the_archive(lab: Lab) -> None:
    """It is down, and follows nobody: all that it can still get is what is archived."""
    standby = lab.cluster(STANDBY)
    lab.break_(STANDBY, "cut-replication")
    server.stop(standby)
    lab.psql("CREATE TABLE late AS SELECT 1 AS one")
    segment = lab.psql("SELECT pg_walfile_name(pg_switch_wal())")
    until(lambda: lab.psql(f"SELECT last_archived_wal >= '{segment}' FROM pg_stat_archiver") == "t")
    seen = datetime.now(UTC)
    ctx = FakeContext(load_inventory(lab.inventory_path), dry_run=True, newest_known={"postgres": seen})
    behind = ctx.do(is_activated)
    assert not behind.ok
    assert behind.summary.endswith(" of the log that is archived, and is down.")
    assert ctx.do(activate_standby).ok
    (effect,) = ctx.effects
    assert re.search(
        r"restore_command .* start .* with the application kept out, and bring .* the end of the arch", effect
    )
    assert any("is not proven to be fenced" in line for line in ctx.lines)
    assert not server.is_running(standby), "a dry run starts nothing"

    ctx.dry_run = False
    done = ctx.do(activate_standby)
    assert segment in done.facts["segment"]
    assert re.search(r"newest commit .*; lost is what was committed after that: \d+ s up to the newest", done.summary)
    assert standby.psql("SELECT pg_is_in_recovery(), one FROM late") == "t|1"
    assert ctx.do(is_activated).ok
    ctx.with_incident(newest_known={})
    assert not ctx.do(activate_standby).findings, "what has all is left as it is"
    _gets_what_the_old_primary_could_not_archive(lab, ctx)
    server.stop(standby)
    signal = standby.data_directory / "standby.signal"
    signal.rename(signal.with_suffix(".gone"))
    with pytest.raises(ActionFailed, match="would be a second primary"):
        ctx.do(activate_standby)
    signal.with_suffix(".gone").rename(signal)
    server.start(standby)
    standby.psql("ALTER SYSTEM RESET primary_conninfo; SELECT pg_reload_conf()")


def _gets_what_the_old_primary_could_not_archive(lab: Lab, ctx: FakeContext) -> None:
    """It is down, and its host answers again: what waits there is archived, before its standby goes there."""
    lab.psql("ALTER SYSTEM SET archive_command = '/bin/false'; SELECT pg_reload_conf()")
    lab.psql("CREATE TABLE later AS SELECT 1 AS one; SELECT pg_switch_wal(); CREATE TABLE last AS SELECT 1 AS one")
    server.stop(lab.postgres)
    done = ctx.do(activate_standby)
    assert re.search(r"archive \d segments? of postgres that wait there", " ".join(ctx.effects))
    assert lab.cluster(STANDBY).psql("SELECT a.one, b.one FROM later a, last b") == "1|1"
    assert not done.findings, "nothing is left there"
    server.start(lab.postgres)
    lab.psql("ALTER SYSTEM RESET archive_command; SELECT pg_reload_conf()")


def test_a_standby_cures_no_mistake_and_reaches_no_past(lab: Lab) -> None:
    ctx = FakeContext(load_inventory(lab.inventory_path), damaged={"postgres": "messages was dropped"})
    with pytest.raises(GateClosed, match="replicated what is wrong") as closed:
        ctx.do(promote)
    assert (closed.value.gate, closed.value.yields) == ("strategy", "never")
    past = {"recovery_point": "2026-11-22T02:40:00Z"}
    with pytest.raises(GateClosed, match="only its newest state") as closed:
        FakeContext(load_inventory(lab.inventory_path), decisions=past).do(promote)
    assert closed.value.yields == "never"


def test_the_standby_of_a_fenced_primary_takes_over_for_the_whole_incident(
    lab: Lab, person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actions.systems.postgres.failover.promote._COMMIT_S", 2.0)
    lab.psql("ALTER SYSTEM SET wal_level = 'logical'")
    server.stop(lab.postgres)
    server.start(lab.postgres)
    lab.psql("CREATE UNLOGGED TABLE scratch (); SELECT pg_create_logical_replication_slot('cdc', 'test_decoding')")
    standby = lab.cluster(STANDBY)
    until(lambda: standby.psql("SELECT to_regclass('scratch') IS NOT NULL") == "t")
    standby.psql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'; SELECT pg_reload_conf()")
    gate = {"fenced": "never"}
    with running(person.place, world(lab, tmp_path)):
        assert {c.gate: c.yields for c in dry(person, "promote").closed if c.gate == "fenced"} == gate, "it lives"
        lab.break_("postgres", "kill-postmaster")
        (shut,) = [c for c in dry(person, "promote").closed if c.gate == "fenced"]
        assert (shut.yields, shut.opens) == ("reason and target", "postgres.fence")
        assert "or a reboot" in shut.message

        fenced = confirmed(person, "fence")
        assert fenced.state is RunState.SUCCEEDED, fenced.summary
        told = dry(person, "promote")
        assert not told.closed
        assert standby.psql("SELECT pg_is_in_recovery()") == "t"
        said = {finding.about: finding.text for finding in told.findings}
        assert said["cleoai"] == "1 unlogged table will be empty: scratch"
        assert said["logical replication slots"].startswith("cdc of postgres")

        hung = confirmed(person, "promote")
        assert hung.state is RunState.FAILED
        assert "synchronous_standby_names is 'nobody'" in hung.summary
        assert not person.incident().takeovers
        standby.psql("ALTER SYSTEM RESET synchronous_standby_names; SELECT pg_reload_conf()")
        done = confirmed(person, "promote")
        assert done.state is RunState.SUCCEEDED, done.summary
        assert "timeline 2" in done.summary
        incident = person.until(lambda i: i.takeovers)
        assert incident.roster.players("postgres") == [STANDBY]
        assert incident.state("fence") is StepState.DONE, "what was done stays done"
        lost = incident.loss(STANDBY)
        assert lost
        assert lost.exact
        assert lost.seconds < 2

    with running(person.place, world(lab, tmp_path)):  # another runner reads the same file, and goes by the journal
        verified = person.over(person.desk.request_run("verify"))
        assert (verified.system, verified.state) == (STANDBY, RunState.SUCCEEDED), verified.summary
        let_in = person.over(person.desk.request_run("writers"))
        assert (let_in.system, let_in.state) == (STANDBY, RunState.SUCCEEDED), let_in.summary
        assert [held.undone_by for held in person.incident().in_force.values()] == ["postgres.unfence"]
        back = person.over(person.desk.request_action("postgres.unfence", {}, system="postgres", dry_run=True))
        assert [closed.gate for closed in back.closed] == ["second-primary"]
        again = dry(person, "fence")
        assert again.system == STANDBY
        assert "took the place of postgres" in again.summary
        assert standby.psql("SELECT pg_is_in_recovery()") == "f"
