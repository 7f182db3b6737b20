"""A replica takes the master's place once that is fenced, whoever starts it, with nothing lost unsaid."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from actions.inventory import Inventory, known_systems, load_inventory
from actions.outcome import ActionFailed, GateClosed
from actions.registry import catalogue, registry
from actions.runner import World
from actions.systems.redis.failover.fence import fence, is_fenced
from actions.systems.redis.failover.promote import promote
from actions.systems.redis.failover.unfence import unfence
from actions.systems.redis.fence_guard import GUARD
from actions.systems.redis.server import server_of
from actions.systems.redis.start_stop import start
from actions.transport import open_transport
from cleo_console.lab.redis import server
from cleo_console.lab.redis.node import APPLICATION, Node
from journal.errors import CleoError
from journal.events.types import InventoryRead, Override
from journal.incident.interlock import word_to_type
from journal.incident.records import Run, RunState, StepState
from tests.actions.contexts import FakeContext
from tests.actions.failover.counting import counting
from tests.actions.systems.redis.redis_lab import RedisLab, running_redis
from tests.actions.worlds import PLAN, Person, declared, places_in, running
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("redis-failover")
STANDBY = "redis-standby"


def _step(id_: str, action: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "title": id_.capitalize(), "action": action, "system": "redis", **more}


def plan() -> dict[str, Any]:
    decision = {"name": "recovery_point", "question": "To when?", "kind": "recovery-point"}
    steps = [
        {"id": "point", "title": "Point", "decision": decision},
        _step("fence", "redis.fence"),
        _step("promote", "redis.promote", needs=["fence"], verified_by="verify"),
        _step("verify", "redis.verify", needs=["promote"]),
        _step("writers", "redis.allow_writers", needs=["verify"]),
    ]
    (phase,) = PLAN["phases"]
    rto = {"critical": {"title": "Critical", "rto": "1 h", "validated_by": ["verify"]}}
    return {
        **PLAN,
        "objectives": {**PLAN["objectives"], "rto": rto},
        "systems": {"redis": {"title": "Redis", "tier": "critical", "data": "database"}},
        "scenarios": {"loss": {**PLAN["scenarios"]["loss"], "systems": ["redis"]}},
        "phases": [{**phase, "sections": [{"title": "Work", "steps": steps}]}],
    }


@pytest.fixture(scope="module")
def lab() -> Iterator[RedisLab]:
    with running_redis(standby=True) as running_:
        yield running_


@pytest.fixture
def person(lab: RedisLab, tmp_path: Path) -> Person:
    place = declared(places_in(tmp_path), plan=plan())
    person = Person(place)
    known = known_systems(lab.inventory, ["redis"])
    person.journal.append(InventoryRead(path=str(lab.inventory_path), sha256="1", systems=known))
    person.desk.decide("point", "latest")
    return person


def world(lab: RedisLab, folder: Path) -> World:
    return World(registry(), catalogue(), lab.inventory, open_transport, locks=places_in(folder).locks)


def dry(person: Person, step: str) -> Run:
    run: Run = person.over(person.desk.request_run(step, dry_run=True))
    return run


def confirmed(person: Person, step: str, *gates: str) -> Run:
    word = word_to_type(dry(person, step).target)
    overrides = [Override(gate=gate, reason="known in this test", target=word) for gate in gates]
    run: Run = person.over(person.desk.request_run(step, confirmed=word, overrides=overrides))
    return run


def acted(person: Person, action: str, system: str) -> Run:
    """Have an action done, as its dry run says whom it is about."""
    look = person.over(person.desk.request_action(action, {}, system=system, dry_run=True))
    assert not look.closed, look.closed
    run: Run = person.over(person.desk.request_action(action, {}, system=system, confirmed=word_to_type(look.target)))
    assert run.state is RunState.SUCCEEDED, (run.summary, run.refusal)
    return run


def counted(node: Node) -> AbstractContextManager[list[int]]:
    """The application writes numbers to a server meanwhile; those that were acknowledged."""

    def write(acknowledged: list[int], over: threading.Event) -> None:
        with suppress(CleoError), node.client(APPLICATION) as client:
            while not over.wait(0.005):
                client.set(f"counted:{len(acknowledged)}", 1)
                acknowledged.append(len(acknowledged))

    return counting(write)


def launched(lab: RedisLab) -> subprocess.CompletedProcess[str]:
    """Start the master as a reboot or a supervisor does, beside the program."""
    node = lab.node()
    return subprocess.run(
        [node.program("redis-server"), str(node.config_file)], capture_output=True, text=True, check=False
    )


def test_a_replica_cures_no_mistake_and_reaches_no_past(lab: RedisLab) -> None:
    with pytest.raises(GateClosed, match="replicated what is wrong") as closed:
        lab.ctx(damaged={"redis": "FLUSHALL"}).do(promote)
    assert (closed.value.gate, closed.value.yields) == ("strategy", "never")
    with pytest.raises(GateClosed, match="only its newest state"):
        lab.ctx(decisions={"recovery_point": "2026-11-22T02:40:00Z"}).do(promote)


def test_a_replica_that_is_never_to_lead_takes_over_for_who_names_it_with_a_reason_alone(lab: RedisLab) -> None:
    ctx = lab.ctx(decisions={"recovery_point": "latest"}, dry_run=True)
    with lab.node(STANDBY).client() as client:
        # a replica without any key, or that heard of no write since its own start, is stopped at before
        until(lambda: client.dbsize() and client.info("replication")["slave_repl_offset"] > 1)
        client.config_set("replica-priority", 0)
        with pytest.raises(ActionFailed, match="none is to lead: redis-standby says that it is never") as failed:
            ctx.do(promote)
        assert [(cure.decision, cure.params) for cure in failed.value.cures] == [
            ("strategy", {}),
            ("", {"standby": STANDBY}),
        ]
        with pytest.raises(GateClosed) as closed:
            ctx.do(promote, standby=STANDBY)
        assert (closed.value.gate, closed.value.yields) == ("left-out", "reason and target")
        ctx.overrides["left-out"] = "nothing else is left"
        assert ctx.do(promote, standby=STANDBY).ok
        client.config_set("replica-priority", 100)


def test_a_replica_that_nobody_can_place_is_not_promoted(lab: RedisLab) -> None:
    """Restarted while its master is away it has what its own disk had, and says so by its position alone."""
    with lab.frozen():
        server.stop(lab.node(STANDBY))
        server.start(lab.node(STANDBY))
        until(lambda: lab.node(STANDBY).info("replication")["master_sync_in_progress"] in (0, 1))
        ctx = lab.ctx(decisions={"recovery_point": "latest"})
        with pytest.raises((GateClosed, ActionFailed)) as closed:
            ctx.do(promote)
        assert "nobody can tell how old" in str(closed.value) or "in the middle of taking" in str(closed.value)
    server.wait_until_followed(lab.node(STANDBY))


def inventory_of(lab: RedisLab, folder: Path, *, gone: bool = False, **entry: Any) -> Inventory:
    """Return the lab's inventory, the master's entry changed; with ``gone`` nothing answers at its host."""
    data = yaml.safe_load(lab.inventory_path.read_text())
    data["hosts"]["desk"] = {"via": "local"}
    if gone:
        with socket.create_server(("127.0.0.1", 0)) as free:
            data["hosts"]["gone"] = {"via": "ssh", "host": "127.0.0.1", "port": free.getsockname()[1], "relink_s": 0.0}
        data["systems"]["redis"]["host"] = "gone"
    data["systems"]["redis"].update(entry)
    file = folder / "inventory.yaml"
    file.write_text(yaml.safe_dump(data))
    return load_inventory(file)


def test_a_master_that_cannot_be_reached_is_fenced_by_a_word_or_a_device_alone(lab: RedisLab, tmp_path: Path) -> None:
    ctx = FakeContext(inventory_of(lab, tmp_path, gone=True), system="redis")
    with pytest.raises(ActionFailed, match="and takes writes"):
        ctx.do(fence)
    lab.kill()
    with pytest.raises(GateClosed, match="unreachable is not dead") as closed:
        ctx.do(fence)
    assert (closed.value.gate, closed.value.yields) == ("unreachable", "reason and target")
    ctx.overrides["unreachable"] = "its rack is without power, says Ann, who stands before it"
    assert "a person's word" in ctx.do(fence).summary
    assert ctx.do(is_fenced).ok
    server.start(lab.node())
    seen = ctx.do(is_fenced)
    assert not seen.ok, "back again, whatever was said"
    server.wait_until_followed(lab.node(STANDBY))

    state = tmp_path / "power"
    off = f"echo off >{state}; kill -9 {lab.pid()}"
    words = {"host": "desk", "fenced_says": "off", "fence": ["sh", "-c", off], "state": ["cat", str(state)]}
    words["unfence"] = ["sh", "-c", f"echo on >{state}"]
    state.write_text("on")
    ctx.inventory = inventory_of(lab, tmp_path, fence={"power": words})
    assert ctx.do(fence, by="power").ok
    assert ctx.do(is_fenced).ok
    assert "FATAL CONFIG FILE ERROR" in launched(lab).stderr, "its host answered: no start of it either"
    assert ctx.do(unfence).ok
    assert state.read_text().strip() == "on"
    data = lab.node().data_directory
    data.rename(tmp_path / "lost")
    assert ctx.do(fence).ok, "its disk may be gone: that ends a start, too, until it is back"
    (tmp_path / "lost").rename(data)
    assert ctx.do(unfence).ok
    server.start(lab.node())
    server.wait_until_followed(lab.node(STANDBY))


def test_the_replica_of_a_fenced_master_takes_over_for_the_whole_incident(
    lab: RedisLab, person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actions.systems.redis.verify.AGAIN_S", 1.0)
    standby = lab.node(STANDBY)
    with standby.client() as client:
        client.config_set("min-replicas-to-write", 1)
    with running(person.place, world(lab, tmp_path)):
        assert {c.gate: c.yields for c in dry(person, "promote").closed}["fenced"] == "never", "it lives"
        fenced = confirmed(person, "fence")
        assert fenced.state is RunState.SUCCEEDED, fenced.summary
        assert "FATAL CONFIG FILE ERROR" in launched(lab).stderr, "as a reboot does, or a supervisor"
        assert server.server_pid(lab.node()) is None
        assert lab.ctx().do(is_fenced).ok
        with pytest.raises(ActionFailed, match="is fenced"):
            lab.ctx().do(start)

        told = dry(person, "promote")
        assert not told.closed
        assert standby.info("replication")["role"] == "slave"
        said = {finding.text for finding in told.findings}
        assert not any("lacks" in text for text in said), said
        assert any("without replicas it refuses writes" in text for text in said)

        refused = confirmed(person, "promote")
        assert refused.state is RunState.FAILED
        assert "takes no write" in refused.summary
        assert not person.incident().takeovers
        with standby.client() as client:
            client.config_set("min-replicas-to-write", 0)
        done = confirmed(person, "promote")
        assert done.state is RunState.SUCCEEDED, done.summary
        incident = person.until(lambda i: i.takeovers)
        assert incident.roster.players("redis") == [STANDBY]
        assert incident.state("fence") is StepState.DONE, "what was done stays done"
        lost = incident.loss(STANDBY)
        assert lost
        assert lost.seconds < 3

    server.stop(standby)
    server.start(standby)
    assert standby.info("replication")["role"] == "master", "it follows nobody after a restart either"
    with running(person.place, world(lab, tmp_path)):  # another runner reads the same file, and goes by the journal
        verified = person.over(person.desk.request_run("verify"))
        assert (verified.system, verified.state) == (STANDBY, RunState.SUCCEEDED), verified.summary
        assert not verified.partial, "the old master's backups tell how many keys there are to be"
        let_in = person.over(person.desk.request_run("writers"))
        assert (let_in.system, let_in.state) == (STANDBY, RunState.SUCCEEDED), let_in.summary
        assert [held.undone_by for held in person.incident().in_force.values()] == ["redis.unfence"]
        back = person.over(person.desk.request_action("redis.unfence", {}, system="redis", dry_run=True))
        assert [closed.gate for closed in back.closed] == ["second-primary"]
        again = dry(person, "fence")
        assert "took the place of redis" in again.summary

        early = person.over(person.desk.request_action("redis.switch_back", {}, system=STANDBY, dry_run=True))
        assert (early.state, early.cures[0].action) == (RunState.FAILED, "redis.rejoin"), early.summary
        acted(person, "redis.rejoin", "redis")
        assert not person.incident().in_force, "its fence went with it"
        server.stop(lab.node())
        GUARD.put(server_of(lab.ctx(), "redis"), "as where it was killed behind the line that has it follow")
        acted(person, "redis.rejoin", "redis")
        seen = lab.node().info("replication")
        assert (seen["role"], seen["master_port"], seen["master_link_status"]) == ("slave", standby.port, "up")
        (aside,) = lab.node().data_directory.parent.glob("data.aside-*")
        assert (aside / "appendonlydir").is_dir(), "what it took alone is kept"
        ours, theirs = lab.node().info("keyspace"), standby.info("keyspace")
        assert {name: one["keys"] for name, one in ours.items()} == {name: one["keys"] for name, one in theirs.items()}

        with counted(standby) as acknowledged:
            back = acted(person, "redis.switch_back", STANDBY)
        person.until(lambda i: i.roster.players("redis") == ["redis"])
        assert "Nothing was lost" in back.summary
        assert [held.undone_by for held in person.incident().in_force.values()] == ["redis.allow_writers"]
        assert acted(person, "redis.allow_writers", "redis").state is RunState.SUCCEEDED
    with lab.node().client() as client:
        assert acknowledged
        assert not [number for number in acknowledged if client.get(f"counted:{number}") is None]
    for node, role in ((lab.node(), "master"), (standby, "slave")):
        server.stop(node)
        server.start(node)
        assert node.info("replication")["role"] == role, "at its next start, too"
