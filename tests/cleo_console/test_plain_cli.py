"""``cleo --plain`` as people start it: through a pipe, on a dumb terminal, with one incident, several or none."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cleo_console.test_cli import Cleo


@pytest.fixture
def cleo(tmp_path: Path) -> Iterator[Cleo]:
    cleo = Cleo(tmp_path)
    yield cleo
    for incident in json.loads(cleo("journal", "list", "--json").stdout):
        if not incident.get("closed_at"):
            cleo.close(incident["id"])  # its runner goes with it


def answered(
    cleo: Cleo, *answers: str, words: tuple[str, ...] = (), mode: tuple[str, ...] = ("--plain",), **env: str
) -> str:
    """Answer line mode through a pipe, which then ends."""
    argv = [str(Path(sys.executable).parent / "cleo"), *mode, *words]
    told = "".join(f"{answer}\n" for answer in answers).encode()
    done = subprocess.run(argv, input=told, capture_output=True, env={**cleo.env, "TERM": "dumb", **env}, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b""
    return done.stdout.decode("latin-1" if "PYTHONIOENCODING" in env else "utf-8")


def test_an_incident_is_declared_worked_and_closed_through_a_pipe(cleo: Cleo) -> None:
    declaring = ("d", "db1 is gone", "1", "", "REAL", "2 h ago", "y", "")
    said = answered(cleo, *declaring, "severity", "", "1", "", "users see errors", "x", "handed over", "69 open", "q")
    assert "No inventory: nothing can be run" in said
    assert "UTC, 2 h 00 min ago" in said
    shown = json.loads(cleo("status", json.loads(cleo("journal", "list", "--json").stdout)[0]["id"], "--json").stdout)
    assert shown["kind"] == "REAL"
    assert shown["elapsed_s"] >= 7200
    assert shown["outcome"] == "closed with 69 open steps"


def test_the_end_of_the_input_leaves_cleanly_wherever_it_comes(cleo: Cleo) -> None:
    assert "No incident is open" in answered(cleo)
    incident = cleo.declare()
    for answers in ((), ("recovery-point",), ("recovery-point", ""), ("notify-stakeholders", "", "n", "half a note")):
        said = answered(cleo, *answers)
        assert f"Come back with: cleo --plain {incident}" in said
    assert json.loads(cleo("status", "--json").stdout)["outcome"] == "open"


def test_several_open_incidents_are_told_apart_and_one_can_be_named(cleo: Cleo) -> None:
    first, second = cleo.declare(), cleo.declare()
    said = answered(cleo, "7", second, "q")
    assert "2 incidents are open" in said
    assert "'7' is none of these." in said
    assert f"REAL {second}" in said
    assert f"REAL {first}, high: db1 is gone.\n" in answered(cleo, "q", words=(first,))
    cleo.close(first)
    assert "CLOSED" in answered(cleo, "n", "found later", "", "q", words=(first,))


def test_a_tabletop_is_played_in_plain_lines_and_left_says_how_to_come_back(cleo: Cleo) -> None:
    said = answered(cleo, "", "q", mode=("demo", "--plain", "--speed", "1000"))
    assert "TABLETOP INC-" in said
    assert "status.check done, 4 findings: " in said
    assert "Come back with: cleo demo --plain --open INC-" in said
    assert "Once nobody is at the table the exercise stands still." in " ".join(said.split())
    assert "The runner goes on" not in said
    assert "it is not closed yet" in said


def test_an_incident_that_is_not_there_is_a_sentence(cleo: Cleo) -> None:
    assert "no incident INC-9" in cleo("--plain", "INC-9", status=1).stderr


def test_a_dumb_terminal_is_told_of_line_mode(cleo: Cleo) -> None:
    assert "cleo --plain" in cleo(status=1, TERM="dumb").stderr


def test_a_terminal_without_unicode_gets_what_it_can_show(cleo: Cleo) -> None:
    cleo("declare", "--title", "db1 → gone … 数", "--scenario", "database-failure", "--kind", "REAL")
    said = answered(cleo, "n", "näher", "", "q", PYTHONIOENCODING="latin-1")
    assert "db1 -> gone ... ?" in said


def test_late_entries_go_in_from_the_command_line(cleo: Cleo) -> None:
    cleo(
        "declare", "--title", "x", "--scenario", "database-failure", "--kind", "REAL", "--began", "2026-01-01T00:00:00Z"
    )
    at = ("--at", "2026-01-01T01:00:00Z")
    cleo("done", "notify-stakeholders", *at)
    cleo("skip", "mongodb-restore", "--reason", "not hit", *at)
    cleo("decide", "recovery-point", "latest", *at)
    assert "before" in cleo("done", "update-status-page", "--at", "2025-12-31T00:00:00Z", status=1).stderr
    assert "future" in cleo("note", "x", "--at", "2099-01-01T00:00:00Z", status=1).stderr
    incident = json.loads(cleo("status", "--json").stdout)["incident"]
    report = json.loads(cleo("report", incident, "--format", "json").stdout)
    late = [(entry["type"], entry["at"][:16]) for entry in report["timeline"] if entry["late"]]
    assert late == [(name, "2026-01-01T01:00") for name in ("step.marked_done", "step.skipped", "decision.made")]
    cleo("note", "called the vendor", "--at", "30 min ago")
    report = json.loads(cleo("report", incident, "--format", "json").stdout)
    (called,) = (entry for entry in report["timeline"] if "called the vendor" in json.dumps(entry))
    before = datetime.now(UTC) - datetime.fromisoformat(called["at"])
    assert timedelta(minutes=30) <= before < timedelta(minutes=35)
