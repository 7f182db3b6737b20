"""A replica set of three is restored at one member; the others keep their old data and copy everything from it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pymongo import ReadPreference

from actions.backups.take import take
from actions.outcome import GateClosed
from actions.systems.mongodb.rebuild_indexes import rebuild_indexes
from actions.systems.mongodb.restore import restore
from actions.systems.mongodb.verify import verify
from cleo_console.lab.inventory import write_inventory
from cleo_console.lab.mongodb import server
from cleo_console.lab.mongodb.service import MemberService, SecondaryService
from cleo_console.lab.service import Instance, Order
from tests.actions.systems.mongodb.mongo_lab import MongoLab, running_mongodb
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("mongodb-set-restored")


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


def test_a_restored_set_is_one_member_and_the_others_copy_everything_from_it(members: list[MongoLab]) -> None:
    first, second, third = members
    with first.session() as client:
        until(lambda: client.admin.command("hello")["isWritablePrimary"])
        client.cleoai.scratch.insert_many([{"_id": number} for number in range(100)])
    assert first.context().do(take, kind="full").ok
    with first.session() as client:
        client.cleoai.scratch.delete_many({})
    server.stop(first.member)
    assert first.context().do(restore).ok
    with pytest.raises(GateClosed, match="has the data of before"):
        first.context().do(rebuild_indexes)
    for each in (second, third):
        server.stop(each.member)
    built = first.context().do(rebuild_indexes)
    assert built.ok
    left = sorted(finding.about for finding in built.findings if "not in the set" in finding.text)
    assert left == sorted(first.settings.members)
    for each in (second, third):
        joined = each.context().do(restore)
        assert joined.ok, joined
        assert joined.facts["aside"]
    until(lambda: [each.health().facts["state"] for each in members] == ["PRIMARY", "SECONDARY", "SECONDARY"])
    for each in members:
        with each.session() as client:
            found = client.get_database(
                "cleoai", read_preference=ReadPreference.SECONDARY_PREFERRED
            ).scratch.count_documents({})
            assert found == 100
    assert first.context().do(rebuild_indexes).findings == []
    assert first.context().do(verify).ok
