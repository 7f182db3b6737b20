from __future__ import annotations

import subprocess
import sys

import pytest

from actions.registry import catalogue, places
from actions.scripts import UnknownAction, by_script, described, find, named_in, scripts


def test_the_scripts_read_in_the_source_are_those_of_the_actions() -> None:
    assert dict(scripts()) == {name: spec.script for name, spec in catalogue().items() if spec.script}


def test_what_is_read_in_the_source_of_an_action_is_what_it_takes() -> None:
    assert list(named_in("\n".join(scripts().values()))) == list(scripts())
    read, real = described(), catalogue()
    assert list(read) == list(real)
    for name, spec in read.items():
        assert spec.destructive == real[name].destructive, name
        assert [(p.name, p.type, p.required) for p in spec.params] == [
            (p.name, p.type, p.required) for p in real[name].params
        ], name


def test_a_text_names_actions_by_their_scripts() -> None:
    said = "run /opt/dr/dr_check_status.sh, then systemctl stop redis-server"
    assert list(named_in(said)) == ["status.check", "redis.stop"]


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


@pytest.mark.parametrize(
    ("asked", "imported"),
    [
        ("find('status.check')", {"actions.overview.status"}),
        ("find('dr_check_status.sh')", {"actions.overview.status"}),
        ("described()", {"actions.backups.hold"}),  # of another package's: whether it can be loaded is a part of it
    ],
)
def test_finding_one_action_imports_no_other(asked: str, imported: set[str]) -> None:
    code = f"import sys, actions.scripts as s; s.{asked}; print(*{{*sys.argv[1:]}} & {{*sys.modules}})"
    argv = [sys.executable, "-c", code, *{where.partition(":")[0] for where in places().values()}]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert {name for name in done.stdout.split() if not name.startswith("cleo_toy.")} == imported
