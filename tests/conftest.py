"""What holds for every test: where temporary files lie, and that nothing of them is left."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storage import use_fast_temporary_folder

_FOLDER = pytest.StashKey[Path | None]()


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
