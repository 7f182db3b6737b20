"""No secret of the inventory reaches the journal, whoever prints it; programs get none of ours."""

from __future__ import annotations

import base64
import json
import os
import urllib.parse
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actions.account import NoHome
from actions.action import action
from actions.context import ActionContext
from actions.health import Health
from actions.inventory import Inventory
from actions.outcome import InDoubt, Outcome
from actions.redaction import BLOT, Redactor
from actions.secrets import Secret, SecretUnavailable, learn_secrets
from cleo_console.world import real_world
from journal.events.types import Kind
from journal.incident.records import RunState
from journal.store.journal import Reader
from tests.actions.worlds import Person, declared, places_in, plan_with, running, world
from tests.waiting import until

SECRET = 'pa/ss"wörd 7'


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inventory:
    """An inventory whose password comes from the runner's own environment."""
    monkeypatch.setenv("CLEO_TEST_PASSWORD", SECRET)
    path = tmp_path / "inventory.yaml"
    system = {
        "type": "postgres", "host": "here", "data_directory": "/nowhere", "service": {"manager": "pg_ctl"},
        "backups": {}, "password": {"env": "CLEO_TEST_PASSWORD"},
    }  # fmt: skip
    hosts = {"here": {"via": "local", "environment": ["CLEO_TEST_PASSWORD"]}, "clean": {"via": "local"}}
    path.write_text(
        json.dumps({"name": "t", "allows": ["LAB"], "lab": True, "hosts": hosts, "systems": {"db": system}})
    )
    from actions.inventory import load_inventory

    return load_inventory(path)


def in_an_address(secret: str) -> str:
    return urllib.parse.quote(secret, safe="")


def in_kubernetes(secret: str) -> str:
    return base64.b64encode(secret.encode()).decode()


@pytest.mark.parametrize("form", [str, in_an_address, json.dumps, in_kubernetes])
def test_a_secret_that_was_read_is_blotted_out_in_every_form(inventory: Inventory, form: Any) -> None:
    learn_secrets(inventory)
    printed = form(SECRET)
    said = Redactor().text(f"it is {printed}!")
    assert printed.strip('"') not in said
    assert BLOT in said


def test_a_secret_of_bytes_that_are_no_text_is_blotted_out_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such an environment is a program's of another encoding: that must not keep everything from being written."""
    monkeypatch.setitem(os.environb, b"CLEO_TEST_BYTES", b"pass\xf6word")
    learn_secrets([Secret(env="CLEO_TEST_BYTES")])
    for printed in ("pass\udcf6word", "pass%F6word", base64.b64encode(b"pass\xf6word").decode()):
        assert Redactor().text(f"it is {printed}!") == f"it is {BLOT}!"


def test_bytes_that_are_no_text_are_said_to_be_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_bytes(b"pass\xf6word")
    path.chmod(0o600)
    with pytest.raises(SecretUnavailable, match="password is no text"):
        Secret(file=str(path)).read()
    with pytest.raises(SecretUnavailable, match="cat that is to print a secret"):
        Secret(command=["cat", str(path)]).read()


def test_the_home_of_somebody_who_is_not_known_is_said_as_that() -> None:
    with pytest.raises(
        NoHome, match=r"^~nobody-like-that/password means .* account nobody-like-that, which is not known"
    ):
        Secret(file="~nobody-like-that/password").read()


