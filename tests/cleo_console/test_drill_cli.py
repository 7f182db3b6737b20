"""`cleo drill` as cron runs it: its report tells of what it was about alone, and it stops where a person must judge."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actions.systems.configuration.repositories import ConfigurationLab, configuration_lab
from tests.cleo_console.test_cli import Cleo

pytestmark = pytest.mark.xdist_group("configuration")


@pytest.fixture
def lab() -> Iterator[ConfigurationLab]:
    with configuration_lab() as found:
        yield found


def test_neither_systems_without_a_drill_nor_a_lost_one_are_deviations(lab: ConfigurationLab, tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.yaml"
    said = lab.lab.inventory_path.read_text().replace("lab: true", "lab: false").replace("- LAB", "- DRILL")
    inventory.write_text(said)
    shutil.rmtree(lab.place.directory)
    cleo = Cleo(tmp_path)
    cleo.env |= {"CLEO_INVENTORY": str(inventory)}
    done = cleo("drill", "restore")
    assert "configuration: succeeded" in done.stdout
    incident = next(word for word in done.stdout.split() if word.startswith("INC-"))
    report = json.loads(cleo("report", incident, "--format", "json").stdout)
    assert report["incident"]["kind"] == "DRILL"
    assert (report["incident"]["outcome"], report["deviations"]) == ("completed", [])
    test = json.loads(cleo("schedule", "--json", status=None).stdout)["tests"][0]
    assert (test["state"], test["held"][0]["incident"]) == ("passed", incident)
    inventory.write_text(said.replace("- DRILL", "- REAL"))
    refused = cleo("drill", "restore", status=None)
    assert "does not allow DRILL" in refused.stderr and "add DRILL to its allows:" in refused.stderr


PLAN = """\
title: Small plan
version: "1"
overview: One store, brought back.
objectives:
  rto: {full: {title: All of it, rto: 1 h, validated_by: [restored]}}
  rpo: {configuration: {title: Configuration, rpo: 1 h}}
systems: {configuration: {title: Configuration, tier: full, data: configuration}, dns: {title: DNS, tier: full}}
scenarios:
  lost: {title: Lost, impact: Some, likelihood: Low, severity: high, systems: [configuration], strategy: restore}
strategies: {restore: {title: Restore, text: From its backups.}}
phases:
  - id: recovery
    title: Recovery
    window: {start: 0 s, end: 1 h}
    sections:
      - title: All
        steps:
          - {id: told, title: Tell people, beside: true, items: [Told]}
          - id: point
            title: Choose
            decision: {name: recovery_point, question: Up to when?, kind: recovery-point, default: latest}
          - id: restore
            title: Restore
            action: configuration.restore
            system: configuration
            destructive: true
            needs: [point]
          - {id: restored, title: Verify, action: configuration.verify, system: configuration, needs: [restore]}
          - {id: names, title: Verify names, action: dns.verify, system: dns}
          - {id: tried, title: Try it, items: [It works], needs: [restored]}
tests:
  - {every: month, items: [Way back], held_by: {Way back: {actions: [configuration.restore], steps: [told]}}}
"""


def test_a_walk_stops_for_a_person_goes_on_to_the_end_and_counts(lab: ConfigurationLab, tmp_path: Path) -> None:
    cleo, answers, plan = Cleo(tmp_path), tmp_path / "answers.yaml", tmp_path / "plan.yaml"
    plan.write_text(PLAN)
    cleo.env |= {"CLEO_INVENTORY": str(lab.lab.inventory_path), "CLEO_PLAN": str(plan)}
    asked = cleo("drill", "answers", "way-back").stdout
    answers.write_text(asked.replace('  told: ""', "  told: support knows what to answer"))
    unanswered = cleo("drill", "run", "way-back", "--answers", str(answers), status=None)
    assert unanswered.returncode == 2, "an empty answer is refused, before anything is begun"
    assert "done.tried: must say something" in unanswered.stderr
    answers.write_text(answers.read_text().replace('  tried: ""', '#  tried: ""'))
    stopped = cleo("drill", "run", "way-back", "--answers", str(answers), status=3)
    assert "STOPPED at 1.1.6 Try it (tried): people do it" in stopped.stderr
    listed = cleo("drill", "list").stdout
    incident = next(word for word in stopped.stdout.split() if word.startswith("INC-"))
    assert f"unfinished: {incident}" in listed and "cleo drill clean-up way-back" in listed
    answers.write_text(answers.read_text().replace('#  tried: ""', "  tried: it was looked at"))
    held = cleo("drill", "run", "way-back", "--answers", str(answers))
    assert f"going on with {incident}" in held.stdout
    assert f"{incident} is closed (completed with deviations)" in held.stdout
    assert "It counts in part (a lab is none of the real systems) as Way back, by configuration.restore" in held.stdout
    test = json.loads(cleo("schedule", "--json").stdout)["tests"][0]
    assert (test["state"], test["held"][0]["incident"]) == ("in part", incident), "a lab counts in part"
    assert {trend["what"] for trend in test["trends"]} >= {"recovery"}
    assert "unfinished" not in cleo("drill", "list").stdout


def test_nothing_is_changed_unattended_where_real_incidents_are_declared(lab: ConfigurationLab, tmp_path: Path) -> None:
    inventory, answers = tmp_path / "inventory.yaml", tmp_path / "answers.yaml"
    said = lab.lab.inventory_path.read_text().replace("lab: true", "lab: false").replace("- LAB", "- DRILL\n- REAL")
    inventory.write_text(said)
    answers.write_text("inventory: lab\nscenario: database-failure\n")
    cleo = Cleo(tmp_path)
    cleo.env |= {"CLEO_INVENTORY": str(inventory)}
    done = cleo("drill", "run", "full-dr-simulation", "--answers", str(answers), status=None)
    assert done.returncode == 6
    assert "allows REAL incidents" in done.stderr
    assert "INC-" not in cleo("journal", "list").stdout
