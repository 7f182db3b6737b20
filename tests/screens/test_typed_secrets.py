"""A secret of the inventory that is typed into the console is not in the journal, and keeps no key waiting."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cleo_console.app_services import ConsoleServices
from journal.events import types as e
from journal.paths import Paths
from journal.store.journal import Journal
from tests.screens.app_services import FakeServices
from tests.screens.driving import console, written

QUICK, SLOW = "from-a-file-5", "from-a-command-6"


@pytest.fixture
def real(services: FakeServices, tmp_path: Path) -> FakeServices:
    """The tests' services, whose journals are opened as the program opens them; one password comes slowly."""
    (tmp_path / "password").write_text(QUICK)
    (tmp_path / "password").chmod(0o600)
    common = {"type": "postgres", "host": "here", "data_directory": "/nowhere", "service": {"manager": "pg_ctl"}}
    slow = ["sh", "-c", f"until [ -e {tmp_path}/now ]; do sleep 0.05; done; printf {SLOW}"]
    sources = {"a": {"file": str(tmp_path / "password")}, "b": {"command": slow}}
    systems = {name: {**common, "backups": {}, "password": source} for name, source in sources.items()}
    path = tmp_path / "inventory.yaml"
    path.write_text(
        json.dumps({"name": "t", "allows": ["LAB"], "hosts": {"here": {"via": "local"}}, "systems": systems})
    )
    paths = Paths(incidents=services.paths.incidents, locks=services.paths.locks, inventory=path)
    services.open = ConsoleServices(paths, services.actor).open  # type: ignore[method-assign]
    return services


async def test_notes_and_reasons_go_without_secrets_once_they_are_known(
    real: FakeServices, journal: Journal, tmp_path: Path
) -> None:
    async with console(real) as seen:
        await seen.press("n")
        await seen.type(f"it is {QUICK} today")
        await seen.press("enter")
        await seen.until(lambda: written(journal, e.NoteAdded), "the note, though a password is still to come")
        (tmp_path / "now").touch()
        await seen.press("m", "enter")
        await seen.sees("Note what you did")
        await seen.type(f"tried {QUICK}")
        await seen.press("enter")
        await seen.until(lambda: written(journal, e.StepMarkedDone), "the step done")
    assert written(journal, e.NoteAdded)[0].text == "it is ••• today"
    assert written(journal, e.StepMarkedDone)[0].note == "tried •••"
