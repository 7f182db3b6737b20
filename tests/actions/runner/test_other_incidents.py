"""Other open incidents on the same systems, as each one's runner finds them; no system is needed for that."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.inventory import Inventory
from actions.runner import World
from actions.systems.postgres.settings import Backups, PostgresSettings, Service
from journal.events.types import Kind
from journal.paths import Paths
from journal.store.journal import Reader
from journal.wording.other_incidents import other_incidents
from tests.actions.worlds import Person, declared, inventory, places_in, running, world
from tests.closing import close_anyway
from tests.waiting import until


@pytest.fixture
def places(tmp_path: Path) -> Paths:
    return places_in(tmp_path)


@pytest.fixture
def here(places: Paths) -> World:
    database = PostgresSettings(
        host="here", data_directory="/data", service=Service(manager="pg_ctl"), backups=Backups()
    )
    of_all = inventory()
    return world(
        places,
        inventory_=Inventory(
            name=of_all.name, lab=True, allows=[Kind.LAB], hosts=of_all.hosts, systems={"db": database}
        ),
    )


def others(person: Person) -> list[str]:
    with Reader(person.place.journal) as reader:
        return other_incidents(reader.readings())


def test_what_an_earlier_runner_saw_is_not_shown_once_it_is_over(places: Paths, here: World) -> None:
    first, second = Person(declared(places)), Person(declared(places))
    with running(first.place, here), running(second.place, here):
        until(lambda: others(first))
    close_anyway(second.desk, second.incident, "it was the same")
    assert others(first)
    with running(first.place, here):
        until(lambda: not others(first))


def test_an_incident_that_is_reopened_under_its_runner_is_told_to_the_others(places: Paths, here: World) -> None:
    first, second = Person(declared(places)), Person(declared(places))
    close_anyway(second.desk, second.incident, "over")
    with running(first.place, here), running(second.place, here):
        second.until(lambda i: i.runner)
        second.desk.reopen_incident("it is not")
        until(lambda: others(first))


def test_a_runner_that_cannot_give_its_claims_back_says_all_the_same_that_it_stopped(
    places: Paths, here: World
) -> None:
    person = Person(declared(places))
    with running(person.place, here):
        person.until(lambda i: i.runner)
        places.locks.joinpath("lock").mkdir(parents=True)
        close_anyway(person.desk, person.incident, "over")
        person.until(lambda i: i.runner.stopped_at)
