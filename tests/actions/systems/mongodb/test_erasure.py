"""Users who were erased since the recovery point do not come back: their documents go again, and nobody else's."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from actions.erasure.listing import list_requests
from actions.outcome import ActionFailed
from actions.settings import ErasureSettings
from actions.systems.mongodb.erasure import erasures_left, reapply_erasures
from actions.systems.mongodb.side.documents.user import user_restore
from tests.actions.contexts import FakeContext
from tests.actions.systems.mongodb.mongo_lab import MongoLab

pytestmark = pytest.mark.xdist_group("mongodb-writers")

THEN = datetime(2026, 11, 29, 2, 0, tzinfo=UTC)
OBJECT_ID = "65f0aa00aa00aa00aa00aa00"


class Dying(FakeContext):
    """A context whose process is killed as it is asked whether to go on, once something is so."""

    def __init__(self, dies: Callable[[], bool], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._dies = dies

    def check_cancelled(self) -> None:
        if self.effects and self._dies():
            os.kill(os.getpid(), signal.SIGKILL)


class Erased:
    """A mongod with documents of users 7 and OBJECT_ID, who were erased, and of others."""

    def __init__(self, mongo: MongoLab, ledger: Path) -> None:
        from bson import ObjectId

        self.mongo = mongo
        rows = [{"user_id": who, "at": "2026-11-29T03:00:00Z"} for who in (7, OBJECT_ID)]
        ledger.write_text("\n".join(json.dumps(row) for row in rows))
        erasure = ErasureSettings(host=mongo.settings.host, file=str(ledger))
        self.inventory = msgspec.structs.replace(mongo.inventory, erasure=erasure)
        self.database = mongo.settings.database
        mine: list[dict[str, Any]] = [
            {"user_id": 7},
            {"user_id": "7"},
            {"user_id": 7.0},
            {"user_id": ObjectId(OBJECT_ID)},
        ]
        others: list[dict[str, Any]] = [
            {"user_id": 71},
            {"user_id": "07"},
            {"user_id": [7, 8]},
            {"owner": 7},
            {"user_id": OBJECT_ID.upper()},
            {},
        ]
        with mongo.session() as client:
            database = client[self.database]
            database.drop_collection("cases")
            database.create_collection("cases", collation={"locale": "en", "strength": 2})  # takes A for a
            database["cases"].insert_many([*mine, *others])
            database["users"].delete_many({})
            database["users"].insert_many([{"_id": 7}, {"_id": 8, "user_id": 7}])

    def ctx(self, dies: Callable[[], bool] = lambda: False, **more: Any) -> FakeContext:
        facts = {"recovered_to": {"mongodb": THEN}, **more}
        return Dying(dies, self.inventory, system=self.mongo.service.instance.name, **facts)

    def all(self) -> dict[str, int]:
        """How many documents each collection has."""
        with self.mongo.session() as client:
            database = client[self.database]
            return {name: database[name].count_documents({}) for name in self._names(database)}

    def theirs(self, condition: dict[str, Any]) -> dict[str, int]:
        with self.mongo.session() as client:
            database = client[self.database]
            names = [name for name in self._names(database) if name not in ("cases", "users")]
            return {name: database[name].count_documents(condition) for name in names}

    def _names(self, database: Any) -> list[str]:
        return sorted(name for name in database.list_collection_names() if name != "heartbeat")


@pytest.fixture
def erased(mongo: MongoLab, tmp_path: Path) -> Erased:
    return Erased(mongo, tmp_path / "erased.jsonl")


def test_their_documents_go_again_and_nobody_elses(erased: Erased) -> None:
    before, theirs = erased.all(), erased.theirs({"user_id": 7})
    settle = erased.ctx().do(list_requests).settles
    assert [(one.action, one.use) for one in settle] == [("mongodb.reapply_erasures", "open")]
    dry = erased.ctx(dry_run=True).do(reapply_erasures)
    wanted = {
        f"{erased.database}.{name}": n
        for name, n in {**theirs, "cases": 4, "users": 1, "user_preferences": 1}.items()
        if n
    }
    assert dry.facts["erased"] == wanted
    assert len(wanted) > 3, "the lab's own collections have documents of user 7"
    assert erased.all() == before, "a dry run erases nothing"

    done = erased.ctx().do(reapply_erasures)
    assert done.facts["erased"] == wanted
    gone = {name.partition(".")[2]: number for name, number in wanted.items()}
    assert erased.all() == {name: number - gone.get(name, 0) for name, number in before.items()}
    assert [one.text for one in done.findings] == ["1 document has several users in user_id, and stay"]
    assert erased.ctx().do(erasures_left).ok
    assert erased.ctx().do(reapply_erasures).summary.startswith("Nothing is there")


def test_letters_are_never_taken_for_others_whatever_the_collation(erased: Erased, tmp_path: Path) -> None:
    from bson import Binary

    id_ = "0f3c7a52-9d1b-4a43-8e5e-aa00aa00aa00"
    rows = [{"user_id": who, "at": "2026-11-29T03:00:00Z"} for who in ("ann", id_)]
    (tmp_path / "erased.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    with erased.mongo.session() as client:
        database = client[erased.database]
        database.drop_collection("letters")
        database.create_collection("letters", collation={"locale": "en", "strength": 1})
        whose = ["ann", "Ann", "ANN", Binary.from_uuid(UUID(id_))]
        database["letters"].insert_many([{"_id": n, "user_id": who} for n, who in enumerate(whose)])
        assert database["letters"].count_documents({"user_id": "ann"}) == 3, "as the collection itself has it"
        assert erased.ctx().do(reapply_erasures).facts["erased"] == {f"{erased.database}.letters": 2}
        assert [one["_id"] for one in database["letters"].find(sort=[("_id", 1)])] == [1, 2]
        database.drop_collection("letters")


def test_a_runner_that_is_killed_in_the_middle_is_gone_on_with(erased: Erased) -> None:
    before = sum(erased.all().values())
    done = erased.ctx(dry_run=True).do(reapply_erasures).facts["erased"]
    child = os.fork()
    if not child:
        erased.ctx(lambda: sum(erased.all().values()) < before).do(reapply_erasures)
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    left = erased.ctx().do(erasures_left)
    assert 0 < sum(left.facts["left"].values()) < sum(done.values())
    assert erased.ctx().do(reapply_erasures).ok
    assert sum(erased.all().values()) == before - sum(done.values())


def test_who_was_erased_is_not_brought_back(erased: Erased) -> None:
    with pytest.raises(ActionFailed, match="what was erased on request stays erased"):
        erased.ctx().do(user_restore, user_id="7")
