"""A step on another host: the link is lost, the step is in doubt, and its program's true end is found there later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from journal.incident.records import RunState, StepState
from tests.actions.sshd import Sshd, running_sshd
from tests.actions.worlds import PLAN, Person, declared, inventory, places_in, running, world

LOOP = 'echo begun; while [ ! -e "$0/go" ]; do sleep 0.05; done; echo ended; exit 4'


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    with running_sshd(tmp_path / "sshd") as server:
        yield server


@pytest.fixture
def person(tmp_path: Path, sshd: Sshd) -> Iterator[Person]:
    plan = msgspec.json.decode(msgspec.json.encode(PLAN))
    step = next(s for s in plan["phases"][0]["sections"][0]["steps"] if s["id"] == "shell")
    step |= {"host": "there", "command": ["sh", "-c", LOOP, str(tmp_path)]}
    places = places_in(tmp_path)
    person = Person(declared(places, plan=plan))
    here = inventory()
    patient = msgspec.structs.replace(sshd.host(relink_s=0), connect_timeout_s=20)  # a busy machine greets late
    there = msgspec.structs.replace(here, hosts={**here.hosts, "there": patient})
    with running(person.place, world(places, inventory_=there)):
        yield person
        (tmp_path / "go").touch()


def test_a_lost_link_is_in_doubt_and_the_probe_finds_the_true_end(person: Person, sshd: Sshd, tmp_path: Path) -> None:
    run = person.desk.request_run("shell")
    person.until(lambda _: "begun" in person.output(run))
    sshd.stop()
    over = person.over(run)
    assert over.state is RunState.IN_DOUBT, over.summary
    assert person.incident().state("shell") is StepState.IN_DOUBT
    assert over.programs[0].code is None

    sshd.start()

    def probed(words: str) -> None:
        person.until(lambda _: words in person.over(person.desk.probe(run, {})).summary)

    probed("still runs")
    (tmp_path / "go").touch()
    probed("exit status 4")
    assert person.incident().runs[run].programs[0].code == 4
    assert person.incident().state("shell") is StepState.IN_DOUBT
    person.desk.resolve(run, "failed", "it ended with exit status 4")
    assert person.incident().state("shell") is StepState.FAILED


def test_a_host_that_cannot_be_reached_fails_and_nothing_was_started(person: Person, sshd: Sshd) -> None:
    sshd.stop()
    run = person.over(person.desk.request_run("shell"))
    assert run.state in (RunState.REFUSED, RunState.FAILED)
    assert "127.0.0.1" in (run.summary or run.refusal.message)


def test_two_consoles_with_the_same_incident_id_share_a_host(
    tmp_path: Path, sshd: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each starts its own program there, and finds its own again, never the other's."""
    monkeypatch.setattr("journal.commands.declare.secrets.choice", lambda letters: letters[0])
    plan = msgspec.json.decode(msgspec.json.encode(PLAN))
    step = next(s for s in plan["phases"][0]["sections"][0]["steps"] if s["id"] == "shell")
    said = []
    for name, code in (("a", 3), ("b", 4)):
        step |= {"host": "there", "command": ["sh", "-c", 'echo "$0"; exit "$1"', name, str(code)]}
        (tmp_path / name).mkdir()
        places = places_in(tmp_path / name)
        person = Person(declared(places, plan=plan))
        there = msgspec.structs.replace(inventory(), hosts={"there": sshd.host()})
        run = person.desk.request_run("shell")
        with running(person.place, world(places, inventory_=there)):
            over = person.over(run)
        said.append((person.place.folder.name, run, over.programs[0].code, person.output(run)))
    (first, second) = said
    assert first[:2] == second[:2], "the same incident, and the same run"
    assert (first[2], second[2]) == (3, 4), said
    assert "a" in first[3] and "b" in second[3]
