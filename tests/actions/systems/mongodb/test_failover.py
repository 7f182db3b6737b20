"""Another member leads once the old primary is fenced: elected by a majority, or forced where none is left."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.write_concern import WriteConcern

from actions.inventory import Inventory, load_inventory
from actions.outcome import ActionFailed, GateClosed
from actions.systems.mongodb.failover.fence import FENCING, fence, is_fenced
from actions.systems.mongodb.failover.promote import is_promoted, old_primary_fenced, promote
from actions.systems.mongodb.failover.rejoin import rejoin
from actions.systems.mongodb.failover.switch_back import is_switched_back, switch_back
from actions.systems.mongodb.failover.unfence import unfence
from actions.systems.mongodb.start_stop import start
from actions.systems.mongodb.writers import allow_writers, stop_writers
from cleo_console.lab.inventory import write_inventory
from cleo_console.lab.mongodb import server
from cleo_console.lab.mongodb.cluster import APPLICATION
from cleo_console.lab.mongodb.service import MemberService, SecondaryService
from cleo_console.lab.service import Instance, Order
from journal.errors import CleoError
from tests.actions.contexts import FakeContext
from tests.actions.failover.counting import counting
from tests.actions.systems.mongodb.mongo_lab import MongoLab, running_mongodb
from tests.actions.systems.postgres.failing_over import with_fields
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("mongodb-failover")


@pytest.fixture(scope="module")
def members() -> Iterator[list[MongoLab]]:
    """The three members of a set, the first one primary."""
    with running_mongodb() as first:
        services: list[MemberService] = [first.service]
        for name in ("mongodb-2", "mongodb-3"):
            settings = SecondaryService.choose_settings(name, first.service)
            chosen = Instance(name=name, type="mongodb", site="dr", standby_of="mongodb", settings=settings)
            services.append(SecondaryService(chosen, first.service.lab, first.service))
            services[-1].create(Order(size=None, backup_minutes=60), lambda _: None)
        write_inventory(first.service.lab, services)
        yield [MongoLab(service) for service in services]


def counted(member: MongoLab) -> AbstractContextManager[list[int]]:
    """The application writes numbers to a primary meanwhile; those that it acknowledged, without asking a majority."""

    def write(acknowledged: list[int], over: threading.Event) -> None:
        with suppress(PyMongoError, CleoError), member.session(APPLICATION) as app:
            numbers = app.cleoai.get_collection("counted", write_concern=WriteConcern(w=1))
            while not over.wait(0.005):
                numbers.insert_one({"_id": len(acknowledged)})
                acknowledged.append(len(acknowledged))

    return counting(write)


def state(member: MongoLab) -> str:
    return str(member.health().facts.get("state"))


def priorities(member: MongoLab) -> list[float]:
    with member.session() as client:
        return [one["priority"] for one in client.admin.command("replSetGetConfig")["config"]["members"]]


def kill(member: MongoLab) -> None:
    pid = server.process(member.member.data_directory)
    assert pid
    os.kill(pid.pid, signal.SIGKILL)
    until(lambda: server.process(member.member.data_directory) is None)


def test_a_majority_elects_another_one_as_the_old_primary_is_fenced(members: list[MongoLab]) -> None:
    first, *rest = members
    ctx = first.context(decisions={"recovery_point": "latest"})
    closed = old_primary_fenced(ctx)
    assert closed
    assert closed.yields == "never", "it lives"

    assert ctx.do(stop_writers).ok
    fenced = ctx.do(fence)
    assert fenced.ok, fenced.summary
    argv = [str(first.member.mongod), "--config", str(first.member.config_file)]
    started = subprocess.run(argv, capture_output=True, text=True, check=False)  # as a reboot does, or a supervisor
    assert "Unrecognized option: cleoFenced" in started.stderr
    with pytest.raises(ActionFailed, match="is fenced"):
        ctx.do(start)
    assert ctx.do(is_fenced).ok
    assert old_primary_fenced(ctx) is None

    ctx.dry_run = True
    known, ctx.inventory = ctx.inventory, _unasked(ctx.inventory, rest)
    with pytest.raises(ActionFailed, match="not known: none of mongodb-2, mongodb-3 could be asked") as silent:
        ctx.do(promote)
    assert not any("nothing to promote" in cure.words for cure in silent.value.cures)
    second = FENCING.no_other_primary(ctx)
    assert second
    assert "forced without mongodb is not known" in second.message
    ctx.inventory = known
    assert FENCING.no_other_primary(ctx) is None, "it would follow whom they elect"
    assert ctx.do(promote).ok
    assert not any("lacks" in finding.text for finding in ctx.do(promote).findings)
    ctx.dry_run = False
    done = ctx.do(promote)
    assert done.ok, done.summary
    leads = str(done.facts["took_over"]["system"])
    assert leads in ("mongodb-2", "mongodb-3")
    assert done.facts["recovered_to"]
    leader = next(one for one in rest if one.service.instance.name == leads)
    assert state(leader) == "PRIMARY"
    with leader.session(APPLICATION) as app, pytest.raises(OperationFailure, match="not authorized"):
        app.cleoai.user_preferences.update_one({"_id": "nobody"}, {"$set": {"at": 1}})
    assert ctx.do(is_promoted).ok
    assert priorities(leader) == [1, 1, 1], "the old one would lead again by itself as soon as it is back"
    assert any("its priority was 2" in finding.text for finding in done.findings)
    seen_from_afar = FakeContext(_gone(first, ctx.files), system="mongodb").do(fence)
    assert seen_from_afar.facts["fenced_by"] == "set", "its host does not answer, and a majority has another primary"
    assert leader.context().do(allow_writers).ok

    joined = ctx.do(rejoin)
    assert joined.ok, joined.summary
    assert state(first) == "SECONDARY"
    assert joined.facts["rolled_back"] == []
    with leader.session(APPLICATION) as app:  # the old primary's start keeps nobody out of the new one
        app.cleoai.user_preferences.update_one({"_id": "nobody"}, {"$set": {"at": 1}})
    assert any("its priority was 2" in finding.text for finding in joined.findings)
    assert state(leader) == "PRIMARY", "it is not to lead by itself"

    switched_back(first, leader, ctx)


def _unasked(inventory: Inventory, members: list[MongoLab]) -> Inventory:
    """Return an inventory in which nobody listens where these members are: they cannot be asked, and may live."""
    for one in members:
        inventory = with_fields(inventory, one.service.instance.name, port=1)
    return inventory


def switched_back(first: MongoLab, leader: MongoLab, ctx: FakeContext) -> None:
    """Have the old primary lead again, as planned, while the application writes."""
    name, leads = first.service.instance.name, leader.service.instance.name
    ctx.inventory = with_fields(ctx.inventory, leads, standby_of="", app_users=first.settings.app_users)
    ctx.inventory = with_fields(ctx.inventory, name, standby_of=leads)
    ctx.system = leads
    with counted(leader) as acknowledged:
        done = ctx.do(switch_back)
    assert "Nothing was lost" in done.summary
    assert done.facts["took_over"] == {"system": name, "of": leads}
    until(lambda: (state(first), state(leader)) == ("PRIMARY", "SECONDARY"), 60)
    assert ctx.do(is_switched_back).ok
    assert "Nothing was lost" in ctx.do(switch_back).summary, "its runner died before it wrote that down"
    with first.session(APPLICATION) as app, pytest.raises(OperationFailure, match="not authorized"):
        app.cleoai.user_preferences.update_one({"_id": "nobody"}, {"$set": {"at": 1}})
    assert first.context().do(allow_writers).ok
    with first.session() as client:
        assert acknowledged
        assert {one["_id"] for one in client.cleoai.counted.find()} >= set(acknowledged)
    assert priorities(first) == [2, 1, 1], "its own priority is back"
    with leader.session() as client:
        client.admin.command("replSetStepUp")  # refused of who does not stand for election yet


@pytest.mark.soak
def test_what_no_majority_had_is_named_as_it_is_rolled_back(members: list[MongoLab]) -> None:
    first, second, third = members
    with second.session() as client:
        client.admin.command("replSetStepUp", check=False)
    until(lambda: state(second) == "PRIMARY", 60)
    kill(first)
    kill(third)
    with second.session() as client:  # a primary that lost its majority takes writes for some seconds
        alone = client.cleoai.with_options(write_concern=WriteConcern(w=1, j=True))
        alone.user_preferences.insert_one({"_id": "alone"})
    kill(second)
    first.service.start()
    third.service.start()
    ctx = second.context(decisions={"recovery_point": "latest"})
    until(lambda: any(state(each) == "PRIMARY" for each in (first, third)), 90)
    assert ctx.do(fence).ok
    joined = ctx.do(rejoin)
    assert joined.ok, joined.summary
    (told,) = [finding.text for finding in joined.findings if "rolled back" in finding.text]
    assert "user_preferences" in told or "removed." in told
    with second.session() as client:
        assert client.cleoai.user_preferences.find_one({"_id": "alone"}) is None


@pytest.mark.soak
def test_a_set_without_a_majority_is_forced_for_a_reason_alone(members: list[MongoLab]) -> None:
    first, second, third = members
    with first.session() as client:
        until(lambda: client.admin.command("replSetStepUp", check=False).get("ok") == 1, 60)
    until(lambda: state(first) == "PRIMARY", 60)
    kill(third)
    kill(first)
    ctx = first.context(decisions={"recovery_point": "latest"})
    closed = old_primary_fenced(ctx)
    assert closed
    assert "whoever starts it, or a reboot" in closed.message
    assert ctx.do(fence).ok
    until(lambda: _refused(ctx) == "no-majority", 60)  # the others are taken for healthy for some seconds

    ctx.overrides["no-majority"] = "the first site is without power, says its provider"
    done = ctx.do(promote)
    assert done.ok, done.summary
    assert "(forced)" in done.summary
    assert state(second) == "PRIMARY"
    third.service.start()
    until(lambda: state(third) == "SECONDARY", 60)
    assert ctx.do(unfence).ok
    assert ctx.do(start).ok
    until(lambda: state(first) == "SECONDARY", 60)
    assert state(second) == "PRIMARY"


@pytest.mark.soak
def test_one_that_is_never_to_lead_does_for_who_names_it_with_a_reason_alone(members: list[MongoLab]) -> None:
    first, second, _ = members
    with first.session() as client:
        until(lambda: client.admin.command("replSetStepUp", check=False).get("ok") == 1, 60)
        until(lambda: client.admin.command("hello")["isWritablePrimary"], 60)
        before = client.admin.command("replSetGetConfig")["config"]
        _places(client, {1: {"priority": 0, "hidden": True, "secondaryDelaySecs": 3600}, 2: {"priority": 0}})
        concern = WriteConcern(w=2)
        client.cleoai.get_collection("user_preferences", write_concern=concern).insert_one({"_id": "late"})
    ctx = first.context(decisions={"recovery_point": "latest"})
    assert ctx.do(fence).ok
    ctx.dry_run = True
    with pytest.raises(ActionFailed, match=r"nobody can lead it: .*delayed by 3600 s on purpose") as failed:
        ctx.do(promote)
    named = {cure.params["standby"]: cure.words for cure in failed.value.cures if cure.action}
    assert "which is of priority 0" in named["mongodb-3"]
    with pytest.raises(GateClosed) as closed:
        ctx.do(promote, standby="mongodb-2")
    assert (closed.value.gate, closed.value.yields) == ("left-out", "reason and target")

    ctx.dry_run = False
    ctx.overrides["left-out"] = "the other one is of a site that is about to go"
    done = ctx.do(promote, standby="mongodb-2")
    assert done.ok, done.summary
    assert done.facts["took_over"]["system"] == "mongodb-2"
    assert any("may lead its set from now on" in finding.text for finding in done.findings)
    with second.session() as client:
        place = client.admin.command("replSetGetConfig")["config"]["members"][1]
        assert (place["priority"], place["hidden"], place["secondaryDelaySecs"]) == (1, False, 0)
        assert client.cleoai.user_preferences.find_one({"_id": "late"}), "it caught up with the other one first"
    assert second.context().do(allow_writers).ok
    assert ctx.do(rejoin).ok
    with second.session() as client:
        _places(client, {n: {"priority": one["priority"]} for n, one in enumerate(before["members"])})


def _places(client: MongoClient[dict[str, Any]], changed: dict[int, dict[str, Any]]) -> None:
    """Change places in a set's configuration, by their number."""
    config = client.admin.command("replSetGetConfig")["config"]
    for number, more in changed.items():
        config["members"][number] |= more
    client.admin.command("replSetReconfig", {**config, "version": config["version"] + 1})


def _gone(member: MongoLab, folder: Path) -> Inventory:
    """Return the inventory with the member's host gone: nothing answers there."""
    data = yaml.safe_load(member.inventory_file.read_text())
    with socket.create_server(("127.0.0.1", 0)) as free:
        data["hosts"]["gone"] = {"via": "ssh", "host": "127.0.0.1", "port": free.getsockname()[1], "relink_s": 0.0}
    data["systems"][member.service.instance.name]["host"] = "gone"
    file = folder / "inventory.yaml"
    file.write_text(yaml.safe_dump(data))
    return load_inventory(file)


def _refused(ctx: FakeContext) -> str:
    ctx.dry_run = True
    try:
        ctx.do(promote)
    except GateClosed as closed:
        return closed.gate
    except ActionFailed as error:
        return error.message
    finally:
        ctx.dry_run = False
    return ""
