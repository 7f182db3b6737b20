"""``cleo plan new`` without a terminal: what no option says is left at its default."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from cleo_console.cli.plan import plan as plan_group
from journal.plan.read import read_plan


def cleo_plan(*words: str | Path) -> Result:
    return CliRunner().invoke(plan_group, [str(word) for word in words])


def test_a_plan_of_answers_can_be_used_and_has_the_actions_there_are(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    words = ["--title", "Shop", "--system", "redis=Redis", "--system", "mail=Mail relay", "--rto", "Shop=2 h"]
    result = cleo_plan("new", "-o", file, *words, "--call", "On-call=PagerDuty", "--scenario", "Fire: at night")
    assert result.exit_code == 0, result.output
    plan = read_plan(file).plan
    assert (plan.title, [tier.rto for tier in plan.objectives.rto.values()]) == ("Shop", [7200])
    assert [scenario.title for scenario in plan.scenarios.values()] == ["Fire: at night"]
    assert [step.action or step.title for step in plan.steps() if step.system == "redis"] == [
        f"redis.{verb}" for verb in ("stop_writers", "stop", "restore", "verify", "allow_writers")
    ]
    assert [step.kind for step in plan.steps() if step.system == "mail"] == ["manual", "manual"]
    assert plan.by_id["alert-on-call-personnel"].calls == ["L1"]
    again = cleo_plan("new", "-o", file)
    assert again.exit_code == 1
    assert "is there already" in str(again.exception)


@pytest.mark.parametrize("said", [("--rto", "Shop"), ("--rpo", "Shop=soon"), ("--system", "a b=Mail")])
def test_an_answer_without_a_value_is_asking_wrongly(tmp_path: Path, said: tuple[str, str]) -> None:
    assert cleo_plan("new", "-o", tmp_path / "plan.yaml", *said).exit_code == 2


def test_in_a_terminal_it_is_asked_again_and_an_end_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, runner = tmp_path / "plan.yaml", CliRunner()
    monkeypatch.setattr("cleo_console.cli.plan_new.sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))
    given = runner.invoke(plan_group, ["new", "-o", str(file)], input="Shop\nAnn\nsoon\nShop=soon\nShop=2 h\n\n")
    assert (given.exit_code, file.exists()) == (1, False), "the answers ended"
    answers = "Shop\n\nsoon\nShop=soon\nShop=2 h\n\na b=Mail\nmail=Mail\n\n\n\n"
    made = runner.invoke(plan_group, ["new", "-o", str(file)], input=answers)
    assert made.exit_code == 0, made.output
    assert "'soon' says no value: write WHAT=VALUE." in made.output
    assert "'Shop=soon': 'soon' is not a duration" in made.output
    plan = read_plan(file).plan
    assert ([tier.rto for tier in plan.objectives.rto.values()], list(plan.systems)) == ([7200], ["mail"])


def test_two_systems_of_one_title_have_their_own_steps(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    result = cleo_plan("new", "-o", file, "--system", "redis=Cache", "--system", "mail=Cache")
    assert result.exit_code == 0, result.output
    plan = read_plan(file).plan
    assert {step.system for step in plan.steps()} == {"", "redis", "mail"}
