"""The lease, asked after by several at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from actions.action import action
from actions.context import ActionContext
from actions.outcome import Outcome
from actions.runner import lease
from journal.incident.records import RunState
from tests.actions.worlds import Person, declared, places_in, running, world
from tests.waiting import until


def test_two_who_ask_do_not_take_each_other_for_a_runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers, locked_elsewhere = [], lease.locked_elsewhere

    def asked_twice(descriptor: int) -> bool:  # another console asks while this one has not let go yet
        found = locked_elsewhere(descriptor)
        monkeypatch.undo()
        answers.append(lease.held(tmp_path))
        return found

    monkeypatch.setattr(lease, "locked_elsewhere", asked_twice)
    assert not lease.held(tmp_path)
    assert answers == [False]


def test_a_runner_is_seen_by_all_who_ask(tmp_path: Path) -> None:
    taken = lease.Lease(tmp_path)
    assert lease.held(tmp_path)
    taken.release()
    assert not lease.held(tmp_path)


def test_a_runner_whose_folder_was_removed_does_nothing_in_a_new_one_of_the_same_name(tmp_path: Path) -> None:
    places, faults = places_in(tmp_path), list[str]()
    done: list[int] = []

    @action("thing.work")
    def once(ctx: ActionContext) -> Outcome:
        """Work."""
        done.append(1)
        return Outcome(ok=True, summary="worked")

    place = declared(places)
    with running(place, world(places, once), on_fault=faults.append):
        Person(place).until(lambda i: i.runner)
        shutil.rmtree(place.folder)
        declared(places).folder.rename(place.folder)
        until(lambda: any("was removed or replaced" in fault for fault in faults))
        with running(place, world(places, once)):
            person = Person(place)
            person.over(person.desk.request_run("work"))
    assert done == [1]
    assert [run.state for run in person.incident().runs.values()] == [RunState.SUCCEEDED]
