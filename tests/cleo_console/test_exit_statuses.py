"""``docs/exit-statuses.md`` is true: it has what every command's help says, and commands end like that."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cleo_console.cli.main import cli
from cleo_console.plans import bundled
from tests.journal.audit.year import write

PAGE = Path(__file__).parents[2] / "docs" / "exit-statuses.md"
ID = "INC-2026-02-01-01-abcd"
SIGNER = "ada@example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIO9hVTPZ5PqOlZhGvB1zwXvlSN2oQMyG1bYZzWlyc7M\n"
INVENTORY = "name: nowhere\nallows: [DRILL]\nsystems: {}\n"


def commands(group: click.Group, path: str) -> Iterator[tuple[str, str]]:
    """Yield each command with its help."""
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command
        if isinstance(command, click.Group) and name != "run":
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command.help or ""


def test_the_page_has_each_status_that_a_commands_help_names() -> None:
    rows = {row.split("`")[1]: row for row in PAGE.read_text(encoding="utf-8").splitlines() if row.startswith("| `")}
    for name, text in commands(cli, "cleo"):
        said = " ".join(text.split()).partition("xit status")[2]
        named = re.findall(r"\b([3-9]) [a-z]", said) + re.findall(r"it is ([3-9])", " ".join(text.split()))
        if said:
            assert name in rows, name
        assert [number for number in named if f" {number} " not in rows[name]] == [], name


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("written")
    folder = write(home, ID, "2026-02-01T10:00").parent
    shutil.copytree(folder, home / "spoilt")
    with sqlite3.connect(home / "spoilt" / "journal.db") as spoilt:
        for (name,) in spoilt.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            spoilt.execute(f"DROP TRIGGER {name}")
        spoilt.execute("UPDATE events SET actor = 'mallory' WHERE seq = 1")
    (home / "inventory.yaml").write_text(INVENTORY, encoding="utf-8")
    (home / "signers").write_text(SIGNER, encoding="utf-8")
    plan = bundled().read_text(encoding="utf-8")
    (home / "wrong.yaml").write_text(plan.replace("status.check", "status.chek", 1), encoding="utf-8")
    (home / "exercise.yaml").write_text("title: x\n", encoding="utf-8")
    (home / "essay.md").write_text("# Essay\n", encoding="utf-8")
    return home


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("--version", 0),
        ("status INC-1", 1),
        ("dance", 2),
        ("status --colour", 2),
        ("plan check", 0),
        ("plan check wrong.yaml", 1),
        ("plan check none.yaml", 2),
        ("plan import essay.md", 1),
        ("exercise check exercise.yaml", 1),
        ("health", 1),
        ("ready", 1),
        ("schedule", 1),
        ("drill run no-such", 2),
        ("drill restore", 1),
        ("backup list", 1),
        (f"journal verify {ID}", 0),
        ("journal verify spoilt/journal.db", 1),
        (f"journal verify {ID} --signers signers", 3),
        ("report spoilt/journal.db", 1),
    ],
)
def test_commands_end_as_the_page_says(written: Path, monkeypatch: pytest.MonkeyPatch, words: str, status: int) -> None:
    monkeypatch.chdir(written)
    monkeypatch.setenv("CLEO_HOME", str(written))
    monkeypatch.setenv("CLEO_INVENTORY", str(written / "inventory.yaml"))
    done = CliRunner().invoke(cli, words.split())
    assert done.exit_code == status, done.output
