"""A lab's shell commands on paper: in 17 pages, each once for all systems, and a shell takes them as they stand."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from actions.by_hand import Typed
from actions.inventory import load_inventory
from cleo_console.cli.paper.commands import folded
from cleo_console.cli.paper.values import Values
from cleo_console.known_inventory import KnownInventory
from tests.cleo_console.test_paper import PLAN, assert_pages, flat, printed
from tests.labs import Lab, lab

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("paper-commands")


@pytest.fixture(params=[("postgres",), ("postgres", "orders")], ids=["one system", "two systems"])
def inventory(lab: Lab, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lab's inventory, with a second cluster of its kind where the test asks for one."""
    described = yaml.safe_load(lab.inventory_path.read_text())
    one = yaml.safe_dump(described["systems"]["postgres"])
    other = yaml.safe_load(one.replace("lab/postgres", "lab/their orders").replace("cleoai", "shop"))
    known = {"postgres": yaml.safe_load(one), "orders": {**other, "plays": "postgres", "port": 5433}}
    described["systems"] = {name: known[name] for name in request.param}
    file = tmp_path / "inventory.yaml"
    file.write_text(yaml.safe_dump(described))
    monkeypatch.setenv("CLEO_INVENTORY", str(file))
    return file


def test_a_labs_paper_has_eighteen_pages_at_most(inventory: Path) -> None:
    text = printed("--paper").stdout
    assert_pages(text, 18)
    assert max(len(line) for line in text.replace("\f", "").splitlines()) <= 80
    assert text.count("grep -qxF") == 1  # a restore bars the writers, too
    assert "(type command 1 of 3.1.1 again)" in flat(text)
    assert text.count("pg_amcheck") == 1


def test_a_shell_makes_of_them_what_the_inventory_says_of_each_system(inventory: Path) -> None:
    known = KnownInventory(load_inventory(inventory), PLAN)
    steps = {step.id: known.commands(step) for step in PLAN.steps()}
    values = Values()
    told = values.told(steps)
    printed_lines = ["\n".join(folded(line)) for line in values.lines()]
    lines = dict(zip(steps["postgres-restore"], printed_lines, strict=True))
    assert all(f"SYSTEM={name}" in line for name, line in lines.items())
    for step, commands in steps.items():
        for name, each in commands.items():
            meant = [shlex.split(command.text) for command in each if command.text]
            assert words(lines[name], told[step], values) == meant


def words(first: str, commands: list[Typed], values: Values) -> list[list[str]]:
    """Return the words that a shell makes of printed commands behind the line that sets their values."""
    shown = "\n".join(f"show {line}" for line in ("\n".join(folded(c.text, values.names)) for c in commands if c.text))
    script = f"show() {{ printf '%s\\0' \"$@\"; printf '\\1\\0'; }}\n{first}\n{shown if commands else ''}\n"
    said = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
    return [one.split("\0")[:-1] for one in said.split("\1\0")[:-1]]


def test_a_command_does_not_run_before_its_values_are_set(inventory: Path) -> None:
    known = KnownInventory(load_inventory(inventory), PLAN)
    values = Values()
    stop = values.told({step.id: known.commands(step) for step in PLAN.steps()})["postgres-stop"]
    script = "\n".join(folded(stop[0].text.replace("runuser", "echo"), values.names))
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True)
    assert done.returncode != 0
    assert "V" in done.stderr and not done.stdout


def test_a_variable_stands_for_whole_paths_alone() -> None:
    folder = "/srv/databases/of/the/orders"
    texts = [f"tool {folder}/a x{folder}/b {folder}-old", *[f"tool --at={folder}/{n} x{folder}/{n}" for n in range(20)]]
    values = Values()
    told = values.told({"step": {"orders": [Typed("", [], text) for text in texts]}})["step"]
    assert values.lines() == [f"SYSTEM=orders V1={folder}"]
    said = " ".join(line.removesuffix(" \\") for line in folded(told[0].text, values.names))
    assert said == f'tool "${{V1:?}}"/a x{folder}/b {folder}-old'
