from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from journal.plan.check import check
from journal.plan.read import read_plan
from journal.yamlfile.problem import Problem
from tests.journal.plan.plan_catalogue import CATALOGUE, SMALL_PLAN

TODAY = date(2026, 11, 23)


def found(folder: Path, text: str) -> list[Problem]:
    file = folder / "plan.yaml"
    file.write_text(text, encoding="utf-8")
    return check(read_plan(file), CATALOGUE, TODAY)


def test_nothing_is_said_against_a_sound_plan(tmp_path: Path) -> None:
    assert found(tmp_path, SMALL_PLAN) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("action: status.check", "action: status.chek", "unknown action 'status.chek'; did you mean 'status.check'?"),
        ("params: {latest: true}", "params: {lates: true}", "no parameter 'lates'; did you mean 'latest'?"),
        ("params: {latest: true}", "params: {latest: 1}", "wants bool for 'latest', not 1"),
        ("params: {latest: true}", "params: {workers: true}", "wants int for 'workers', not True"),
        ("params: {latest: true}", "params: {workers: two}", "wants int for 'workers', not 'two'"),
        ("params: {latest: true}", "params: {backup: 7}", "wants str for 'backup', not 7"),
        ("params: {latest: true}", "params: {share: half}", "wants float for 'share', not 'half'"),
        ("action: status.check", "action: postgres.pitr", "postgres.pitr wants the parameter 'timestamp'"),
        ("action: status.check", "action: postgres.restore", "say destructive: true"),
        ("needs: [restore]", "needs: [restoration]", "unknown step 'restoration'"),
        ("needs: [strategy, point]", "needs: [verify]", "a cycle: restore needs verify needs restore"),
        ("needs: [restore]", "needs: [verify]", "a cycle: verify needs verify"),
        ("id: verify", "id: restore", "duplicate step id 'restore'"),
        (
            "items: [Count",
            "calls: [L1]\n            items: [{text: A, known: nothing-open}, Count",
            "stands for a call, and is known",
        ),
        ("id: verify", "id: status.check", "'status.check' is the name of an action, which `cleo run status.check`"),
        ("name: recovery_point,", "name: strategy,", "duplicate decision 'strategy'"),
        ("verified_by: verify", "verified_by: verity", "unknown step 'verity'"),
        ("validated_by: [verify]", "validated_by: [verity]", "unknown step 'verity'"),
        ("system: db", "system: mail", "unknown system 'mail'"),
        ("tier: critical", "tier: vital", "unknown tier 'vital'"),
        ("data: database", "data: tapes", "unknown data class 'tapes'"),
        ("systems: [db]", "systems: [db, mail]", "unknown system 'mail'"),
        ("strategy: cold", "strategy: warm", "unknown strategy 'warm'"),
        ("refuses: {recovery_point", "refuses: {recovery_points", "unknown decision 'recovery_points'; did you mean"),
        (
            "kind: recovery-point, default: latest",
            "kind: text",
            "is called recovery_point, and no other is",
        ),
        ("refuses: {recovery_point: [latest]}", "refuses: {strategy: [cold]}", "which this scenario refuses"),
        (
            "refuses: {recovery_point: [latest]}",
            "refuses: {recovery_point: [newest]}",
            "unknown answer to recovery_point 'newest'",
        ),
        ("when: {strategy", "when: {strategem", "unknown decision 'strategem'; did you mean 'strategy'?"),
        ("when: {strategy: [cold]", "when: {strategy: [tepid]", "unknown answer to strategy 'tepid'"),
        ("when: {strategy: [cold]", "when: {strategy: []", "names no answer"),
        ("affected: [db]", "affected: [mail]", "unknown answer to affected 'mail'"),
        ("scenario: [lost]", "scenario: [found]", "unknown scenario 'found'"),
        ("                hot: {title: Standby}\n", "", "must be the plan's strategies: cold, hot"),
        ("kind: systems", "kind: one", "decision 'affected' has no options"),
        ("name: affected,", "name: scenario,", "the name 'scenario' is taken"),
        ("items: [Count the rows]", "command: psql -c x", "write it as a list of words, or say shell: true"),
        ("items: [Count the rows]", "command: [a]\n            shell: true", "write the command as one string"),
        ("items: [Count the rows]", "host: db1", "says how to run a command and has none"),
        ("items: [Count the rows]", "params: {a: 1}", "parameters without an action"),
        ("action: status.check", "action: status.check\n            command: [a]", "has action and command"),
        ("end: 15 min", "end: 0 s", "the window ends before it begins"),
        ("{start: 0 s, end: 15 min}", "{at_least: 2 h, lasts: 1 h}", "must come with lasts, and be no longer"),
        ('version: "1"', "version: a\nreview: April 2024", "is not a date; write it as 2024-04"),
        (
            'version: "1"',
            "version: a\nbackups: [{title: a, schedule: hourly, command: b, data: database}]",
            "no cron schedule",
        ),
    ],
)
def test_an_error_names_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in SMALL_PLAN
    text = SMALL_PLAN.replace(old, new, 1)
    errors = [problem for problem in found(tmp_path, text) if problem.level == "error"]
    matching = [problem for problem in errors if message in problem.message]
    assert matching, [str(problem) for problem in errors]
    assert str(matching[0]).startswith(f"{tmp_path / 'plan.yaml'}:{matching[0].line}: ")


