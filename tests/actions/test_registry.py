"""The registry: what it finds, and what it does not load."""

from __future__ import annotations

import subprocess
import sys

import pytest

from actions.registry import UnknownAction, by_script, catalogue, find, registry

CLIENTS = "psycopg asyncssh pymongo redis boto3 kubernetes dns textual rich sqlite_utils"


def test_loading_it_loads_no_client_library() -> None:
    code = "import sys, actions.registry as r; dict(r.catalogue()); print(*{*sys.argv[1:]} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code, *CLIENTS.split()], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize(
    "script",
    ["dr_restore_postgres.sh", "./scripts/dr_restore_postgres.sh", "/opt/dr/scripts/dr_restore_postgres.sh"],
)
def test_a_script_of_the_written_plan_is_found(script: str) -> None:
    assert find(script).name == "postgres.restore"


def test_a_script_that_several_types_have_is_the_plans_own_where_nothing_else_is_said() -> None:
    named = [spec.name for spec in by_script("/scripts/selective_restore.sh")]
    assert named == ["postgres.selective_restore", "mongodb.selective_restore"]
    assert find("selective_restore.sh").name == named[0]


def test_a_wrong_name_says_what_comes_near() -> None:
    with pytest.raises(UnknownAction) as unknown:
        find("postgres.restor")
    assert "postgres.restore" in unknown.value.hint


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


def test_finding_one_action_imports_no_other() -> None:
    code = "import sys, actions.registry as r; r.find('status.check'); print(*{*sys.argv[1:]} & {*sys.modules})"
    argv = [sys.executable, "-c", code, "actions.overview.status", "actions.systems.postgres.restore"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "actions.overview.status"


def test_a_planned_action_gives_way_to_a_real_one() -> None:
    assert all(spec.available for name, spec in catalogue().items() if name in registry())
