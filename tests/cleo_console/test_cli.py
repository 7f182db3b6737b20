"""The cleo command as people use it: exit statuses, sentences instead of tracebacks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cleo_console.plans import bundled
from journal.incident.fold import fold_journal
from tests.closing import phrase_in
from tests.schemas import fits


class Cleo:
    """Runs the installed command in an empty home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("CLEO_", "XDG_"))}
        self.env |= {
            "CLEO_HOME": str(home / "cleo"),
            "HOME": str(home),
            "CLEO_ACTOR": "oncall@bastion",
            "TERM": "xterm",
        }

    def __call__(self, *words: str, status: int | None = 0, **env: str) -> subprocess.CompletedProcess[str]:
        argv = [str(Path(sys.executable).parent / "cleo"), *words]
        done = subprocess.run(argv, capture_output=True, text=True, env=self.env | env, stdin=subprocess.DEVNULL)
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        assert status is None or done.returncode == status, done.stdout + done.stderr
        return done

    def declare(self) -> str:
        words = ("--title", "db1 is gone", "--scenario", "database-failure", "--kind", "REAL")
        return self("declare", *words).stdout.strip()

    def close(self, incident: str = "") -> None:
        """Close an incident, whatever is not in order, and whatever its runner measures meanwhile."""
        words = ("close", "--summary", "over", *(("-i", incident) if incident else ()))
        done = self(*words, status=1)
        for _ in range(5):
            done = self(*words, "--leaving", phrase_in(done.stderr), status=None)
            if done.returncode == 0:
                return
        raise AssertionError(done.stderr)


@pytest.fixture
def cleo(tmp_path: Path) -> Cleo:
    return Cleo(tmp_path)


def test_an_incident_is_worked_from_the_command_line(cleo: Cleo) -> None:
    incident = cleo.declare()
    status = json.loads(cleo("status", "--json").stdout)
    fits(status, json.loads(cleo("schema", "status").stdout))
    assert status["next"] == "check-status"
    decided = cleo("decide", "recovery-point", "latest", "--reason", "the disk died").stdout
    assert "it gives up: nothing that a log holds" in decided
    cleo("done", "notify-stakeholders")
    cleo("skip", "mongodb-restore", "--reason", "not hit")
    assert "wants a reason" in cleo("skip", "test-auth", "postgres-start", status=1).stderr, "that could be run"
    assert len(cleo("skip", "test-auth", "test-api", "--reason", "tried by phone").stdout.splitlines()) == 2
    cleo("take", "postgres-restore")
    assert "yours already" in cleo("take", "postgres-restore", status=1).stderr
    cleo("take", "hold-backups")
    cleo("take", "hold-backups", "--give-back")
    cleo("role", "scribe")
    cleo("role", "lead", CLEO_ACTOR="ben@bastion")
    cleo("note", "called the vendor", "--at", "2026-01-01T00:00:00Z")
    handed_over = cleo("handover").stdout
    assert "because the disk died" in handed_over
    assert "tried by phone" in handed_over
    assert "open" in handed_over.splitlines()[1]
    assert "people   ben@bastion (lead), oncall@bastion (scribe)" in handed_over
    assert "Restore from latest backup: oncall since" in handed_over
    assert handed_over.count(": oncall since") == 1
    refused = cleo("close", "--summary", "a rehearsal of the commands", status=1).stderr
    assert "skipped: " in refused
    leaving = phrase_in(refused)
    unsaid = cleo("close", "--leaving", leaving, status=1)
    assert "by the journal: PostgreSQL: not measured" in unsaid.stdout
    assert "nobody said how it ended" in unsaid.stderr
    assert "Not in order" in cleo("close", "--yes", status=1).stderr
    assert "closed with" in cleo("close", "--yes", "--leaving", leaving).stdout
    assert "(Made by the program from the journal; nobody edited it.)" in cleo("report", incident).stdout
    assert incident in cleo("journal", "list").stdout
    shown = json.loads(cleo("status", incident, "--json").stdout)
    assert shown["outcome"].startswith("closed with")
    assert "wants a reason" in cleo("reopen", "--reason", " ", "-i", incident, status=1).stderr
    assert "open" in cleo("reopen", "--reason", "it fell over again", "-i", incident).stdout
    assert json.loads(cleo("status", "--json").stdout)["outcome"] == "open"
    assert "is not closed" in cleo("reopen", "--reason", "once more", "-i", incident, status=1).stderr


def test_a_recovery_point_is_one_for_every_door(cleo: Cleo) -> None:
    incident = cleo.declare()
    decide = ("decide", "recovery-point")
    assert "'newest' is no backup of postgres" in cleo(*decide, "postgres backup:newest", status=1).stderr
    assert "names no time zone" in cleo(*decide, "2026-01-01T00:00:00", status=1).stderr
    assert "Write latest, 2026-11-22T14:30:00Z, postgres lsn:" in cleo(*decide, "redis:7", status=1).stderr
    alone = cleo(*decide, "lsn:0/3000148").stdout
    assert "recovery point: lsn 0/3000148 of PostgreSQL" in alone
    assert "in doubt: MongoDB: the point says nothing of it; add an instant" in alone
    words = "just before 2026-01-01 00:00:00 UTC, lsn 0/3000148 of PostgreSQL"
    mixed = cleo(*decide, "2026-01-01T00:00:00Z postgres lsn:0/3000148").stdout
    assert f"recovery point: {words}" in mixed
    assert "add an instant" not in mixed
    assert words in cleo("report", incident).stdout


