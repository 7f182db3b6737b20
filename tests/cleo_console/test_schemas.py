"""``cleo schema``: what each command prints with ``--json`` is as its schema says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cleo_console.cli.main import cli
from cleo_console.cli.schema import schema
from cleo_console.plans import bundled
from journal.plan.read import read_plan
from tests.journal.audit.year import write
from tests.journal.stories import write_recovery
from tests.schemas import fits

ID = "INC-2026-02-01-01-abcd"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one journal, a runbook, a plan with an error and a warning, and an exercise with an error."""
    home = tmp_path_factory.mktemp("written")
    write(home, ID, "2026-02-01T10:00")
    write_recovery(home / "recovery.db", read_plan(bundled()).data)
    (home / "runbook.md").write_text("# R\n\n1. Purge\n   ```sh\n   ./purge.sh\n   ```\n\n<b>x</b>\n", encoding="utf-8")
    plan = bundled().read_text(encoding="utf-8")
    (home / "wrong.yaml").write_text(plan.replace("action: status.check", "action: status.chek", 1), encoding="utf-8")
    (home / "other.yaml").write_text(plan.replace("            expect: 30 s\n", "", 1), encoding="utf-8")
    (home / "exercise.yaml").write_text("title: x\n", encoding="utf-8")
    return home


def schema_of(name: str) -> Any:
    return json.loads(CliRunner().invoke(schema, [name]).output)


@pytest.mark.parametrize(
    ("name", "words", "status"),
    [
        ("schedule", ["schedule", "--json"], 1),
        ("drill-list", ["drill", "list", "--json"], 0),
        ("plan-check", ["plan", "check", "wrong.yaml", "--json"], 1),
        ("plan-diff", ["plan", "diff", str(bundled()), "other.yaml", "--json"], 0),
        ("plan-lessons", ["plan", "diff", str(bundled()), "--incident", "recovery.db", "--json"], 0),
        ("plan-import", ["plan", "import", "runbook.md", "-o", "made.yaml", "--json"], 0),
        ("exercise-check", ["exercise", "check", "exercise.yaml", "--json"], 1),
    ],
)
def test_what_is_printed_is_as_its_schema_says(
    written: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: list[str], status: int
) -> None:
    monkeypatch.chdir(written)
    monkeypatch.setenv("CLEO_HOME", str(written))
    monkeypatch.setenv("CLEO_INVENTORY", "")
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == status, done.output
    printed = json.loads(done.stdout)
    assert printed, "an empty list is as every schema says"
    fits(printed, schema_of(name))


def test_the_evidence_in_a_pack_is_as_its_schema_says(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEO_HOME", str(written))
    asked = ["evidence", "--from", "2026-01-01", "--to", "2026-06-30", "-o", str(written / "pack")]
    assert CliRunner().invoke(cli, asked).exit_code == 0
    fits(json.loads((written / "pack" / "evidence.json").read_text(encoding="utf-8")), schema_of("evidence"))
