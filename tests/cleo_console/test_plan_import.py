"""``cleo plan import``: the written plan comes out as the bundled one, and what cannot be read is named."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cleo_console.cli.plan import plan as plan_group
from cleo_console.plans import bundled
from journal.plan.model import Plan, Section, Step
from journal.plan.read import read_plan

RUNBOOKS = Path(__file__).parent.parent / "runbooks"
WRITTEN = RUNBOOKS / "cleoai-dr-plan.md"


def cleo_plan(*words: str | Path) -> Result:
    return CliRunner().invoke(plan_group, [str(word) for word in words])


def imported(folder: Path, text: str, *options: str, name: str = "runbook.md") -> tuple[Plan, Result]:
    source, file = folder / name, folder / "plan.yaml"
    source.write_text(text, encoding="utf-8")
    result = cleo_plan("import", source, "-o", file, "--force", *options)
    assert result.exit_code == 0, result.output
    return read_plan(file).plan, result


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The plan that the written one is imported as."""
    file = tmp_path_factory.mktemp("written") / "plan.yaml"
    result = cleo_plan("import", WRITTEN, "-o", file)
    assert result.exit_code == 0, result.output
    assert "0 lines not taken over" in result.stderr
    assert cleo_plan("check", file).exit_code == 0
    return read_plan(file).plan


def ours_left_out(plan: Plan) -> Iterator[tuple[str, Section, list[Step]]]:
    """Yield the sections with the steps that the document has, in the document's order of sections."""
    for phase in plan.phases:
        sections = [(s, [step for step in s.steps if not step.ours]) for s in phase.sections]
        named = {s.title: (s, steps) for s, steps in sections if steps}
        for title in sorted(named, key=lambda name: name == "Load Balancer Configuration"):  # written after DNS
            yield phase.title, *named[title]


def kind(step: Step) -> tuple[str, object]:
    """What a step is. Where the document lists things to do, the bundled plan names what is ticked to show it."""
    return (step.action, step.script) if step.script else ("", "decision" if step.decision else "by hand")


def test_every_step_of_the_written_plan_is_the_bundled_one(written: Plan) -> None:
    theirs = [
        (p, s.title, [(step.title.lower(), kind(step)) for step in steps]) for p, s, steps in ours_left_out(written)
    ]
    bundle = [
        (p, s.title, [(step.title.lower(), kind(step)) for step in steps])
        for p, s, steps in ours_left_out(read_plan(bundled()).plan)
    ]
    assert theirs == bundle


def test_steps_have_what_the_bundled_ones_are_started_with(written: Plan) -> None:
    steps = {step.script: step for step in read_plan(bundled()).plan.steps() if step.script}
    for step in written.steps():
        if step.script:
            same = steps[step.script]
            assert (step.action, step.params, step.optional) == (same.action, same.params, same.optional), step.id
            assert same.destructive or not step.destructive, step.id
    assert written.by_id["restore-from-latest-backup"].destructive


def test_checklists_and_windows_are_the_bundled_ones(written: Plan) -> None:
    bundle = read_plan(bundled()).plan
    ticked = {step.title.lower(): step.items for step in bundle.steps()}
    for title in ("user acceptance", "documentation", "analysis", "improvements"):
        [step] = [step for step in written.steps() if step.title.lower() == title]
        assert step.items == ticked[title]
    windows = {phase.title: phase.window for phase in bundle.phases}
    assert {phase.title: phase.window for phase in written.phases} == {
        title: windows[title] for title in windows if title != "Failback"
    }


def test_what_stands_around_the_steps_is_the_bundled_plans(written: Plan) -> None:
    bundle = read_plan(bundled()).plan
    for field in ("title", "version", "owner", "updated", "review", "overview", "escalation"):
        assert getattr(written, field) == getattr(bundle, field), field
    for field, parts in {
        "tests": ("every", "items"),
        "scenarios": ("title", "impact", "likelihood", "severity"),
        "contacts": ("role", "contact"),
        "compliance": ("title", "plan", "deadline"),
        "alerts": ("name", "expr", "wait", "after", "severity", "summary"),
        "backups": ("schedule", "command"),
    }.items():
        assert told(written, field, parts) == told(bundle, field, parts), field
    assert [(t.title, t.rto) for t in written.objectives.rto.values()] == [
        (t.title, t.rto) for t in bundle.objectives.rto.values()
    ]
    assert list(written.objectives.rpo.values()) == list(bundle.objectives.rpo.values())
    assert {o.title for o in bundle.strategies.values()} - {o.title for o in written.strategies.values()} == {
        "Cold standby activation"
    }
    assert sorted(written.places.values()) == sorted(bundle.places.values())
    assert {**written.monitoring, "alert rules": ""} == {**bundle.monitoring, "alert rules": ""}