def test_a_new_incident_goes_by_ones_own_plan(cleo: Cleo) -> None:
    """It lies beside the journals, or is named; one that is named and gone is no reason to take another one."""
    ours = cleo.home / "cleo" / "plan.yaml"
    ours.parent.mkdir()
    ours.write_text(bundled().read_text(encoding="utf-8").replace("CleoAI Disaster Recovery Plan", "Ours", 1))
    assert json.loads(cleo("plan", "show", "--json").stdout)["title"] == "Ours"
    incident = cleo.declare()
    cleo.close()
    assert fold_journal(ours.parent / "incidents" / incident / "journal.db").plan.title == "Ours"
    gone = str(cleo.home / "gone.yaml")
    words = ("declare", "--title", "x", "--scenario", "database-failure", "--kind", "REAL")
    assert gone in cleo(*words, status=1, CLEO_PLAN=gone).stderr


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["status"], 1, "No incident is open"),
        (["status", "INC-1"], 1, "INC-1"),
        (["note", "hello", "--incident", "INC-1"], 1, "INC-1"),
        (["run", "postgres.dance"], 2, "no action postgres.dance"),
        (["run", "postgres.restore", "--colour", "red"], 2, "--colour"),
        (["declare", "--title", "x", "--scenario", "meteor", "--kind", "REAL"], 1, "meteor"),
        (["declare", "--title", "x", "--scenario", "database-failure", "--kind", "LAB"], 1, "allows incidents of kind"),
        (
            ["declare", "--title", "x", "--scenario", "database-failure", "--kind", "REAL", "--began", "14:00"],
            1,
            "14:00",
        ),
        (["health"], 1, "no inventory"),
        ([], 1, "needs a terminal"),
        (["demo"], 1, "needs a terminal"),
        (["report", "INC-1"], 1, "INC-1"),
        (["dance"], 2, "dance"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(cleo: Cleo, words: list[str], status: int, said: str) -> None:
    done = cleo(*words, status=status)
    assert said in done.stderr


def test_a_bad_inventory_is_named_with_file_and_line(cleo: Cleo) -> None:
    file = cleo.home / "inventory.yaml"
    file.write_text("name: x\nallows: [REAL]\nhosts: {a: {via: pigeon}}\n")
    done = cleo("health", status=1, CLEO_INVENTORY=str(file))
    assert f"{file}:3:" in done.stderr
    assert "CLEO_INVENTORY" in cleo("health", status=1, CLEO_INVENTORY="/nowhere").stderr


def test_a_folder_that_cannot_be_written_is_named(cleo: Cleo) -> None:
    (cleo.home / "file").write_text("")
    done = cleo(
        "declare",
        "--title",
        "x",
        "--scenario",
        "database-failure",
        "--kind",
        "REAL",
        status=1,
        CLEO_HOME=str(cleo.home / "file" / "x"),
    )
    assert str(cleo.home / "file") in done.stderr


def test_several_open_incidents_must_be_told_apart(cleo: Cleo) -> None:
    first, second = cleo.declare(), cleo.declare()
    assert first != second
    done = cleo("note", "hello", status=1)
    assert first in done.stderr
    assert second in done.stderr
    cleo("note", "hello", "-i", second)
    assert "2 incidents are open" in cleo("run", "restore", "--latest", status=2).stderr
    for words in (("-i", second), (f"-i{second}",), ("--latest", f"--incident={second}")):
        assert "--latest" in cleo("run", "postgres-restore", *words, "--help").stdout
    assert "--latest" in cleo("run", "postgres-restore", "--help", CLEO_INCIDENT=second).stdout


def test_two_consoles_give_no_incident_the_same_id_and_its_mark_need_not_be_typed(cleo: Cleo, tmp_path: Path) -> None:
    mine, theirs = cleo.declare(), Cleo(tmp_path / "other").declare()
    number, _, mark = mine.rpartition("-")
    assert theirs.startswith(f"{number}-")
    assert theirs != mine
    assert mine in cleo("status", number).stdout
    assert mine in cleo("journal", "verify", number).stdout
    assert "There is no incident" in cleo("status", mark, status=1).stderr
    again = cleo.declare()
    assert again.startswith(f"{number[:-2]}02-")


def test_a_script_of_several_types_is_that_of_the_named_system(cleo: Cleo) -> None:
    assert "--collection" in cleo("run", "selective_restore.sh", "--on", "mongodb", "--help").stdout
    assert "--collection" not in cleo("run", "./scripts/selective_restore.sh", "--help").stdout, (
        "the plan's own is meant"
    )


def test_a_runner_is_started_and_stops_when_the_incident_is_closed(cleo: Cleo) -> None:
    cleo.declare()
    done = cleo("run", "postgres.restore", "--dry-run", status=1)
    assert "has no system postgres" in done.stderr + done.stdout
    assert json.loads(cleo("status", "--json").stdout)["runner"] == "at work"
    incident = json.loads(cleo("status", "--json").stdout)["incident"]
    cleo.close()
    follower_sees_the_end(cleo, incident)


def follower_sees_the_end(cleo: Cleo, incident: str) -> None:
    from actions.runner import held
    from tests.waiting import until

    folder = cleo.home / "cleo" / "incidents" / incident
    until(lambda: not held(folder))


def test_every_command_shows_an_example(cleo: Cleo) -> None:
    listed = cleo("--help").stdout
    for command in (
        "declare",
        "status",
        "note",
        "decide",
        "done",
        "skip",
        "take",
        "role",
        "run",
        "close",
        "health",
        "report",
        "demo",
    ):
        assert command in listed
        assert "Example:" in cleo(command, "--help").stdout, command
