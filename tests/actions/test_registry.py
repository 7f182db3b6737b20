"""The registry: what it finds, and what it does not load."""

from __future__ import annotations

import subprocess
import sys

from actions.registry import catalogue, registry

CLIENTS = "psycopg asyncssh pymongo redis boto3 kubernetes dns textual rich sqlite_utils"


def test_loading_it_loads_no_client_library() -> None:
    code = "import sys, actions.registry as r; dict(r.catalogue()); print(*{*sys.argv[1:]} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code, *CLIENTS.split()], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_every_probe_is_an_action_that_changes_nothing() -> None:
    for action in registry().values():
        if action.spec.probe:
            assert not registry()[action.spec.probe].spec.destructive
            assert registry()[action.spec.probe].spec.name != action.spec.name


def test_whatever_acts_on_postgres_says_on_which_one() -> None:
    assert [a.spec.name for a in registry().values() if a.spec.system == "postgres" and a.target is None] == []


def test_every_action_is_found_under_its_own_name() -> None:
    assert {name: action.spec.name for name, action in registry().items()} == {name: name for name in registry()}
    assert {name: spec.name for name, spec in catalogue().items()} == {name: name for name in catalogue()}


def test_a_planned_action_gives_way_to_a_real_one() -> None:
    assert all(spec.available for name, spec in catalogue().items() if name in registry())