def told(plan: Plan, field: str, parts: tuple[str, ...]) -> list[tuple[object, ...]]:
    entries = getattr(plan, field)
    return [
        tuple(getattr(e, part) for part in parts) for e in (entries.values() if isinstance(entries, dict) else entries)
    ]


def test_what_is_not_taken_over_is_named_with_its_line(tmp_path: Path) -> None:
    text = "# Runbook\n\n## Steps\n\n1. Stop the application\n\n<details>more</details>\n\n```ruby\nputs 1\n```\n"
    _, result = imported(tmp_path, text)
    source = tmp_path / "runbook.md"
    assert f"{source}:7: not taken over: Steps: <details>more</details>" in result.stderr
    assert f"{source}:9: not taken over: Steps: ruby: puts 1" in result.stderr
    assert f"#   {source}:9: Steps: ruby: puts 1" in (tmp_path / "plan.yaml").read_text(encoding="utf-8")


def test_commands_that_nobody_knows_are_asked_about_and_blanks_are_left_to_people(tmp_path: Path) -> None:
    text = (
        "# Runbook\n\n1. Look\n   ```bash\n   kubectl get pods -n prod\n   ```\n"
        "2. Purge\n   ```bash\n   ./purge.sh --all\n   ```\n"
        "3. Restore\n   ```bash\n   ./restore.sh --to <date>\n   ```\n"
    )
    plan, result = imported(tmp_path, text)
    look, purge, restore = plan.steps()
    assert (look.command, look.destructive) == (["kubectl", "get", "pods", "-n", "prod"], False)
    assert (purge.command, purge.destructive) == (["./purge.sh", "--all"], True)
    assert (restore.kind, restore.script) == ("manual", "restore.sh --to <date>")
    assert f"{tmp_path / 'runbook.md'}:9: filled in: step 'purge': destructive, until" in result.stderr


def test_what_is_typed_on_another_machine_is_left_to_people(tmp_path: Path) -> None:
    text = (
        "# R\n\n1. Stop it\n   ```bash\n   ssh db1\n   sudo systemctl stop app\n   ```\n2. `sudo systemctl start app`\n"
    )
    plan, _ = imported(tmp_path, text)
    assert [(step.kind, step.script) for step in plan.steps()] == [
        ("manual", "ssh db1"),
        ("manual", "ssh db1 ; sudo systemctl stop app"),
        ("manual", "ssh db1 ; sudo systemctl start app"),
    ]


def test_a_prompt_that_names_a_machine_says_where_a_command_is_typed(tmp_path: Path) -> None:
    rows = [
        "root@db1:~# systemctl stop app",
        "[root@db2 ~]# df -h",
        "db-03 $ uptime",
        "user@localhost:~$ uptime",
        "$ uptime",
    ]
    plan, _ = imported(tmp_path, "# R\n\n```\n" + "\n".join(rows) + "\n```\n\n## Restart\n\n`systemctl restart app`\n")
    assert [step.script or step.command for step in plan.steps()] == [
        "ssh root@db1 ; systemctl stop app",
        "ssh root@db2 ; df -h",
        "ssh db-03 ; uptime",
        ["uptime"],
        ["uptime"],
        ["systemctl", "restart", "app"],
    ]


def test_a_scenario_with_its_own_procedure_is_a_phase_of_its_own(tmp_path: Path) -> None:
    text = (
        "# Plan\n\n## 6. Scenarios\n\n### 6.1 Scenario 1: Fire\n**Severity:** High\n\n1. Leave the room\n\n"
        "### 6.2 Scenario 2: Flood\n\n- [ ] Pumps run\n"
    )
    plan, _ = imported(tmp_path, text)
    assert {name: scenario.severity for name, scenario in plan.scenarios.items()} == {
        "fire": "high",
        "flood": "not-stated",
    }
    assert [(phase.title, [s.when for s in plan.steps() if plan.phase_of[s.id] is phase]) for phase in plan.phases] == [
        ("Fire", [{"scenario": ["fire"]}]),
        ("Flood", [{"scenario": ["flood"]}]),
    ]


