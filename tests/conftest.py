"""What holds for every test: where temporary files lie, that nothing of them is left, who may open a journal."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from actions import secrets
from tests import opened
from tests.guard import sitecustomize
from tests.guard.left_open import open_journals, still_open
from tests.storage import use_fast_temporary_folder

_FOLDER = pytest.StashKey[Path | None]()

SERVERS = (
    "tests.labs",
    "tests.lab_template",
    "tests.actions.sshd",
    "tests.actions.systems.mongodb.mongo_lab",
    "tests.actions.systems.redis",
    "tests.e2e",
    "tests.test_benchmarks",
)
"""Who uses one of these talks to PostgreSQL, sshd or a terminal, or measures: `make check` leaves it out."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose the folder once; workers of pytest-xdist inherit it."""
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    config.stash[_FOLDER] = None if is_worker else use_fast_temporary_folder()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each of a thousand processes would compile the program again
    _guard_journals()


def pytest_collection_finish() -> None:
    """Keep the collector from looking through three thousand tests and all that they import, again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def _guard_journals() -> None:
    """Have this process and each Python that it starts refuse to open a live journal beside SQLite."""
    folder = Path(tempfile.mkdtemp(prefix="journal-guard-"))
    folder.chmod(0o1777)
    os.environ[sitecustomize.VARIABLE] = str(folder)
    guard = os.fspath(Path(__file__).with_name("guard"))
    others = [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each not in ("", guard)]
    os.environ["PYTHONPATH"] = os.pathsep.join([guard, *others])
    sitecustomize.install()


@pytest.fixture(autouse=True)
def no_journal_is_opened_beside_sqlite() -> Iterator[None]:
    """Fail the test during which that happened, in whatever process."""
    folder = Path(os.environ[sitecustomize.VARIABLE])
    yield
    noted = {path: path.read_text() for path in folder.iterdir()}
    for path in noted:
        path.unlink()
    assert not noted, "".join(noted.values())


@pytest.fixture(autouse=True, scope="module")
def secrets_stay_in_their_module() -> Iterator[None]:
    """Forget the secrets that a module's tests read: a password ``wrong`` would be blotted out of everybody's words."""
    known = secrets.read_before()
    yield
    secrets._read_before.intersection_update(known)


@pytest.fixture(autouse=True)
def no_journal_stays_open() -> Iterator[None]:
    """Fail the test that leaves a journal's file open: a session of two thousand tests ran out of descriptors."""
    before = open_journals()
    yield
    opened.close_all()
    left = still_open(before)
    assert not left, f"left open: {sorted(left)}"


@pytest.hookimpl(wrapper=True)
def pytest_unconfigure(config: pytest.Config) -> Iterator[None]:
    """Remove the folder, and the labs that this process kept to copy from."""
    yield
    if templates := sys.modules.get("tests.lab_template"):
        templates.remove_templates()
    if folder := config.stash.get(_FOLDER, None):
        shutil.rmtree(folder, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of a module that uses servers: `-m "not server"` runs the others. Begin with the early ones."""
    for item in items:
        module = getattr(item, "module", None)
        if module and _uses_servers(module):
            item.add_marker("server")
    items.sort(key=lambda item: item.get_closest_marker("early") is None)


def _uses_servers(module: ModuleType) -> bool:
    used = {getattr(each, "__module__", None) or getattr(each, "__name__", "") for each in vars(module).values()}
    return module.__name__.startswith(SERVERS) or any(str(name).startswith(SERVERS) for name in used)
