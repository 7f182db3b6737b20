"""After an exercise: its report, the hot wash, and an improvement plan that comes back until it is done."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cleo_console.cli.demo import declaration_of
from cleo_console.cli.main import cli
from cleo_console.demo import DemoServices
from journal.commands.exercise import ExerciseCommands
from journal.commands.incident import IncidentCommands
from journal.commands.refusals import NotNow
from journal.events import types as e
from journal.incident.closing import phrase, remaining
from journal.incident.fold import fold_journal


def cleo(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli, list(words), input=typed)


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A tabletop that a team played badly: nothing was done, one was noted, and it was closed."""
    monkeypatch.setenv("CLEO_HOME", str(tmp_path))
    monkeypatch.setenv("CLEO_ACTOR", "dora")
    with DemoServices("ben@table", 60) as host:
        incident = host.declare(declaration_of(host, "database-failure"))
        place = host.paths.incident(incident)
        with host.open(incident) as journal:
            lead = ExerciseCommands(journal, lambda: fold_journal(place.journal))
            lead.mark("ben@table", "- told nobody what he was about to do")
            with pytest.raises(NotNow, match="still played"):
                lead.answer_hot_wash("What went well?", "nothing")
            commands = IncidentCommands(journal, lambda: fold_journal(place.journal))
            commands.close("nobody came", phrase(remaining(fold_journal(place.journal))))
        yield incident


def test_what_people_say_after_it_and_what_follows_is_in_the_after_action_report(played: str, tmp_path: Path) -> None:
    before = cleo("exercise", "report", played)
    assert before.exit_code == 0, before.output
    assert "No hot wash was written down" in before.output
    assert "**No action item** is recorded" in before.output
    asked = cleo("exercise", "hotwash", played).output
    missed = [line for line in asked.splitlines() if "Why was this missed" in line]
    number = missed[0].split()[0]
    assert "What lies behind this, in the plan or the means and not in the person: “told nobody" in asked
    assert cleo("exercise", "hotwash", played, number, "Nobody knew the step", "--who", "Ben").exit_code == 0
    assert "1 answer written" in cleo("exercise", "hotwash", played, "--ask", typed="The coffee\n").output
    item = cleo(
        "improve", "add", played, "Print the plan", "--owner", "Ben", "--due", "2026-01-31", "--objective", "no"
    )
    assert (item.exit_code, "There is no objective 'no' here" in item.output) == (1, True)
    added = cleo("improve", "add", played, "Print the plan", "--owner", "Ben", "--due", "2026-01-31", "--cause", "lost")
    assert added.output == f"{played} A1 is written.\n"
    out = tmp_path / "after.html"
    assert cleo("exercise", "report", played, "-o", str(out)).exit_code == 0
    text = cleo("exercise", "report", played).output
    for said in ("Ben: Nobody knew the step", "The coffee", "Print the plan"):
        assert said in text, said
        assert said in out.read_text(encoding="utf-8"), said
    assert cleo("exercise", "report", played, "-o", str(out)).exit_code == 1, "what is there stays"
    found = json.loads(cleo("exercise", "report", played, "--format", "json").output)
    assert found["exercise"]["participants"] == ["ben@table"], "who writes an action item did not play"
    assert len(missed) <= len(found["objectives"]) < sum(one["result"] == "missed" for one in found["areas"])
    assert any("” and " in line and line.endswith(" more?") for line in missed)
    assert all(area["asked"] in found["causes"] for area in found["areas"])
    ratings = {one["id"]: one["rating"] for one in found["objectives"]}
    assert set(ratings.values()) <= {"P", "S", "M", "U"}
    assert "U" in ratings.values()
    assert [area["critical"] for area in found["areas"]] == sorted(
        (a["critical"] for a in found["areas"]), reverse=True
    )


def test_of_an_exercise_and_an_incident_of_the_same_id_the_folder_says_which_is_washed(
    played: str, tmp_path: Path
) -> None:
    tabletop = tmp_path / "demo" / "incidents" / played
    shutil.copytree(tabletop, tmp_path / "incidents" / played)
    asked = cleo("exercise", "hotwash", str(tabletop))
    assert (asked.exit_code, "What went well" in asked.output) == (0, True), asked.output


def test_an_item_comes_back_until_it_is_done_with_words(played: str) -> None:
    today = datetime.now(UTC).date()
    cleo("improve", "add", played, "Print the plan", "--owner", "Ben", "--due", str(today - timedelta(days=1)))
    cleo("improve", "add", played, "Ask legal", "--owner", "Eva", "--due", str(today + timedelta(days=3)))
    cleo("improve", "add", played, "Buy a printer")
    told = cleo("schedule")
    assert told.exit_code == 1
    states = [line.split()[:2] for line in told.output.splitlines() if played in line]
    assert states == [["✗", "OVERDUE"], ["○", "due"], ["?", "no"]]
    assert cleo("improve", "done", played, "A1", " ").exit_code == 1
    assert cleo("improve", "done", played, "A1", "It hangs at the door").exit_code == 0
    assert "is done since" in cleo("improve", "done", played, "A1", "again").output
    left = json.loads(cleo("schedule", "--json").output)["improvements"]
    assert [one["id"] for one in left] == ["A2", "A3"]
    assert "It hangs at the door" in cleo("improve", "list", "--all").output
    assert "It hangs at the door" in cleo("exercise", "report", played).output


def another_team(answers: bool, **change: object) -> str:
    """Another team's tabletop of the same script: it is told of tickets, and answers, or not."""
    with DemoServices("eva@table", 60) as host:
        incident = host.declare(declaration_of(host, "database-failure"))
        place = host.paths.incident(incident)
        with host.open(incident) as journal:
            if change:
                script = {**fold_journal(place.journal).review.exercise, **change}
                journal.append(e.ExerciseBegan(exercise=script))
            journal.append(e.InjectGiven(inject="tickets", text="Tickets come in"))
            ExerciseCommands(journal, lambda: fold_journal(place.journal)).say("Look at it", inject="tickets")
            if answers:
                journal.append(e.NoteAdded(text="told them"), e.InjectAnswered(inject="tickets", how="note"))
    return incident


def test_teams_on_the_same_script_are_compared_and_another_version_is_said(played: str, tmp_path: Path) -> None:
    one, other = another_team(answers=True), another_team(answers=False)
    told = cleo("exercise", "compare", played, one, other).output
    assert max(map(len, told.splitlines())) <= 80
    assert "another version" not in told
    assert f"{one} is not closed" in told
    lines = told.splitlines()
    at = next(place for place, line in enumerate(lines) if line.startswith("tickets: "))
    assert [line.split("  ")[2].strip() for line in lines[at + 1 : at + 4]] == [
        "not given",
        "0 s, 1 hint",
        "not answered, 1 hint",
    ]
    changed = another_team(answers=True, expectations=[])
    found = json.loads(cleo("exercise", "compare", one, changed, "--json").output)
    assert found["teams"][0]["script"] != found["teams"][1]["script"]
    assert "another version of the script" in found["notes"][0]
    out = tmp_path / "teams.html"
    assert cleo("exercise", "compare", one, other, "-o", str(out)).exit_code == 0
    assert "not answered, 1 hint" in out.read_text(encoding="utf-8")
    assert "| not answered, 1 hint" in cleo("exercise", "compare", one, other, "--format", "md").output
