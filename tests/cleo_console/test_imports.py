"""What the console must not import before it is needed: every client library, and what only some commands use."""

from __future__ import annotations

import subprocess
import sys

import pytest

CLIENTS = {"psycopg", "pymongo", "redis", "kubernetes", "boto3", "botocore", "dns", "asyncssh", "sqlite_utils"}


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has after ``statement``."""
    code = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("statement", "never"),
    [
        ("import cleo_console.app", CLIENTS | {"yaml", "jinja2"}),
        ("import cleo_console.cli.main", CLIENTS | {"yaml", "jinja2", "textual", "rich", "msgspec"}),
        ("import journal.store.journal", CLIENTS | {"yaml", "jinja2", "textual", "rich", "click"}),
        ("import actions.registry, actions.runner", CLIENTS | {"textual", "rich", "click", "jinja2"}),
    ],
)
def test_nothing_is_imported_before_it_is_needed(statement: str, never: set[str]) -> None:
    assert not loaded_by(statement) & never


def test_a_runner_holds_every_action_before_the_first_is_asked_for() -> None:
    """What is loaded later comes from a disk that may be gone by then, or from a version put over ours."""
    code = """
import sys
from cleo_console.settings import paths
from cleo_console.world import inventory_at, real_world
world, before = real_world(inventory_at(""), paths()), {*sys.modules}
dict(world.registry), dict(world.catalogue)
print(*{*sys.modules} - before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
