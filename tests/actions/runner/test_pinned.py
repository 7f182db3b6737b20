"""A step's script that is not the one the plan was tested with is shown at the step, and runs only with a reason."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from actions.inventory import Inventory
from actions.transport import LocalHost
from journal.events.types import Kind, Override, ScriptsRead
from journal.incident.records import RunState
from journal.incident.state import Incident
from journal.report.build import build
from journal.report.words import sentence
from journal.store.journal import Reader
from screens.guidance.step_text import step_text
from tests.actions.worlds import Person, declared, places_in, plan_with, running, world

TESTED, OTHER = b"#!/bin/sh\necho tested\n", b"#!/bin/sh\necho other\n"
WHY = Override(gate="pinned", reason="the other one mends the time zone; read by two of us")


def script_in(folder: Path) -> Path:
    script = folder / "purge.sh"
    script.write_bytes(TESTED)
    script.chmod(0o755)
    return script


def shown(incident: Incident, step: str) -> str:
    return "\n".join(line.plain for line in step_text(incident, incident.plan.by_id[step], {}, incident.last_at))


def at_purge(folder: Path, **step: Any) -> Person:
    places = places_in(folder)
    return Person(declared(places, plan=plan_with({"id": "purge", "title": "Purge", **step})))


def local() -> Inventory:
    hosts = {"local": LocalHost(), "there": LocalHost()}
    return Inventory(name="tests", lab=True, allows=[Kind.LAB], hosts=hosts)


@pytest.mark.parametrize("named", ["program", "words", "host"])
def test_a_changed_script_runs_only_with_a_reason(tmp_path: Path, named: str) -> None:
    script, sha256 = script_in(tmp_path), hashlib.sha256(TESTED).hexdigest()
    person = at_purge(
        tmp_path,
        **{
            "program": {"command": [str(script)], "sha256": sha256},
            "words": {"command": f"cd {tmp_path} && ./purge.sh", "shell": True, "pinned": {"purge.sh": sha256}},
            "host": {"command": ["sh", str(script)], "host": "there", "pinned": {str(script): sha256}},
        }[named],
    )
    with running(person.place, world(places_in(tmp_path), inventory_=local())):
        assert person.over(person.desk.request_run("purge")).state is RunState.SUCCEEDED
        script.write_bytes(OTHER)
        if named != "host":  # what lies elsewhere is looked at as it is run
            incident = person.until(lambda i: i.drifted)
            assert "SCRIPT CHANGED: " in shown(incident, "purge")
        dry = person.over(person.desk.request_run("purge", dry_run=True))
        assert [gate.gate for gate in dry.closed] == ["pinned"]
        refused = person.over(person.desk.request_run("purge"))
        assert refused.refusal.gate == "pinned"
        assert refused.refusal.yields == "reason"
        assert f"{script}" in refused.refusal.message
        assert person.over(person.desk.request_run("purge", overrides=[WHY])).state is RunState.SUCCEEDED
        script.write_bytes(TESTED)
        assert not person.until(lambda i: not i.drifted).drifted
        assert person.over(person.desk.request_run("purge")).state is RunState.SUCCEEDED
    (deviation,) = build(person.place.journal).deviations
    assert (deviation.what, deviation.reason) == ("gate pinned overridden", WHY.reason)


def test_a_step_that_people_do_with_it_is_a_deviation(tmp_path: Path) -> None:
    script = script_in(tmp_path)
    person = at_purge(tmp_path, script="purge.sh", pinned={"purge.sh": hashlib.sha256(b"").hexdigest()})
    with running(person.place, world(places_in(tmp_path))):
        incident = person.until(lambda i: i.drifted)
        assert "Look at it before you use it" in shown(incident, "purge")
        person.desk.mark_done("purge", "read it first")
        script.unlink()
        person.until(lambda i: "cannot be read" in i.drifted["purge"][0])
    (deviation,) = person.incident().deviations
    assert (deviation.what, deviation.reason) == ("done, though its script had changed", "read it first")
    with Reader(person.place.journal) as reader:
        told = [event.body for event in reader.events() if isinstance(event.body, ScriptsRead)]
    assert "is not what the plan was tested with" in sentence(person.incident(), told[0])
