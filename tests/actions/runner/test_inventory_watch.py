"""The inventory is corrected while a runner is at work: it counts from then on, is shown, and journalled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from actions.runner.inventory_watch import InventoryWatch
from cleo_console.world import inventory_at, real_world
from journal.events.types import InventoryRead
from journal.incident.records import RunState
from journal.report.words import sentence
from journal.store.journal import Reader
from screens.guidance.status import troubles
from tests.actions.worlds import Person, declared, places_in, plan_with, running

STEP = {"id": "say", "title": "Say where", "command": ["hostname"], "host": "there"}


def write(path: Path, hosts: dict[str, Any], **more: Any) -> None:
    path.write_text(json.dumps({"name": "t", "allows": ["LAB"], "lab": True, "hosts": hosts, **more}))


@contextmanager
def at_work(tmp_path: Path, hosts: dict[str, Any]) -> Iterator[tuple[Person, Path]]:
    """A runner on an inventory's file, and somebody at a desk."""
    path, places = tmp_path / "inventory.yaml", places_in(tmp_path)
    write(path, hosts)
    person = Person(declared(places, plan=plan_with(STEP)))
    watch = InventoryWatch(path, lambda: real_world(inventory_at(path), places))
    with running(person.place, watch.first(), watch=watch):
        yield person, path


def read(person: Person) -> list[InventoryRead]:
    with Reader(person.place.journal) as reader:
        return [event.body for event in reader.events() if isinstance(event.body, InventoryRead)]


def test_a_correction_counts_for_what_is_asked_afterwards(tmp_path: Path) -> None:
    with at_work(tmp_path, {"here": {"via": "local"}}) as (person, path):
        assert person.over(person.desk.request_run("say")).state is RunState.REFUSED
        write(path, {"here": {"via": "local"}, "there": {"via": "local"}})
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        person.until(lambda i: i.inventory_sha256 == digest)
        assert person.over(person.desk.request_run("say")).state is RunState.SUCCEEDED
    first, second = read(person)
    assert (first.changed, second.changed) == ([], ["hosts.there"])


def test_a_file_that_does_not_fit_is_said_and_the_one_before_counts(tmp_path: Path) -> None:
    with at_work(tmp_path, {"there": {"via": "local"}}) as (person, path):
        path.write_text("name: t\nallows: [LAB]\nhosts: {there: {via: pigeon}}\n")
        incident = person.until(lambda i: i.inventory_error)
        assert f"{path}:3:" in incident.inventory_error
        assert person.over(person.desk.request_run("say")).state is RunState.SUCCEEDED
        write(path, {"there": {"via": "local"}}, name="mended")
        assert not person.until(lambda i: not i.inventory_error).inventory_error
    assert [bool(one.error) for one in read(person)] == [False, True, False]


@pytest.mark.parametrize("how", ["touched", "replaced by the same"])
def test_a_file_that_says_the_same_is_no_change(tmp_path: Path, how: str) -> None:
    with at_work(tmp_path, {"there": {"via": "local"}}) as (person, path):
        person.until(lambda i: i.inventory_sha256)
        same = path.read_bytes()
        path.touch()
        if how != "touched":
            (tmp_path / "new").write_bytes(same)
            (tmp_path / "new").rename(path)
        person.over(person.desk.request_run("say"))
        write(path, {"there": {"via": "local"}, "more": {"via": "local"}})
        person.until(lambda i: i.inventory_sha256 == hashlib.sha256(path.read_bytes()).hexdigest())
    assert [one.changed for one in read(person)] == [[], ["hosts.more"]]


def test_a_new_runner_journals_the_inventory_only_where_it_is_another(tmp_path: Path) -> None:
    with at_work(tmp_path, {"there": {"via": "local"}}) as (person, path):
        person.until(lambda i: i.inventory_sha256)
    places = places_in(tmp_path)
    watch = InventoryWatch(path, lambda: real_world(inventory_at(path), places))
    with running(person.place, watch.first(), watch=watch):
        person.over(person.desk.request_run("say"))
    assert len(read(person)) == 1


def test_a_new_runner_tells_that_a_file_which_could_not_be_used_can_be_again(tmp_path: Path) -> None:
    with at_work(tmp_path, {"there": {"via": "local"}}) as (person, path):
        before = path.read_bytes()
        path.write_text("name: t\n")
        person.until(lambda i: i.inventory_error)
    path.write_bytes(before)
    places = places_in(tmp_path)
    watch = InventoryWatch(path, lambda: real_world(inventory_at(path), places))
    with running(person.place, watch.first(), watch=watch):
        person.over(person.desk.request_run("say"))
    assert not person.incident().inventory_error


def test_what_leads_nowhere_in_the_plan_is_said_until_it_is_corrected(tmp_path: Path) -> None:
    entry = {"type": "postgres", "host": "there", "data_directory": "/nowhere", "password": {"env": "NONE"}}
    entry |= {"service": {"manager": "pg_ctl"}, "backups": {}, "plays": "thingy"}
    with at_work(tmp_path, {"there": {"via": "local"}}) as (person, path):
        write(path, {"there": {"via": "local"}}, systems={"thing": entry})
        incident = person.until(lambda i: i.inventory_doubts)
        assert troubles(incident, {}) == [f"INVENTORY: {doubt}" for doubt in incident.inventory_doubts]
        doubts = "; ".join(f"IN DOUBT: {doubt}" for doubt in incident.inventory_doubts)
        assert doubts in sentence(incident, read(person)[-1])
        write(path, {"there": {"via": "local"}}, systems={"thing": {**entry, "plays": "thing"}})
        person.until(lambda i: not i.inventory_doubts)
