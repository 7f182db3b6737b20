"""``cleo plan diff`` and ``cleo plan pin``."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from actions.readiness.commands import look_at_command
from actions.readiness.plan import look_at_plan
from actions.readiness.reading import ReadingContext, ReadingWays
from cleo_console.cli.plan import plan as plan_group
from cleo_console.plans import bundled
from cleo_console.world import inventory_at
from journal.events import types as e
from journal.plan.read import read_plan
from journal.store.journal import Journal
from tests.journal.plan.plan_catalogue import SMALL_PLAN
from tests.journal.stories import ADA, SetClock, declaration, write_recovery


def cleo_plan(*words: str | Path) -> Result:
    return CliRunner().invoke(plan_group, [str(word) for word in words])


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recovery(tmp_path_factory.mktemp("incident") / "journal.db", read_plan(bundled()).data)


def test_what_an_incident_teaches_is_named_at_its_steps(journal: Path) -> None:
    result = cleo_plan("diff", bundled(), "--incident", journal)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert "check-status: took 4 min 2 s, the plan expects 30 s [expect: 5 min]" in lines
    assert "damage-report: skipped by ada@ops1: the directory is gone, nothing to report" in lines
    assert "postgres-restore: failed: repository unreachable" in lines
    assert any(line.startswith("postgres-restore: gate verified overridden by ada@ops1") for line in lines)


def test_what_was_run_beside_the_plan_is_named(tmp_path: Path) -> None:
    now = SetClock()
    with Journal.create(tmp_path / "j.db", declaration(read_plan(bundled()).data), actor=ADA, clock=now.clock()) as to:
        run = to.append(e.RunRequested(step="", action="backups.take", params={"kind": "full"}), actor=ADA)[0].seq
        to.append(e.ActionStarted(step="", run=run, action="backups.take", params={"kind": "full"}), actor=ADA)
        to.append(e.ActionFinished(step="", run=run, status="succeeded", summary="taken"), actor=ADA)
    said = cleo_plan("diff", bundled(), "--incident", tmp_path / "j.db").stdout
    assert "backups.take (kind: full) was run, which is no step of the plan: succeeded" in said


def test_the_patch_is_taken_and_keeps_what_is_there(
    journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path("our-plan.yaml")
    before = bundled().read_text(encoding="utf-8")
    file.write_text(before, encoding="utf-8")
    made = cleo_plan("diff", file, "--incident", journal, "--patch").stdout
    subprocess.run(["git", "apply", "-"], input=made, text=True, check=True)
    after = file.read_text(encoding="utf-8")
    assert cleo_plan("check", file).exit_code == 0
    assert [row for row in after.splitlines() if "# INC-" not in row] == [
        row if number != before.splitlines().index("            expect: 30 s") else "            expect: 5 min"
        for number, row in enumerate(before.splitlines())
    ]
    [change] = cleo_plan("diff", bundled(), file).stdout.splitlines()
    assert change == "~ 1.1.1 Check system status (check-status): expect: '30 s' → '5 min'"


def said_ready(plan: Path, script: Path) -> tuple[str, list[str]]:
    """What `cleo ready` says of a script, and for which steps."""
    found = look_at_plan(read_plan(plan), date(2026, 1, 1))
    [one] = [one for one in found if one.about == f"script {script}"]
    return one.state, list(one.steps)


def test_pinned_scripts_are_checked(tmp_path: Path) -> None:
    file, scripts = tmp_path / "plan.yaml", tmp_path / "scripts"
    scripts.mkdir()
    script = scripts / "dr_check_status.sh"
    script.write_bytes(b"#!/bin/sh\n")
    file.write_bytes(bundled().read_bytes())
    pinned = cleo_plan("pin", file, "--scripts", scripts)
    assert pinned.stderr == "1 step pinned anew.\n", pinned.output
    digest = hashlib.sha256(b"#!/bin/sh\n").hexdigest()
    assert read_plan(file).plan.by_id["check-status"].pinned == {"scripts/dr_check_status.sh": digest}
    assert cleo_plan("pin", file, "--scripts", scripts).stderr == "0 steps pinned anew.\n"
    assert "tested with" not in cleo_plan("check", file).stdout
    assert said_ready(file, script) == ("ok", ["check-status"])
    script.write_bytes(b"#!/bin/sh\nrm -rf /\n")
    result = cleo_plan("check", file)
    assert result.exit_code == 0
    assert f"{script} is not what the plan was tested with" in result.stdout
    assert said_ready(file, script) == ("wrong", ["check-status"])
    script.unlink()
    assert said_ready(file, script) == ("not measured", ["check-status"])


def test_a_pinned_script_that_cannot_be_looked_at_is_not_measured(tmp_path: Path) -> None:
    file, name = tmp_path / "plan.yaml", "a" * 300  # no file system has a file of that name
    step = f"          - {{id: purge, title: Purge, script: purge, pinned: {{{name}: {'0' * 64}}}}}\n"
    file.write_text(SMALL_PLAN + step, encoding="utf-8")
    assert said_ready(file, tmp_path / name) == ("not measured", ["purge"])


def test_the_program_of_a_command_is_pinned_where_readiness_looks(tmp_path: Path) -> None:
    file, program = tmp_path / "plan.yaml", tmp_path / "purge.sh"
    program.write_bytes(b"#!/bin/sh\n")
    step = f"          - {{id: purge, title: Purge, command: [{program}]}}\n"
    file.write_text(SMALL_PLAN + step, encoding="utf-8")
    assert cleo_plan("pin", file).exit_code == 0
    pinned = read_plan(file).plan.by_id["purge"]
    assert (pinned.sha256, pinned.pinned) == (hashlib.sha256(b"#!/bin/sh\n").hexdigest(), {})
    program.unlink()
    assert f"{program} cannot be read, so whether it drifted is not known" in cleo_plan("check", file).stdout


def test_what_runs_on_another_host_is_pinned_and_looked_at_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, script = tmp_path / "plan.yaml", tmp_path / "purge.sh"
    script.write_bytes(b"#!/bin/sh\n")
    (tmp_path / "inventory.yaml").write_text("name: t\nallows: [DRILL]\nhosts: {there: {via: local}}\n")
    monkeypatch.setenv("CLEO_INVENTORY", str(tmp_path / "inventory.yaml"))
    steps = f"          - {{id: purge, title: Purge, command: [sh, {script}], host: there}}\n"
    steps += f"          - {{id: far, title: Far, command: [sh, {script}], host: nowhere}}\n"
    file.write_text(SMALL_PLAN + steps, encoding="utf-8")
    pinned = cleo_plan("pin", file)
    assert f"Not pinned: {script} on nowhere" in pinned.stderr
    purge, far = (read_plan(file).plan.by_id[step] for step in ("purge", "far"))
    assert (purge.pinned, far.pinned) == ({str(script): hashlib.sha256(b"#!/bin/sh\n").hexdigest()}, {})
    script.write_bytes(b"other")
    inventory = inventory_at(tmp_path / "inventory.yaml")
    ctx = ReadingContext(inventory, "", ReadingWays(inventory, 20.0))
    found = {one.about: one.state for one in look_at_command(ctx, purge)}
    assert found[f"script {script} on there"] == "wrong"


def test_asking_for_too_little_or_too_much_is_said(tmp_path: Path) -> None:
    assert cleo_plan("diff", bundled()).exit_code == 2
    assert cleo_plan("diff", bundled(), bundled(), "--patch").exit_code == 2
