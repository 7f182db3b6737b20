"""What holds for every test: where temporary files lie, and that nothing of them is left."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.storage import use_fast_temporary_folder

_FOLDER = pytest.StashKey[Path | None]()

SERVERS = ("tests.labs", "tests.lab_template", "tests.actions.sshd", "tests.e2e", "benchmarks")
"""Who uses one of these talks to PostgreSQL, sshd or a terminal, or measures: `make check` leaves it out."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose the folder once; workers of pytest-xdist inherit it."""
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    config.stash[_FOLDER] = None if is_worker else use_fast_temporary_folder()


@pytest.hookimpl(wrapper=True)
def pytest_unconfigure(config: pytest.Config) -> Iterator[None]:
    """Remove the folder, and the labs that this process kept to copy from."""
    yield
    if templates := sys.modules.get("tests.lab_template"):
        templates.remove_templates()
    if folder := config.stash.get(_FOLDER, None):
        shutil.rmtree(folder, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of a module that uses servers: `-m "not server"` runs the others."""
    for item in items:
        module = getattr(item, "module", None)
        if module and _uses_servers(module):
            item.add_marker("server")


def _uses_servers(module: ModuleType) -> bool:
    used = {getattr(each, "__module__", None) or getattr(each, "__name__", "") for each in vars(module).values()}
    return module.__name__.startswith(SERVERS) or any(str(name).startswith(SERVERS) for name in used)
