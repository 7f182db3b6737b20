"""Documents of one collection, brought back into a real server from a side instance: those, and no others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from actions.outcome import ActionFailed, Outcome
from actions.systems.mongodb.side.documents import transaction
from actions.systems.mongodb.side.documents.asked import Bring, Meant, Mode
from actions.systems.mongodb.side.documents.bring_back import bring
from actions.systems.mongodb.side.documents.real import compare, reach_primary
from actions.systems.mongodb.side.documents.selective import selective_restore
from actions.systems.mongodb.side.pitr import pitr, pitr_discard
from actions.systems.mongodb.side.place import Side, load_side
from actions.systems.mongodb.side.programs import server_of_side
from tests.actions.contexts import RunnerDied
from tests.actions.systems.mongodb.mongo_lab import MongoLab
from tests.actions.systems.mongodb.side.sides import directory, lasting_client, moment

pytestmark = pytest.mark.xdist_group("mongodb-selective")

SHOP = "shop"
Client = Any


class Shop:
    """Collections as they were, and a side instance that stands there."""

    def __init__(self, mongo: MongoLab, client: Client) -> None:
        self.mongo, self.client = mongo, client
        shop = client[SHOP]
        shop.talks.insert_many([{"_id": n, "code": f"c{n}", "words": "as it was"} for n in range(100)])
        shop.talks.create_index("code", unique=True)
        shop.notes.insert_many([{"_id": n, "until": datetime(2020 + n, 1, 1, tzinfo=UTC)} for n in range(20)])
        shop.kept.insert_many([{"_id": n, "code": n} for n in range(50)])
        shop.kept.create_index("code", unique=True)
        shop.create_collection("short", capped=True, size=4096)
        self.at = moment()
        assert mongo.context().do(pitr, timestamp=self.at).ok

    def bring(self, name: str, *, dry: bool = False, **params: Any) -> Outcome:
        return self.mongo.context(dry_run=dry).do(selective_restore, collection=name, **params)

    def __getitem__(self, name: str) -> Any:
        return self.client[SHOP][name]

    def state(self, name: str) -> dict[Any, Any]:
        return {one["_id"]: one for one in self[name].find()}

    @property
    def side(self) -> Side:
        found = load_side(self.mongo.server())
        assert found
        return found


@pytest.fixture(scope="module")
def shop(mongo: MongoLab) -> Iterator[Shop]:
    with lasting_client(mongo) as client:
        yield Shop(mongo, client)
    assert mongo.context().do(pitr_discard).ok


@pytest.fixture
def talks(shop: Shop) -> Iterator[dict[Any, Any]]:
    """The collection as it was; it is so again afterwards."""
    then = shop.state("talks")
    yield then
    shop["talks"].delete_many({})
    shop["talks"].insert_many(list(then.values()))


def test_only_what_is_missing_comes_back(shop: Shop, talks: dict[Any, Any]) -> None:
    shop["talks"].delete_many({"_id": {"$lt": 10}})
    shop["talks"].update_one({"_id": 50}, {"$set": {"words": "written since"}})
    shop["talks"].insert_one({"_id": 500, "code": "c500"})
    before = shop.state("talks")
    dry = shop.bring("talks", dry=True)
    wanted = {"documents_then": 100, "missing": 10, "changed": 1, "extra": 1, "expired": 0, "kept_out": 0}
    assert dry.facts == wanted
    assert shop.state("talks") == before, "a dry run writes nothing"

    done = shop.bring("shop.talks", date=shop.at)
    assert (done.facts["inserted"], done.facts["updated"], done.facts["deleted"]) == (10, 0, 0)
    assert shop.state("talks") == before | {n: talks[n] for n in range(10)}
    assert "1 document with other content than then" in str(done.findings[0])
    assert not list(directory(shop.mongo).glob("bring-back*")), "nothing that was staged is left"


def test_replaced_it_is_what_it_was(shop: Shop, talks: dict[Any, Any]) -> None:
    shop["talks"].delete_many({"_id": {"$lt": 5}})
    shop["talks"].update_many({"_id": {"$gte": 90}}, {"$set": {"words": "vandalised"}})
    shop["talks"].insert_one({"_id": 500, "code": "c3"})  # goes, and so does not keep the third out
    done = shop.bring("talks", replace=True)
    assert (done.facts["inserted"], done.facts["updated"], done.facts["deleted"]) == (5, 10, 1)
    assert shop.state("talks") == talks


def test_killed_after_it_was_written_it_is_not_written_again(shop: Shop, talks: dict[Any, Any]) -> None:
    shop["talks"].delete_many({"_id": {"$lt": 5}})
    ctx = shop.mongo.context()
    ctx.dies_after = "bring-back"
    with pytest.raises(RunnerDied):
        ctx.do(selective_restore, collection="talks")
    assert shop.state("talks") == talks
    assert ctx.reenter(selective_restore, collection="talks").summary.startswith("Nothing is missing")


def test_what_another_document_keeps_out_is_counted(shop: Shop, talks: dict[Any, Any]) -> None:
    shop["talks"].delete_many({"_id": {"$in": [1, 2]}})
    shop["talks"].insert_one({"_id": 500, "code": "c1"})
    done = shop.bring("talks")
    assert (done.facts["inserted"], done.facts["kept_out"]) == (1, 1)
    assert shop["talks"].find_one({"_id": 1}) is None
    assert "another document has the same unique value" in " ".join(map(str, done.findings))


def test_what_is_past_its_time_is_left_out(shop: Shop) -> None:
    """With a TTL index of now, documents of then would be gone again within a minute."""
    shop.client.admin.command("setParameter", 1, ttlMonitorEnabled=False)
    shop["notes"].create_index("until", expireAfterSeconds=0)
    shop["notes"].delete_many({})
    done = shop.bring("notes")
    expired = sum(1 for n in range(20) if datetime(2020 + n, 1, 1, tzinfo=UTC) < datetime.now(UTC))
    assert (done.facts["inserted"], done.facts["expired"]) == (20 - expired, expired)
    assert shop["notes"].count_documents({"until": {"$lt": datetime.now(UTC)}}) == 0
    shop.client.admin.command("setParameter", 1, ttlMonitorEnabled=True)


def test_a_dropped_collection_is_made_again_with_its_indexes(shop: Shop) -> None:
    then, indexes = shop.state("kept"), shop["kept"].index_information()
    shop["kept"].drop()
    shop["kept.cleo-bringing-back"].insert_one({"left": "by one that was killed"})
    assert shop.bring("kept").facts["inserted"] == 50
    assert shop.state("kept") == then
    assert shop["kept"].index_information() == indexes
    assert not [name for name in shop.client[SHOP].list_collection_names() if "cleo" in name]


def changed_meanwhile(shop: Shop) -> None:
    shop["talks"].update_one({"_id": 50}, {"$set": {"words": "by somebody, meanwhile"}})
    shop["talks"].insert_one({"_id": 1, "code": "c1", "words": "made anew, meanwhile"})


def test_no_document_is_written_that_is_not_as_it_was_compared(shop: Shop, talks: dict[Any, Any]) -> None:
    shop["talks"].delete_one({"_id": 1})
    shop["talks"].update_one({"_id": 50}, {"$set": {"words": "vandalised"}})
    got = _bring(shop, "replace", changed_meanwhile)
    assert (got.inserted, got.updated, got.left) == (0, 0, {transaction.MEANWHILE: 2})
    assert shop["talks"].find_one({"_id": 50})["words"] == "by somebody, meanwhile"


def test_what_the_server_refuses_as_it_is_written_is_left_out(shop: Shop, talks: dict[Any, Any]) -> None:
    shop["talks"].delete_many({"_id": {"$lt": 4}})

    def changed(shop: Shop) -> None:
        shop["talks"].insert_one({"_id": 500, "code": "c1"})
        shop.client[SHOP].command("collMod", "talks", validator={"_id": {"$ne": 2}})

    got = _bring(shop, "missing", changed)
    shop.client[SHOP].command("collMod", "talks", validator={})
    assert (got.inserted, got.left) == (2, {transaction.UNIQUE: 1, transaction.INVALID: 1})


def _bring(shop: Shop, mode: Mode, meanwhile: Callable[[Shop], Any]) -> Any:
    """Compare, let somebody write, and bring back, as the host's program does."""
    real = reach_primary(shop.mongo.server())
    compared = compare(shop.side, real, Meant(name="talks", database=SHOP), replace=mode == "replace")
    meanwhile(shop)
    names = [one.namespace for one in compared.found]
    side = server_of_side(shop.side)
    asked = Bring(side=side, real=real, folder=shop.side.root, mark=compared.mark, mode=mode, namespaces=names)
    return bring(asked).got[0]


def test_what_cannot_be_copied_is_refused(shop: Shop) -> None:
    for name, words in (
        ("short", "it is capped"),
        ("nosuch", "There is no collection nosuch"),
        ("", "Say which collection"),
    ):
        with pytest.raises(ActionFailed, match=words):
            shop.bring(name)
    with pytest.raises(ActionFailed, match="not where it is asked for") as elsewhere:
        shop.bring("talks", date="2026-01-01T00:00:00Z")
    assert elsewhere.value.cures[0].action == "mongodb.pitr"
    with pytest.raises(ActionFailed, match="names no time zone"):
        shop.bring("talks", date="2026-01-01 00:00")