@pytest.mark.parametrize(
    ("old", "new", "line_holds"),
    [
        ("action: status.check", "action: nothing.here", "action: nothing.here"),
        ("needs: [strategy, point]", "needs:\n              - strategy\n              - pont", "- pont"),
        ("params: {latest: true}", "params:\n              lates: true", "lates: true"),
        ("affected: [db]", "affected: [mail]", "when: {"),
    ],
)
def test_the_line_is_the_one_to_mend(tmp_path: Path, old: str, new: str, line_holds: str) -> None:
    text = SMALL_PLAN.replace(old, new)
    [problem] = found(tmp_path, text)
    assert line_holds in text.splitlines()[problem.line - 1]


def test_two_circles_are_both_found(tmp_path: Path) -> None:
    text = SMALL_PLAN.replace("needs: [strategy, point]", "needs: [verify]").replace(
        "title: Point\n", "title: Point\n            needs: [point]\n"
    )
    assert [p.message for p in found(tmp_path, text) if "cycle" in p.message] == [
        "a cycle: point needs point",
        "a cycle: restore needs verify needs restore",
    ]


def warnings(folder: Path, old: str, new: str) -> list[str]:
    assert old in SMALL_PLAN
    problems = found(folder, SMALL_PLAN.replace(old, new, 1))
    assert {problem.level for problem in problems} <= {"warning"}
    return [problem.message for problem in problems]


def test_an_objective_that_the_windows_cannot_keep_is_warned_of(tmp_path: Path) -> None:
    [message] = warnings(tmp_path, "{start: 0 s, end: 15 min}", "{at_least: 3 h, lasts: 5 h}")
    assert message == "4 h is promised, but the phases' windows add up to 3 h to 5 h"


def test_windows_after_one_another_add_up(tmp_path: Path) -> None:
    second = (
        "  - {id: second, title: Second, window: {lasts: 4 h}, sections: []}\n"
        "  - {id: third, title: Third, window: {lasts: 9 h}, optional: true, sections: []}\n"
    )
    [problem] = found(tmp_path, SMALL_PLAN + second)
    assert problem.message == "4 h is promised, but the phases' windows add up to 4 h 15 min"


ALERT = """version: "1"
alerts:
  - {{name: Late, expr: x, wait: 5 min, after: {after}, severity: s, summary: t, data: database}}"""


def test_an_alert_that_comes_too_late_is_warned_of(tmp_path: Path) -> None:
    [message] = warnings(tmp_path, 'version: "1"', ALERT.format(after="65 min"))
    assert message.startswith("Late fires 1 h 5 min after the fault, but the RPO of Database is 15 min")
    assert warnings(tmp_path, 'version: "1"', ALERT.format(after="15 min")) == []


LAW = """version: "1"
compliance:
  - {{title: Law, plan: soon, deadline: {plan}, law: l, law_deadline: {law}, source: s. 1}}"""


@pytest.mark.parametrize(
    ("plan", "law", "verdict"),
    [("72 h", "60 d", "stricter than the law: 60 d (s. 1)"), ("60 d", "72 h", "later than the law allows: 3 d (s. 1)")],
)
def test_a_deadline_that_is_not_the_law_s_is_warned_of(tmp_path: Path, plan: str, law: str, verdict: str) -> None:
    [message] = warnings(tmp_path, 'version: "1"', LAW.format(plan=plan, law=law))
    assert message.endswith(verdict)
    assert warnings(tmp_path, 'version: "1"', LAW.format(plan=plan, law=plan)) == []


@pytest.mark.parametrize("contact", ["+1-XXX-XXX-XXXX", "support@vendor.com", "a@example.org", "TBD"])
def test_a_placeholder_contact_is_warned_of(tmp_path: Path, contact: str) -> None:
    [message] = warnings(tmp_path, 'version: "1"', f'version: "1"\ncontacts: [{{role: R, contact: "{contact}"}}]')
    assert message == f"R: {contact!r} is a placeholder; nobody can be reached"


def test_a_real_contact_is_not(tmp_path: Path) -> None:
    assert warnings(tmp_path, 'version: "1"', 'version: "1"\ncontacts: [{role: R, contact: a@vendors.net}]') == []


def test_a_review_is_overdue_after_its_last_day(tmp_path: Path) -> None:
    [message] = warnings(tmp_path, 'version: "1"', 'version: "1"\nreview: 2026-11-22')
    assert message == "the review was due 2026-11-22; it is overdue by 1 d"
    for day in ("2026-11", "2026-11-23"):
        assert warnings(tmp_path, 'version: "1"', f'version: "1"\nreview: {day}') == []


def test_actions_that_are_only_promised_are_counted(tmp_path: Path) -> None:
    [message] = warnings(tmp_path, "action: status.check", "action: dns.verify")
    assert message == "1 of 2 actions are not available yet and must be done by hand: dns.verify"


def test_an_objective_that_nothing_proves_is_warned_of(tmp_path: Path) -> None:
    [message] = warnings(tmp_path, ", validated_by: [verify]", "")
    assert "can never be shown to be met" in message
