"""MongoDB with its backups in a bucket alone: dump and oplog go there, and come from there, without a copy here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from actions.backups.take import take
from actions.systems.mongodb.drill import drill
from actions.systems.mongodb.rebuild_indexes import rebuild_indexes
from actions.systems.mongodb.restore import restore
from actions.systems.mongodb.verify import verify
from cleo_console.lab.mongodb import server
from cleo_console.lab.mongodb.cluster import DATABASE
from tests.actions.backups.storage.buckets import Emulated, emulated
from tests.actions.systems.mongodb.mongo_lab import MongoLab, running_mongodb

pytestmark = pytest.mark.xdist_group("mongodb-bucket")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    with emulated(tmp_path_factory.mktemp("store")) as found:
        yield found


@pytest.fixture(scope="module")
def mongo(store: Emulated) -> Iterator[MongoLab]:
    with running_mongodb() as running:
        store.hold_backups_of("mongodb", running.inventory_file)
        shutil.rmtree(running.member.repository)
        yield running


@pytest.mark.soak
def test_a_lost_server_comes_back_with_what_was_saved_of_its_oplog(mongo: MongoLab, store: Emulated) -> None:
    with mongo.session() as client:
        client.shop.orders.insert_many([{"_id": number} for number in range(500)])
        client.shop.orders.create_index("customer")
    full = mongo.context().do(take, kind="full").facts["backup"]
    with mongo.session() as client:
        client.shop.orders.insert_one({"_id": "late"})
    saved = mongo.context().do(take, kind="incremental").facts["backup"]
    with mongo.session() as client:
        wanted = client[DATABASE]["conversations"].count_documents({})
    assert mongo.health(30).facts["exposure_s"] < 60
    server.stop(mongo.member)
    shutil.rmtree(mongo.member.data_directory)
    here = mongo.context(decisions={"recovery_point": "latest"})
    outcome = here.do(restore)
    assert (outcome.facts["backup"], outcome.facts["slices"]) == (full, [saved])
    assert here.do(rebuild_indexes).ok
    assert here.do(verify).ok
    with mongo.session() as client:
        assert client.shop.orders.count_documents({}) == 501
        assert "customer_1" in client.shop.orders.index_information()
        assert client[DATABASE]["conversations"].count_documents({}) == wanted
    assert mongo.context().do(drill).ok