def test_rows_of_a_table_and_people_are_read(tmp_path: Path) -> None:
    text = (
        "# Playbook\n\n| Step | Action | Owner | Target Time |\n|---|---|---|---|\n"
        "| 1 | Switch DNS | NetOps | < 5 min |\n\n"
        "## Escalation\n\n| Level | Role | Phone |\n|---|---|---|\n| Tier 1 | On-call | 555 |\n\n"
        "**Total RTO: < 55 minutes**\n"
    )
    plan, _ = imported(tmp_path, text)
    [step] = plan.steps()
    assert (step.title, step.expect, step.text) == ("Switch DNS", 300, "Owner: NetOps. Target time: < 5 min")
    assert [(c.level, c.role, c.contact) for c in plan.escalation] == [("L1", "On-call", "555")]
    assert [tier.rto for tier in plan.objectives.rto.values()] == [55 * 60]


def test_a_table_whose_step_column_counts_is_read_by_what_the_others_say(tmp_path: Path) -> None:
    text = (
        "# R\n\n| Step | Description | Command |\n|---|---|---|\n| 1 | Look | `df -h` |\n"
        "| 2. | Switch | `systemctl stop a`<br>`systemctl start a` |\n| 3 | Promote | Press it in the console |\n"
    )
    plan, _ = imported(tmp_path, text)
    assert [(step.title, step.command or step.script, step.text) for step in plan.steps()] == [
        ("Look", ["df", "-h"], ""),
        ("Switch", "systemctl stop a ; systemctl start a", ""),
        ("Promote", "", "Command: Press it in the console"),
    ]


def test_what_stands_between_two_steps_stays_there(tmp_path: Path) -> None:
    plan, _ = imported(tmp_path, "# R\n\nBackground.\n\n1. Stop it\n\nWait for <b>Ada</b>.\n\n2. Start <host>\n")
    assert plan.overview == "Background."
    assert [(step.title, step.text) for step in plan.steps()] == [("Stop it", "Wait for Ada."), ("Start <host>", "")]


def test_cases_are_a_decision(tmp_path: Path) -> None:
    text = "# R\n\n1. If the primary is:\n   - **Down**: Promote the standby\n   - **Slow**: Look at it\n2. Stop it\n"
    plan, _ = imported(tmp_path, text)
    decision = next(plan.steps()).decision
    assert decision is not None
    assert [(o.title, o.text) for o in decision.options.values()] == [
        ("Down", "Promote the standby"),
        ("Slow", "Look at it"),
    ]


def test_a_password_in_a_command_is_named_and_left_out(tmp_path: Path) -> None:
    text = "# R\n\n```bash\ncurl https://admin:hunter2@db.example/restart -X POST\n```\n"
    plan, result = imported(tmp_path, text)
    assert (
        f"{tmp_path / 'runbook.md'}:4: look at this: a password, token or key: it is not in the plan" in result.stderr
    )
    [step] = plan.steps()
    assert (step.kind, step.script) == ("manual", "curl https://admin:<secret>@db.example/restart -X POST")


def test_a_folder_of_scripts_is_imported_in_its_order_and_pinned(tmp_path: Path) -> None:
    folder, file = tmp_path / "recovery", tmp_path / "plan.yaml"
    (folder / "20-app").mkdir(parents=True)
    scripts = {
        "2-verify.sh": "#!/bin/sh\n# Verify the cluster. It takes a minute.\npg_isready -h db1 | grep accepting\n",
        "10-stop.sh": "#!/bin/sh\n# Usage: 10-stop.sh <host>\n",
        "20-app/check-start.sh": "#!/bin/sh\nrm -rf /tmp/x\n",
        "notes.txt": "call Ann\n",
    }
    for name, text in scripts.items():
        (folder / name).write_text(text, encoding="utf-8")
    result = cleo_plan("import", folder, "-o", file)
    assert result.exit_code == 0, result.output
    verify, stop, start = read_plan(file).plan.steps()
    assert (verify.title, verify.command, verify.destructive) == (
        "Verify the cluster",
        [f"{folder}/2-verify.sh"],
        False,
    )
    assert (stop.kind, stop.script) == ("manual", "10-stop.sh <host>")
    assert (start.command, start.destructive) == ([f"{folder}/20-app/check-start.sh"], True)
    assert start.sha256 == hashlib.sha256(b"#!/bin/sh\nrm -rf /tmp/x\n").hexdigest()
    assert f"{folder}/notes.txt:1: not taken over" in result.stderr


