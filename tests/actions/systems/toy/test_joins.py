"""A system of a package that is installed beside Cleo does what PostgreSQL does, and no line of Cleo names it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from actions.registry import catalogue
from actions.system_types import built_in
from actions.tabletop import SimulatedWorld, playable, tabletop_world
from actions.tabletop.clock import TableClock
from cleo_console.app import CleoApp
from cleo_console.app_services import ConsoleServices
from cleo_console.settings import paths
from journal.events.types import Kind
from journal.exercise.script import Exercise
from journal.incident.records import RunState
from tests.actions.systems.toy.toy_lab import WORD, ToyLab, store, toy_lab
from tests.actions.worlds import Person, declared, places_in, running
from tests.cleo_console.test_cli import Cleo
from tests.labs import running_lab
from tests.schemas import fits
from tests.screens.driving import Console

ROOT = Path(__file__).parents[4]


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[ToyLab]:
    with toy_lab(tmp_path) as found:
        yield found


def test_no_line_of_the_house_names_it() -> None:
    rooms = ("actions", "journal", "screens", "cleo_console")
    done = subprocess.run(["git", "grep", "-niw", "-e", "toy", "--", *rooms], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == ""
    assert "toy" not in built_in()


def test_its_health_is_measured(toy: ToyLab) -> None:
    assert toy.cleo("health").stdout.split(maxsplit=2)[:2] == ["toy", "up"]
    toy.break_("kill")
    assert toy.cleo("health", status=1).stdout.split(maxsplit=2)[:2] == ["toy", "down"]


def test_a_secret_that_it_repeats_is_blotted(toy: ToyLab) -> None:
    (toy.service.folder / store.TOKEN).write_text("not-the-token-it-began-with")
    said = toy.cleo("health", status=1).stdout
    assert "wrong token •••" in said
    assert "not-the-token" not in said + toy.cleo("health", "--json", status=1).stdout


def test_a_type_that_stumbles_takes_nothing_else_down(toy: ToyLab) -> None:
    text = toy.inventory.read_text()
    toy.inventory.write_text(re.sub(r"python: .*", "python: /bin/echo", text))  # it answers, and not in JSON
    said = toy.cleo("health", status=1).stdout
    assert said.split(maxsplit=4)[:4] == ["toy", "not", "measured", "JSONDecodeError:"]
    with toy.work() as work, work.runner():
        report = work.do("damage.report")
        assert report.state is RunState.SUCCEEDED
        assert "could not be looked at: JSONDecodeError" in str(report.findings)


async def test_the_console_shows_it(toy: ToyLab, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLEO_HOME", "CLEO_INVENTORY"):
        monkeypatch.setenv(name, toy.cleo.env[name])
    with toy.work() as work, work.runner():
        services = ConsoleServices(paths(), "oncall@bastion")
        app = CleoApp(services, open_incident=work.place.folder.name)
        async with app.run_test(size=(120, 40)) as pilot:
            seen = Console(pilot, services)  # type: ignore[arg-type]
            await seen.sees("✓ 1 fine  toy")
            toy.break_("kill")
            await seen.sees("toy  DOWN")
            await seen.press("h")
            await seen.sees("cannot be reached")


def test_it_is_in_every_look_at_all_systems(toy: ToyLab) -> None:
    toy.break_("lose-data")
    with toy.work() as work, work.runner():
        report = work.do("damage.report")
        assert report.summary == "toy is down, data missing."
        assert [(found.about, found.text, found.system) for found in report.findings] == [
            ("data", "it is missing", "toy")
        ]
        assert "copy " in Path(report.facts["file"]).read_text()
        check = work.do("health.check", comprehensive=True)
        assert "toy: data: missing" in work.output(check.id)
        assert "toy is down" in work.do("status.check").summary


def test_what_it_lost_is_restored_through_gates_and_interlock(toy: ToyLab) -> None:
    toy.set("first", "written before the copy")
    copied = store.copy(toy.service.folder, toy.service.copies)
    toy.set("second", "written after it")
    with toy.work() as work, work.runner():
        for action in ("backups.hold", "toy.stop_writers"):
            assert work.do(action).state is RunState.SUCCEEDED
        refused = work.do("toy.restore", confirmed=WORD)
        assert refused.refusal
        assert (refused.refusal.gate, refused.refusal.yields) == ("down", "never")
        toy.break_("lose-data")
        said = toy.cleo("run", "toy.start", status=1).stderr
        assert "cannot be started" in said and said.count("Restore it") == 1, said
        assert "helps: cleo run toy.restore\n  costs: what was written since\n" in said
        assert "nothing was typed" in toy.cleo("run", "toy.restore", status=1).stderr
        assert f"the target is {WORD}" in toy.cleo("run", "toy.restore", "--confirm", "toy@x", status=1).stderr
        assert f"Copy {copied} is restored" in toy.cleo("run", "toy.restore", "--confirm", WORD).stdout
        for action in ("toy.start", "toy.verify", "toy.allow_writers"):
            assert work.do(action).state is RunState.SUCCEEDED
        toy.set("third", "written since")
        assert (toy.get("first"), toy.get("second")) == ("written before the copy", None)


def test_its_backups_are_in_the_one_catalogue(toy: ToyLab) -> None:
    with toy.work() as work, work.runner():
        toy.set("key", "value")
        taken = work.do("backups.take")
        assert taken.state is RunState.SUCCEEDED
        looked = work.do("backups.verify", full=True)
        assert looked.summary.startswith(f"2 backups, newest {taken.facts['backup']}")
        (toy.service.copies / f"{taken.facts['backup']}.json").write_text("{")
        assert "is damaged" in work.do("backups.verify").summary
        held = work.do("backups.hold")
        assert held.summary == "Backups are held: expiry is suspended."
        assert "Held for" in work.do("backups.held").summary
        assert "nothing was recovered or verified" in work.do("backups.take", gates=()).summary
        assert work.do("backups.release").state is RunState.SUCCEEDED


def test_misfits_of_its_settings_are_named_with_their_lines(toy: ToyLab) -> None:
    file = toy.cleo.home / "wrong.yaml"
    text = toy.inventory.read_text().replace(f"port: {toy.settings.port}", "port: 70000").replace("copies:", "copys:")
    file.write_text(text)
    said = toy.cleo("health", status=1, CLEO_INVENTORY=str(file)).stderr
    lines = {name: number for number, line in enumerate(text.splitlines(), 1) if (name := line.strip().split(":")[0])}
    assert f"{file}:{lines['port']}:" in said
    assert f"{file}:{lines['copys']}:" in said


def test_a_lab_runs_it_beside_postgres(tmp_path: Path) -> None:
    cleo = Cleo(tmp_path)
    with running_lab() as lab:
        assert "Creating a toy store" in cleo("lab", "up", "--dir", str(lab.directory), "--also", "toy").stdout
        inventory = {"CLEO_INVENTORY": str(lab.inventory_path)}
        measured = json.loads(cleo("health", "--json", status=None, **inventory).stdout)
        fits(measured, json.loads(cleo("schema", "health").stdout))
        assert {name: found["status"] for name, found in measured.items()} == {"postgres": "up", "toy": "up"}
        cleo("lab", "break", "toy", "--how", "kill", "--dir", str(lab.directory))
        shown = json.loads(cleo("lab", "status", "--json", "--dir", str(lab.directory), status=1).stdout)
        assert {name: found["whole"] for name, found in shown["services"].items()} == {"postgres": True, "toy": False}


def test_its_part_of_a_tabletop_plays(tmp_path: Path) -> None:
    paths, plan = places_in(tmp_path), yaml.safe_load(PLAN.replace("PARAM", "backup"))
    place = declared(paths, kind=Kind.TABLETOP, plan=plan)
    exercise = Exercise(title="The store is gone", scenario="loss", world={"facts": {"toy.server": "down"}})
    simulated = SimulatedWorld(exercise, TableClock(10_000, datetime.now(UTC)), plan["systems"])
    with running(place, tabletop_world(simulated, playable(catalogue()))):
        player = Person(place)
        player.until(lambda incident: "toy" in incident.health and incident.health["toy"].status == "down")
        for action in ("toy.start", "toy.stop", "toy.is_running"):
            run = player.desk.request_action(action, {}, confirmed="simulated-toy")
            player.over(run)
        assert player.over(run).summary == "toy is down."
        looked = player.over(player.desk.request_action("status.check", {}))
        assert looked.facts == {"toy": "down"}
        player.journal.close()


PLAN = """
title: A plan with a toy
version: "1"
objectives:
  rto: {critical: {title: Critical, rto: 1 h, validated_by: [check]}}
  rpo: {database: {title: Database, rpo: 15 min}}
systems: {toy: {title: Toy store, tier: critical, data: database}}
scenarios:
  loss: {title: Loss, impact: all, likelihood: low, severity: high, systems: [toy]}
strategies: {cold: {title: Cold}}
phases:
  - id: one
    title: One
    window: {start: 0 min, end: 15 min}
    sections:
      - title: Work
        steps:
          - id: bring-back
            title: Bring it back
            action: toy.restore
            system: toy
            destructive: true
            params: {PARAM: 20261128-151800-42}
          - {id: check, title: Check it, action: toy.verify, system: toy, needs: [bring-back]}
"""


def test_a_plan_may_name_its_actions_and_their_parameters(toy: ToyLab) -> None:
    plan = toy.cleo.home / "plan.yaml"
    plan.write_text(PLAN.replace("PARAM", "backup"))
    assert "0 errors" in toy.cleo("plan", "check", str(plan)).stderr
    plan.write_text(PLAN.replace("PARAM", "colour"))
    assert "colour" in toy.cleo("plan", "check", str(plan), status=1).stdout
