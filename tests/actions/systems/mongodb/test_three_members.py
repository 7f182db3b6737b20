"""A replica set of three: one member goes, another takes its place, and writers are kept out of all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pymongo.errors import OperationFailure

from actions.systems.mongodb.primary import connect_primary
from actions.systems.mongodb.start_stop import start, stop
from actions.systems.mongodb.state import ask
from actions.systems.mongodb.ttl_monitor import is_ttl_kept_off, keep_ttl_off, let_ttl_on
from actions.systems.mongodb.writers import allow_writers, stop_writers
from cleo_console.lab.inventory import write_inventory
from cleo_console.lab.mongodb.cluster import APPLICATION
from cleo_console.lab.mongodb.service import MemberService, SecondaryService
from cleo_console.lab.service import Instance, Order
from tests.actions.systems.mongodb.mongo_lab import MongoLab, running_mongodb
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("mongodb-three-members")


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


def test_each_member_says_what_it_is_and_how_far_it_is_behind(members: list[MongoLab]) -> None:
    until(lambda: [each.health().status for each in members] == ["up", "up", "up"], deadline_s=90)
    states = [each.health().facts["state"] for each in members]
    assert states == ["PRIMARY", "SECONDARY", "SECONDARY"]
    assert all(each.health().facts["replica_lag_s"] < 30 for each in members)
    assert sorted(members[0].settings.members) == sorted(each.member.name_in_set for each in members[1:])


def test_a_primary_that_stops_is_replaced_and_writers_are_kept_out_wherever_it_is(members: list[MongoLab]) -> None:
    first, second, _ = members
    assert stop.function(first.context()).ok
    until(lambda: "PRIMARY" in [each.health().facts.get("state") for each in members[1:]], deadline_s=90)
    found = second.health()
    assert found.status == "degraded"
    assert f"{first.member.name_in_set} does not answer" in found.detail
    with connect_primary(second.server()) as client:
        assert ask(client, "hello")["isWritablePrimary"]

    assert "tried as each" in stop_writers.function(second.context()).summary
    writable = next(each for each in members[1:] if each.health().facts["state"] == "PRIMARY")
    with writable.session(APPLICATION) as app, pytest.raises(OperationFailure, match="not authorized"):
        app.cleoai.user_preferences.update_one({"_id": "nobody"}, {"$set": {"at": 1}})
    assert allow_writers.function(second.context()).ok

    assert start.function(first.context()).ok
    until(lambda: all(each.health().status == "up" for each in members), deadline_s=90)


def test_nothing_expires_at_any_member_that_may_become_primary(members: list[MongoLab]) -> None:
    keep_ttl_off(members[0].server())
    assert all(is_ttl_kept_off(each.server()) for each in members)
    until(lambda: all(each.health().facts.get("ttl_monitor") is False for each in members))
    let_ttl_on(members[1].server())
    assert not any(is_ttl_kept_off(each.server()) for each in members)