def test_scripts_that_cannot_be_read_or_started_are_named_and_the_others_taken(tmp_path: Path) -> None:
    folder, file = tmp_path / "recovery", tmp_path / "plan.yaml"
    folder.mkdir()
    for name, content in {
        "1-stop.sh": b"#!/bin/sh\nls\n",
        "1-stop.sh.bak": b"#!/bin/sh\nls\n",
        "2-crlf.sh": b"#!/bin/sh\r\nls\r\n",
        "3-caf\udce9.sh": b"#!/bin/sh\nls\n",
        "4-two\nlines.sh": b"#!/bin/sh\nls\n",
    }.items():
        (folder / name).write_bytes(content)
    (folder / "5-gone.sh").symlink_to("nowhere")
    os.mkfifo(folder / "6-pipe.sh")
    (folder / "1-stop.sh").chmod(0o777)
    result = cleo_plan("import", folder, "-o", file)
    assert result.exit_code == 0, result.output
    assert [step.id for step in read_plan(file).plan.steps()] == ["stop", "crlf"]
    for name, said in {
        "1-stop.sh": "look at this: everybody here may change it (mode 0777)",
        "1-stop.sh.bak": "not taken over: no script: by its name a copy",
        "2-crlf.sh": "look at this: it cannot be started (mode 0644)",
        "5-gone.sh": "not taken over: no script: ",
        "6-pipe.sh": "not taken over: no script: a pipe",
    }.items():
        assert f"{folder}/{name}:1: {said}" in result.stderr
    assert result.stderr.count("has what is not printed") == 2
    assert "lines end as Windows' do" in result.stderr


def test_a_document_comes_through_a_pipe_and_what_has_no_end_is_refused(tmp_path: Path) -> None:
    pipe, file = tmp_path / "pipe.md", tmp_path / "plan.yaml"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"# R\n\n1. Stop it\n",))
    writer.start()
    assert cleo_plan("import", pipe, "-o", file).exit_code == 0
    writer.join()
    assert [step.title for step in read_plan(file).plan.steps()] == ["Stop it"]
    assert "is larger than 64 MB" in str(cleo_plan("import", "/dev/zero").exception)


def test_a_step_needs_the_one_that_its_words_name(tmp_path: Path) -> None:
    plan, _ = imported(tmp_path, "# R\n\n1. Stop it\n2. Copy it\n3. Start it once steps 1 and 2 are through\n")
    stop, copy, start = plan.steps()
    assert (copy.needs, start.needs) == ([], [stop.id, copy.id])


def test_what_never_ends_and_what_has_blanks_is_left_to_people(tmp_path: Path) -> None:
    text = "# R\n\n```sh\ntail -f /var/log/db\nvelero restore create --from-backup daily-YYYYMMDD\n```\n"
    plan, _ = imported(tmp_path, text)
    assert [step.kind for step in plan.steps()] == ["manual", "manual"]


def test_a_document_without_steps_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "essay.md"
    source.write_text("# Essay\n\nNothing to do.\n", encoding="utf-8")
    result = cleo_plan("import", source)
    assert result.exit_code == 1
    assert "holds no step that could be read" in str(result.exception)


def test_notes_as_json(tmp_path: Path) -> None:
    _, result = imported(tmp_path, "# Runbook\n\n1. Stop it\n\n<b>bold</b>\n\n<p>html</p>\n", "--json")
    assert {note["kind"] for note in json.loads(result.stdout)} == {"unread", "filled in"}


def test_a_file_below_an_item_beside_a_command_is_in_the_steps_text(tmp_path: Path) -> None:
    item = "1. Restart it:\n   - Write into its file:\n     ```yaml\n     retries: 3\n     ```\n   - Then:\n"
    plan, _ = imported(tmp_path, f"# DB down\n## Recovery\n{item}     ```sh\n     systemctl restart db\n     ```\n")
    [step] = plan.steps()
    assert step.command == ["systemctl", "restart", "db"]
    assert "Write into its file: retries: 3" in step.text