def test_a_runner_starts_whatever_of_the_inventory_cannot_be_read_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What needs it says so, when it needs it."""
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # an account without an entry in /etc/passwd
    (tmp_path / "bytes").write_bytes(b"\xf6")
    (tmp_path / "bytes").chmod(0o600)
    learn_secrets([Secret(file="~/password"), Secret(file=str(tmp_path / "bytes")), Secret(env="CLEO_NOT_SET")])


def test_what_a_command_prints_is_known_once_it_was_used() -> None:
    Secret(command=["printf", "from-a-command-9"]).read()
    assert Redactor().text("it is from-a-command-9!") == f"it is {BLOT}!"


@pytest.mark.parametrize(("host", "line"), [("here", f"CLEO_TEST_PASSWORD={BLOT}"), ("clean", "")])
def test_a_step_that_prints_its_environment_writes_no_secret(
    tmp_path: Path, inventory: Inventory, host: str, line: str
) -> None:
    places = places_in(tmp_path)
    step = {"id": "env", "title": "Print it", "command": ["env"], "host": host}
    person = Person(declared(places, plan=plan_with(step)))
    with running(person.place, real_world(inventory, places)):
        run = person.over(person.desk.request_run("env"))
    assert run.state is RunState.SUCCEEDED
    assert "".join(line for line in person.output(run.id) if line.startswith("CLEO_")) == line
    person.journal.close()
    files = [path for path in person.place.folder.rglob("*") if path.is_file() and "spool" not in path.parts]
    written = {path: path.read_bytes() for path in files}
    assert b"Print it" in written[person.place.journal], "what was written is looked at"
    assert [path for path, content in written.items() if SECRET.encode() in content] == []


def test_what_a_command_prints_is_blotted_out_before_anything_has_used_it(tmp_path: Path, inventory: Inventory) -> None:
    secret = "from-a-slow-command-8"
    places = places_in(tmp_path)
    step = {"id": "echo", "title": "Print it", "command": ["echo", secret], "host": "clean"}
    plan = plan_with(step)
    system = msgspec.structs.replace(inventory.systems["db"], password=Secret(command=["printf", secret]))
    used = real_world(msgspec.structs.replace(inventory, systems={"db": system}), places)
    until(lambda: secret not in Redactor().text(secret))
    person = Person(declared(places, plan=plan))
    with running(person.place, used):
        run = person.over(person.desk.request_run("echo"))
    assert person.output(run.id) == [f"run on clean: echo {BLOT}", BLOT]


def test_a_damage_report_that_says_a_secret_says_none_in_its_file(tmp_path: Path, inventory: Inventory) -> None:
    places = places_in(tmp_path)
    system = msgspec.structs.replace(inventory.systems["db"], data_directory=f"/nowhere/{SECRET}")
    used = real_world(msgspec.structs.replace(inventory, systems={"db": system}), places)
    person = Person(declared(places))
    with running(person.place, used):
        run = person.over(person.desk.request_action("damage.report", {}))
    assert f"/nowhere/{BLOT}" in Path(run.facts["file"]).read_text()
    assert SECRET not in Path(run.facts["file"]).read_text()


def test_a_probe_that_says_a_secret_says_none(tmp_path: Path, inventory: Inventory) -> None:
    learn_secrets(inventory)
    places = places_in(tmp_path)
    person = Person(declared(places, kind=Kind.LAB))
    seen = Health(status="down", detail=f"refused {SECRET}", facts={"said": [SECRET]})
    probes = {"thing": lambda deadline_s: seen}
    with running(person.place, replace(world(places), probes=probes)):
        until(lambda: "thing" in person.incident().health)
    assert person.incident().health["thing"].detail == f"refused {BLOT}"
    with Reader(person.place.journal) as reader:
        assert reader.readings()["health:thing"].payload["facts"] == {"said": [BLOT]}


@action("thing.work")
def lose(ctx: ActionContext) -> Outcome:
    """End so that nobody knows how, and say too much of it."""
    raise InDoubt(f"nobody saw the end of it --password={ctx.secret('hunter2')}")


def test_what_is_said_of_a_doubt_holds_no_secret(tmp_path: Path) -> None:
    places = places_in(tmp_path)
    person = Person(declared(places))
    with running(person.place, world(places, lose)):
        run = person.over(person.desk.request_run("work"))
    said = f"nobody saw the end of it --password={BLOT}"
    assert (run.state, run.in_doubt, run.program_status) == (RunState.IN_DOUBT, said, said)
