"""Backups of a replica set of three: through an election, and not while its majority is away."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actions.backups.repository.entry import ENTRY
from actions.systems.mongodb.manifest import MANIFEST, decode_manifest
from actions.systems.mongodb.programs import dump
from actions.systems.mongodb.programs.request import CannotBackUp, Request
from cleo_console.lab.account import Account
from cleo_console.lab.mongodb import server
from cleo_console.lab.mongodb.cluster import CONSOLE, Member
from cleo_console.lab.mongodb.programs import find_mongod
from cleo_console.lab.ports import free_port
from cleo_console.lab.processes import kill_processes
from journal.errors import CleoError
from tests.lab_template import new_parent
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("mongodb-set")

DOCUMENTS = 60_000


@pytest.fixture(scope="module")
def members() -> Iterator[list[Member]]:
    """Three members, the first is the primary whenever it can be; some data in them."""
    parent = new_parent()
    names = ("one", "two", "three")
    made = [
        Member(parent, name, Account("", os.geteuid(), os.getegid()), find_mongod(), free_port(), "rs0", "one")
        for name in names
    ]
    try:
        key = server.new_key()
        for member in made:
            member.make(("data", "repo"))
            member.data_directory.mkdir(mode=0o700)
            server.configure(member, key)
            server.start(member)
        server.initiate(made)
        server.create_users(made[0])
        with made[0].session(deadline_s=300) as client:
            for at in range(0, DOCUMENTS, 5000):
                client.large.documents.insert_many([{"n": at + n, "text": "x" * 1000} for n in range(5000)])
        yield made
    finally:
        kill_processes(parent)
        shutil.rmtree(parent)


def test_a_dump_goes_on_through_an_election(members: list[Member]) -> None:
    """The member that is dumped steps down in the middle: it is a secondary then, and shows the same moment."""
    first = members[0]
    server.wait_until_primary(first)
    taken: list[Any] = []
    thread = threading.Thread(target=lambda: taken.append(dump.take(_request(first))))
    thread.start()
    until(lambda: list(first.repository.glob("one/.incomplete-*/dump/large/documents.bson")))
    with first.session() as client:
        client.admin.command("replSetStepDown", 10)
    thread.join(120)
    with first.session() as client:
        digest = client.large.command("dbHash")["collections"]["documents"]
    folder = first.repository / "one" / taken[0].id
    manifest = decode_manifest((folder / MANIFEST).read_bytes(), MANIFEST)
    assert manifest.collections["large.documents"].md5 == digest
    assert manifest.collections["large.documents"].count == DOCUMENTS


def test_nothing_is_dumped_that_lacks_what_was_acknowledged(members: list[Member]) -> None:
    """The others hang, and something was written that they do not have."""
    first = members[0]
    server.wait_until_primary(first)
    others = [each for each in (server.process(member.data_directory) for member in members[1:]) if each]
    for each in others:
        os.kill(each.pid, signal.SIGSTOP)
    try:
        with first.session() as client:
            client.get_database("shop", write_concern=_one()).orders.insert_one({"n": 1})
        with pytest.raises(CannotBackUp, match="The majority of the set rs0 does not have"):
            dump.take(_request(first))
    finally:
        for each in others:
            os.kill(each.pid, signal.SIGCONT)


def test_a_server_that_goes_away_leaves_no_backup(members: list[Member]) -> None:
    """It is killed in the middle of the dump."""
    first = members[0]
    server.wait_until_primary(first)
    before = _backups(first)
    failed: list[CleoError] = []

    def take() -> None:
        try:
            dump.take(_request(first))
        except CleoError as error:
            failed.append(error)

    thread = threading.Thread(target=take)
    thread.start()
    until(lambda: list(first.repository.glob("one/.incomplete-*/dump/large/documents.bson")))
    found = server.process(first.data_directory)
    assert found
    os.kill(found.pid, signal.SIGKILL)
    thread.join(120)
    assert failed
    assert f"127.0.0.1:{first.port}" in failed[0].message
    assert _backups(first) == before
    assert not list(first.repository.glob("one/.incomplete-*"))


def _request(member: Member) -> Request:
    password = member.password_file(CONSOLE).read_text().strip()
    return Request(repository=str(member.repository), system="one", port=member.port, user=CONSOLE, password=password)


def _backups(member: Member) -> list[Path]:
    return sorted(member.repository.glob(f"one/[0-9]*/{ENTRY}"))


def _one() -> Any:
    from pymongo import WriteConcern

    return WriteConcern(1)
