"""A secret of the inventory that somebody types, at any door, is not in the journal."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cleo_console.secret_filter import PATIENCE_S
from tests.cleo_console.test_cli import Cleo
from tests.cleo_console.test_plain_cli import answered

SECRETS = {"env": "from-the-environment-1", "file": "from-a-file-2", "command": "from-a-command-3"}
EVERYTHING = " and ".join(SECRETS.values())


def with_inventory(cleo: Cleo, **more: dict[str, Any]) -> None:
    """Give the installation an inventory whose systems take their passwords from everywhere."""
    cleo.env["CLEO_TEST_PASSWORD"] = SECRETS["env"]
    file = cleo.home / "password"
    file.write_text(SECRETS["file"] + "\n")
    file.chmod(0o600)
    sources = {
        "a": {"env": "CLEO_TEST_PASSWORD"},
        "b": {"file": str(file)},
        "c": {"command": ["printf", SECRETS["command"]]},
        **more,
    }
    common = {"type": "postgres", "host": "here", "data_directory": "/nowhere", "service": {"manager": "pg_ctl"}}
    systems = {name: {**common, "backups": {}, "password": source} for name, source in sources.items()}
    path = cleo.home / "cleo" / "inventory.yaml"
    path.parent.mkdir(exist_ok=True)
    hosts = {"here": {"via": "local"}}
    path.write_text(json.dumps({"name": "t", "allows": ["REAL"], "hosts": hosts, "systems": systems}))


@pytest.fixture
def cleo(tmp_path: Path) -> Iterator[Cleo]:
    cleo = Cleo(tmp_path)
    with_inventory(cleo)
    yield cleo
    for incident in json.loads(cleo("journal", "list", "--json").stdout):
        if not incident.get("closed_at"):
            cleo.close(incident["id"])


def leaked(cleo: Cleo) -> set[str]:
    """Return the secrets that lie anywhere beside the journals."""
    files = [path.read_bytes() for path in (cleo.home / "cleo" / "incidents").rglob("*") if path.is_file()]
    return {secret for secret in SECRETS.values() if any(secret.encode() in content for content in files)}


def test_the_command_line_writes_no_secret(cleo: Cleo) -> None:
    words = ("--scenario", "database-failure", "--kind", "REAL")
    incident = cleo("declare", "--title", f"lost {EVERYTHING}", *words).stdout.strip()
    cleo("note", f"it is {EVERYTHING}")
    cleo("note", f"it was {EVERYTHING}", "--at", "2026-01-01T00:00:00Z")
    cleo("decide", "recovery-point", "latest", "--reason", EVERYTHING)
    cleo("done", "notify-stakeholders", "--note", EVERYTHING)
    cleo("skip", "mongodb-restore", "--reason", EVERYTHING)
    refused = cleo("run", "postgres.restore", "--keep-in", f"/srv/{SECRETS['file']}", "--dry-run", status=1).stderr
    assert "The parameter keep_in holds a secret of the inventory" in refused
    assert SECRETS["file"] not in refused
    cleo.close(incident)
    cleo("reopen", "--reason", EVERYTHING, "-i", incident)
    assert "it is ••• and ••• and •••" in cleo("report", incident).stdout
    assert leaked(cleo) == set()


def test_line_mode_writes_no_secret(cleo: Cleo) -> None:
    answered(cleo, "d", f"lost {EVERYTHING}", "1", "", "", "", "n", f"it is {EVERYTHING}", "", "q")
    incident = json.loads(cleo("journal", "list", "--json").stdout)[0]
    assert incident["title"] == "lost ••• and ••• and •••"
    assert "it is ••• and ••• and •••" in cleo("report", incident["id"]).stdout
    assert leaked(cleo) == set()


def test_a_secret_that_cannot_be_had_keeps_nothing_from_being_written(cleo: Cleo) -> None:
    lost, slow = {"file": "/nowhere/password"}, {"command": ["sleep", "60"]}
    with_inventory(cleo, d=lost, e={"command": ["false"]}, f=slow)
    incident = cleo.declare()
    began = time.monotonic()
    assert cleo("note", f"it is {EVERYTHING}").stderr == ""
    assert time.monotonic() - began < PATIENCE_S + 5
    assert "it is ••• and ••• and •••" in cleo("report", incident).stdout
    (cleo.home / "cleo" / "inventory.yaml").write_text("no inventory: [")
    assert "written as event" in cleo("note", "go on").stdout


def test_a_secret_of_the_incidents_own_inventory_is_known_where_another_is_in_use_now(cleo: Cleo) -> None:
    incident = cleo.declare()
    mine = cleo.home / "cleo" / "inventory.yaml"
    other = cleo.home / "other.yaml"
    other.write_text(json.dumps({"name": "other", "allows": ["REAL"], "hosts": {}, "systems": {}}))
    assert mine.is_file()
    cleo("note", f"it is {EVERYTHING}", "-i", incident, CLEO_INVENTORY=str(other))
    assert leaked(cleo) == set()
