"""The pages that are made of docstrings: what actions need and leave behind, and the inventory's fields."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path

import pytest
from click.testing import CliRunner

from actions.action_help import missing_help
from actions.inventory import load_inventory
from actions.registry import registry
from actions.system_types import built_in
from cleo_console.cli.run import run

DOCS = Path(__file__).parents[2] / "docs"


def test_the_manual_has_a_page_for_each_command_as_the_code_says() -> None:
    made = run_path(str(DOCS / "make_man.py"))["pages"]()
    assert {path.name: path.read_text() for path in (DOCS / "man").iterdir()} == made, "docs/man is old: make reference"


@pytest.mark.parametrize("name", ["actions", "inventory"])
def test_the_pages_are_what_the_code_says(name: str) -> None:
    made = run_path(str(DOCS / f"make_{name}.py"))["page"]()
    assert (DOCS / f"{name}.md").read_text() == made, f"docs/{name}.md is old: run make reference"


def test_every_action_says_what_it_needs_and_leaves_behind() -> None:
    assert [lacks for action in registry().values() for lacks in missing_help(action)] == []


def test_the_example_is_an_inventory_and_has_every_type() -> None:
    example = load_inventory(DOCS / "inventory-example.yaml")
    assert {settings.type for settings in example.systems.values()} == set(built_in())
    assert example.offsite


def test_help_on_the_command_line_tells_the_same() -> None:
    shown = CliRunner().invoke(run, ["postgres.restore", "--help"]).output
    told = " ".join(shown.split())
    assert "Needs: the server down" in told
    assert "Killed half way: the data directory has no control file" in told
    assert "cleo run postgres.is_restored" in told
