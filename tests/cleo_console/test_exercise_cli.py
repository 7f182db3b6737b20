"""A team's own exercise: one to begin with, the check, and that it is what is played."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from actions.registry import catalogue
from cleo_console.cli.demo import declaration_of
from cleo_console.cli.exercise import exercise as exercise_group
from cleo_console.demo import DemoServices
from cleo_console.exercises.own import load_own
from cleo_console.plans import bundled, restore_drill
from journal.incident.fold import fold_journal
from journal.plan.load import load_plan
from journal.yamlfile.problem import BadFile

PLAN = load_plan(bundled()).plan

BROKEN = """\
title: "Broken on purpose"
scenario: database-failure
objectives: [{id: ours, title: What we want}]
world:
  facts:
    postgres.server: dead
    postgres.sevrer: lost
  acts:
    postgres.start: [{summary: "{postgres.rech}", ok: false}]
    postgres.strat: [{summary: started}]
  health:
    postgress: [{status: down, detail: gone}]
injects:
  - {id: a, text: "First", after: "inject:b"}
  - {id: b, text: "Second", after: "inject:a"}
  - {id: c, text: "Third", after: "step:scan-intrusion", objective: ours}
  - {id: d, text: "Fourth", at_s: 60, expected: cold, answered_by: ["stands:strategy=cold-recovery"]}
  - {id: e, text: "Fifth", at_s: 60, while: {postgres.server: up}}
  - {id: f, text: "Sixth", expected: told, answered_by: ["step:noti-stakeholders"]}
  - {id: g, text: "Seventh", at_s: 60, breaks: {postgres: lose-data-directry}}
expectations:
  - {title: Within nothing, objective: ours, within: closed}
  - {title: Of another, objective: theirs, before: ["action:status.check", "stands:strategy=cold"]}
"""
WRONG = {
    6: "nothing asks whether postgres.server is 'dead'",
    7: "nothing looks at a fact 'postgres.sevrer'; did you mean 'postgres.server'?",
    9: "there is no value {postgres.rech}; did you mean 'postgres.reach'?",
    10: "there is no action 'postgres.strat'; did you mean 'postgres.start'?",
    12: "the plan has no system 'postgress'; did you mean 'postgres'?",
    14: "'a' waits for itself, so that it never comes",
    15: "'b' waits for itself",
    16: "'c' counts for 'ours', and nothing answers it",
    17: "known only at the end",
    18: "postgres.server is 'dead' at the start: its cause is gone at once",
    19: "the plan has no such step; did you mean 'notify-stakeholders'?",
    20: "no lab knows a fault 'lose-data-directry'; did you mean 'lose-data-directory'?",
    22: "within wants minutes",
    23: "there is no objective 'theirs'",
}

HEAD = "title: Ours\nscenario: database-failure\n"


def cleo_exercise(*words: str) -> Result:
    return CliRunner().invoke(exercise_group, list(words))


@pytest.mark.parametrize(
    "scenario",
    ["database-failure", *(pytest.param(name, marks=pytest.mark.soak) for name in list(PLAN.scenarios)[1:])],
)
def test_the_one_to_begin_with_can_be_played(tmp_path: Path, scenario: str) -> None:
    file = tmp_path / "ours.yaml"
    assert cleo_exercise("new", "--scenario", scenario, "-o", str(file)).exit_code == 0
    checked = cleo_exercise("check", str(file))
    assert (checked.exit_code, checked.stdout) == (0, "")
    assert checked.stderr == "This exercise can be played: 0 errors, 0 warnings.\n"
    told = file.read_text(encoding="utf-8")
    file.write_text(told.replace("    # breaks:", "    breaks:").replace("# hot_wash:", "hot_wash:"), encoding="utf-8")
    own = load_own(file, PLAN, catalogue())
    assert (any(inject.breaks for inject in own.injects), len(own.hot_wash)) == (True, 1), "its comments can be taken"


def test_one_to_begin_with_is_made_of_ones_own_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEO_PLAN", str(restore_drill()))
    file = tmp_path / "ours.yaml"
    assert cleo_exercise("new", "-o", str(file)).exit_code == 0
    assert cleo_exercise("check", str(file)).stderr.endswith("0 errors, 0 warnings.\n")
    file.write_text(file.read_text(encoding="utf-8").replace("common: false", "common: true"), encoding="utf-8")
    assert "Say common: false" in cleo_exercise("check", str(file)).stdout


def test_all_that_makes_it_unplayable_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(BROKEN, encoding="utf-8")
    found = cleo_exercise("check", str(file))
    assert found.exit_code == 1
    for line, words in WRONG.items():
        assert any(one.startswith(f"{file}:{line}: ") and words in one for one in found.stdout.splitlines()), words
    with pytest.raises(BadFile, match="waits for itself"):
        load_own(file, PLAN, catalogue())


def test_what_does_not_fit_is_named_before_what_it_names(tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(f"{HEAD}world:\n  facts: [lost]\n", encoding="utf-8")
    assert f"{file}:4: world.facts: Expected `object`" in cleo_exercise("check", str(file)).stdout
    file.write_text(f"{HEAD}injects:\n  - {{id: a, text: b, atts: 1}}\n", encoding="utf-8")
    (wrong,) = json.loads(cleo_exercise("check", "--json", str(file)).stdout)
    assert wrong == {
        "file": str(file),
        "line": 4,
        "field": "injects[0].atts",
        "level": "error",
        "message": "unknown key 'atts'; did you mean 'at_s'?",
    }


def test_what_can_be_named_is_listed() -> None:
    told = cleo_exercise("words", "postgres").stdout.splitlines()
    assert "moment  action:postgres.restore" in told
    assert any(line.startswith("fact of the world  postgres.server: up   or ") and "lost" in line for line in told)


def test_ones_own_is_what_is_played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEO_HOME", str(tmp_path))
    file = tmp_path / "ours.yaml"
    cleo_exercise("new", "--scenario", "security-breach", "-o", str(file))
    own = load_own(file, PLAN, catalogue())
    with DemoServices("player@table", 60, own) as host:
        incident = fold_journal(host.paths.incident(host.declare(declaration_of(host, own.scenario))).journal)
    assert incident.title == own.title
    assert {"situation", "question", "later", "clean-up"} == {one["id"] for one in incident.review.exercise["injects"]}
