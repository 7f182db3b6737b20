from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from actions.planned import PLANNED_ACTIONS
from actions.registry import catalogue
from cleo_console.cli.plan import plan as plan_group
from cleo_console.plans import bundled
from journal.plan.check import check
from journal.plan.load import load_plan
from journal.plan.read import read_plan


def cleo_plan(*words: str) -> Result:
    return CliRunner().invoke(plan_group, list(words))


def changed(folder: Path, old: str, new: str) -> Path:
    text = bundled().read_text(encoding="utf-8")
    assert old in text
    file = folder / "ours.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


def test_the_bundled_plan_fits_the_actions_there_are() -> None:
    assert [str(p) for p in check(read_plan(bundled()), catalogue()) if p.level == "error"] == []


def test_every_script_is_the_one_of_its_action() -> None:
    specs = catalogue()
    for step in read_plan(bundled()).plan.steps():
        if step.script:
            assert specs[step.action].script in step.script, step.id


def test_check_of_the_bundled_plan_warns_and_succeeds() -> None:
    result = cleo_plan("check")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert all(f"{bundled()}:" in line and ": warning: " in line for line in lines)
    for part in (
        "1 h is promised, but the phases' windows add up to 5 h 30 min to 6 h 30 min",
        "BackupFailed fires 1 h 5 min after the fault, but the RPO of Database is 15 min",
        "45 CFR 164.404(b)",
        "'+1-XXX-XXX-XXXX' is a placeholder",
        "'support@vendor.com' is a placeholder",
        "the review was due 2024-04",
    ):
        assert part in result.stdout
    assert "not available yet" not in result.stdout
    assert result.stderr == f"This plan can be used: 0 errors, {len(lines)} warnings.\n"


def test_check_names_file_and_line_and_fails(tmp_path: Path) -> None:
    file = changed(tmp_path, "action: status.check", "action: status.chek")
    line = file.read_text(encoding="utf-8").splitlines().index("            action: status.chek") + 1
    result = cleo_plan("check", str(file))
    assert result.exit_code == 1
    assert f"{file}:{line}: phases[0].sections[0].steps[0].action: unknown action 'status.chek'" in result.stdout
    assert "This plan cannot be used: 1 error, " in result.stderr


def test_check_names_all_that_does_not_fit(tmp_path: Path) -> None:
    file = changed(tmp_path, "rto: 1 h\n", "rto: an hour\n      urgent: true\n")
    result = cleo_plan("check", str(file))
    assert result.exit_code == 1
    assert "'an hour' is not a duration" in result.stdout
    assert "unknown key 'urgent'" in result.stdout


def test_check_as_json(tmp_path: Path) -> None:
    file = changed(tmp_path, "rto: 1 h\n", "rto: an hour\n")
    result = cleo_plan("check", "--json", str(file))
    assert result.exit_code == 1
    [problem] = json.loads(result.stdout)
    assert (problem["field"], problem["level"]) == ("objectives.rto.critical.rto", "error")


def test_a_file_that_is_not_there_is_asking_wrongly(tmp_path: Path) -> None:
    assert cleo_plan("check", str(tmp_path / "none.yaml")).exit_code == 2


def test_show_prints_every_step_once_and_no_colour() -> None:
    result = cleo_plan("show")
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    plan = read_plan(bundled()).plan
    for step in plan.steps():
        heading = f"{plan.numbers[step.id]} {step.title}  {step.id}"
        assert sum(heading in line for line in result.stdout.splitlines()) == 1
    assert "law: Notify each affected individual" in result.stdout


def test_show_tells_what_is_ours_and_what_is_not_available() -> None:
    lines = cleo_plan("show").stdout.splitlines()
    [hold] = [line for line in lines if " Hold backups " in line]
    assert "not in the written plan" in hold
    told = {line.split("not available yet: by hand")[0].split()[-1] for line in lines if "not available yet" in line}
    planned = {spec.name for spec in PLANNED_ACTIONS}
    steps = [step for step in load_plan(bundled()).plan.steps() if step.action in planned]
    assert told - {"DESTRUCTIVE"} == {step.id for step in steps if not step.destructive}
    assert "DESTRUCTIVE" in told or not any(step.destructive for step in steps)


def test_show_as_json_is_what_the_journal_carries() -> None:
    assert json.loads(cleo_plan("show", "--json").stdout) == read_plan(bundled()).data
