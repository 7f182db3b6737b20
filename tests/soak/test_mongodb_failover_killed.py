"""The runner of a MongoDB failover, and of the way back, is killed at every point between two effects.

The next one sees it through: what a majority acknowledged is never lost, and no two members lead at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pymongo
import pytest
from pymongo.errors import PyMongoError

from actions.systems.mongodb.writers import allow_writers
from cleo_console.lab.mongodb import server
from cleo_console.lab.mongodb.cluster import APPLICATION, Member
from cleo_console.lab.mongodb.service import MemberService
from journal.errors import CleoError
from tests.actions.contexts import FakeContext
from tests.labs import Lab, lab_directory
from tests.soak.killing import Kept, Killing, Step, home, watched
from tests.waiting import until

__all__ = ["home"]

FIRST = "mongodb"
STEPS = [
    Step("fence", "mongodb.fence", FIRST),
    Step("promote", "mongodb.promote", FIRST),
    Step("allow", "mongodb.allow_writers", FIRST),
    Step("rejoin", "mongodb.rejoin", FIRST),
    Step("switch-back", "mongodb.switch_back", FIRST),
    Step("allow-back", "mongodb.allow_writers", FIRST),
]
KILLED = ["fence", "promote", "rejoin", "switch-back"]


class ReplicaSet:
    """A lab's set of three, and an application that writes to it."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        found = {name: one for name, one in lab.services.items() if isinstance(one, MemberService)}
        self.members: dict[str, Member] = {name: one.member for name, one in found.items()}
        self.kept = Kept({one.config_file: one.config_file.read_text() for one in self.members.values()})
        password = self.members[FIRST].password_file(APPLICATION).read_text().strip()
        self.application: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(
            [one.name_in_set for one in self.members.values()],
            replicaSet=self.members[FIRST].set_name,
            username=APPLICATION,
            password=password,
            serverSelectionTimeoutMS=500,
            retryWrites=False,
        )
        self.seats = self._config()["members"]

    def write(self, number: int) -> bool:
        """Write a number as the application; return whether a majority acknowledged it."""
        concern = pymongo.WriteConcern(w="majority", wtimeout=2000)
        numbers = self.application.cleoai.get_collection("soak", write_concern=concern)
        try:
            with pymongo.timeout(3):
                return numbers.replace_one({"_id": number}, {"_id": number}, upsert=True).acknowledged
        except PyMongoError:
            return False

    def leads(self, name: str) -> bool:
        """Whether a member says that it takes writes."""
        with self.members[name].session("", deadline_s=1) as client:
            return bool(client.admin.command("hello")["isWritablePrimary"])

    def leader(self) -> str:
        """Who leads; empty: nobody."""
        return next((name for name in self.members if _is(self.leads, name)), "")

    def reset(self) -> None:
        """Have all members up, the first one leading, and the application let in."""
        self.kept.back()
        for member in self.members.values():
            if not server.process(member.data_directory):
                server.start(member)
        until(lambda: self._leads_first(), 120)
        until(lambda: self._as_made(), 60)
        until(lambda: self._lets_writers_in(), 60)
        with self.members[FIRST].session() as client:
            client.cleoai.soak.delete_many({})
        until(lambda: self.write(0), 60)

    def _lets_writers_in(self) -> bool:
        """Let the application in; False where who has just been elected does not answer in time yet."""
        try:
            return FakeContext(self._inventory(), system=FIRST).do(allow_writers).ok
        except CleoError:
            return False

    def _leads_first(self) -> bool:
        if _is(self.leads, FIRST):
            return True
        with self.members[FIRST].session(deadline_s=20) as client:
            client.admin.command("replSetStepUp", check=False)
        return False

    def _config(self) -> dict[str, Any]:
        with self.members[FIRST].session(deadline_s=20) as client:
            return dict(client.admin.command("replSetGetConfig")["config"])

    def _as_made(self) -> bool:
        """Whether the set is configured as it was made: who came back has another priority; if not, have it so."""
        config = self._config()
        if config.pop("members") == self.seats:
            return True
        config.pop("term")
        with self.members[FIRST].session(deadline_s=20) as client:
            client.admin.command("replSetReconfig", {**config, "members": self.seats, "version": config["version"] + 1})
        return False

    def _inventory(self) -> Any:
        from actions.inventory import load_inventory

        return load_inventory(self.lab.inventory_path)

    def lost(self, acknowledged: list[int]) -> list[int]:
        """Return which numbers the one that leads does not have."""
        until(lambda: self.leader(), 60)
        with self.members[self.leader()].session() as client:
            there = {one["_id"] for one in client.cleoai.soak.find()}
        return [number for number in acknowledged if number not in there]


def _is(ask: Any, name: str) -> bool:
    try:
        return bool(ask(name))
    except CleoError:
        return False


@pytest.fixture(scope="module")
def replica_set() -> Iterator[ReplicaSet]:
    with lab_directory() as directory:
        yield ReplicaSet(Lab.up(directory, systems=[FIRST], standby=True))


@pytest.mark.timeout(1800)  # two dozen failovers each
@pytest.mark.parametrize("step", KILLED)
def test_mongodb(step: str, replica_set: ReplicaSet, home: Path) -> None:
    killing = Killing(replica_set.lab, home, STEPS)
    replica_set.reset()
    points = killing.points(step)
    assert len(points) > 2, points
    for number, name in enumerate(points, 1):
        replica_set.reset()
        leading = {one: partial(replica_set.leads, one) for one in replica_set.members}
        with watched(replica_set.write, leading) as seen:
            place = killing.begun(step)
            print(f"{step}, {name}: {killing.killed(place, step, number)}")
        assert seen.acknowledged, name
        assert not replica_set.lost(seen.acknowledged), name
        assert not seen.two, (name, seen.two)
        guarded = [one.name for one in replica_set.members.values() if "cleoFenced" in one.config_file.read_text()]
        down = [one.name for one in replica_set.members.values() if not server.process(one.data_directory)]
        assert guarded == down, name
        assert len(down) == (1 if step in ("fence", "promote") else 0), (name, down)
        assert (replica_set.leader() == FIRST) == (step == "switch-back"), name
        killing.close(place)
