"""The runner, asked again the moment a run's end is in the journal."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from actions.runner import Runner
from journal.events.types import Override
from journal.incident.records import RunState
from tests.actions.runner.test_runner import replace, work
from tests.actions.worlds import DEADLINE_S, Person, declared, places_in, running, world


def test_who_sees_a_run_s_end_can_ask_again_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tidied_up = threading.Event()
    ended = Runner._ended

    def late(runner: Runner, run: int) -> None:
        tidied_up.wait(DEADLINE_S)
        ended(runner, run)

    monkeypatch.setattr(Runner, "_ended", late)
    places = places_in(tmp_path)
    person = Person(declared(places))
    sure = Override(gate="space", reason="nothing worth keeping", target="/data")
    with running(person.place, world(places, work, replace)):
        runs = [
            person.over(person.desk.request_run("work")),
            person.over(person.desk.request_run("work")),
            person.over(person.desk.request_run("break", confirmed="/data", overrides=[sure])),
            person.over(person.desk.request_run("work")),
        ]
        tidied_up.set()
    assert [(run.state, run.refusal) for run in runs] == [(RunState.SUCCEEDED, None)] * 4
