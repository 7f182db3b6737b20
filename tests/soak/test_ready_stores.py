"""Each fault of an ordinary day in a store is found by ``cleo ready``, with a cure; and none where nothing is wrong."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pymongo
import pytest
import yaml

from cleo_console.lab.mongodb.cluster import Member
from cleo_console.lab.mongodb.preparation_faults import ADMINISTRATOR
from cleo_console.lab.redis.node import Node
from cleo_console.plans import bundled
from tests.cleo_console.test_cli import Cleo
from tests.labs import Lab, running_stores
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("ready-stores")


@pytest.fixture(scope="module")
def stores() -> Iterator[Lab]:
    with running_stores("files") as lab:
        yield lab


@pytest.fixture(scope="module")
def cleo(stores: Lab, tmp_path_factory: pytest.TempPathFactory) -> Cleo:
    stores.psql("SELECT pg_switch_wal()")
    until(lambda: stores.psql("SELECT last_archived_time IS NOT NULL FROM pg_stat_archiver") == "t")
    found = Cleo(tmp_path_factory.mktemp("ready"))
    found.env |= {"CLEO_INVENTORY": str(stores.inventory_path)}
    return found


def _look(cleo: Cleo, **env: str) -> list[dict[str, Any]]:
    done = cleo("ready", "--json", "--within", "60", status=None, **env)
    findings: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return findings


def _member(lab: Lab) -> Member:
    return lab.services["mongodb"].member  # type: ignore[attr-defined,no-any-return]


def _node(lab: Lab) -> Node:
    return lab.services["redis"].node  # type: ignore[attr-defined,no-any-return]


def _put_back(path: Path) -> None:
    aside = Path(f"{path}.taken-away")
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    aside.rename(path)


def _archive_again(lab: Lab) -> None:
    lab.psql("ALTER SYSTEM RESET archive_command")
    lab.psql("SELECT pg_reload_conf()")
    until(lambda: lab.psql("SELECT last_failed_time < last_archived_time FROM pg_stat_archiver") == "t")


def _let_in(lab: Lab) -> None:
    rules = lab.postgres.data_directory / "pg_hba.conf"
    rules.write_text(rules.read_text().partition("\n")[2])
    lab.psql("SELECT pg_reload_conf()")


def _grant_root(lab: Lab) -> None:
    member = _member(lab)
    password = member.password_file("cleo").read_text().strip()
    with pymongo.MongoClient[dict[str, Any]](
        "127.0.0.1", member.port, username=ADMINISTRATOR, password=password, directConnection=True
    ) as client:
        client.admin.command("grantRolesToUser", "cleo", roles=["root"])


def _every_command(lab: Lab) -> None:
    with _node(lab).client() as client:
        client.acl_setuser("cleo", enabled=True, categories=["+@all"])


def _append(lab: Lab) -> None:
    with _node(lab).client() as client:
        client.config_set("appendonly", "yes")


class Case(NamedTuple):
    """A fault of the lab, what finds it (``about``, words), and what undoes it beside putting back."""

    system: str
    fault: str
    about: str
    words: str
    undo: Callable[[Lab], object] | None = None


def _superuser(lab: Lab) -> None:
    lab.psql("ALTER ROLE cleo SUPERUSER VALID UNTIL 'infinity'")


def _start_pgbackrest(lab: Lab) -> None:
    lab.postgres.pgbackrest("start")


CASES = [
    Case("postgres", "revoke-right", "user cleo of postgres", "no superuser", _superuser),
    Case("postgres", "expire-password", "user cleo of postgres", "password authentication failed", _superuser),
    Case("postgres", "refuse-console", "user cleo of postgres", "pg_hba.conf rejects", _let_in),
    Case("postgres", "stop-archiving", "log archive of postgres", "archive_command failed last", _archive_again),
    Case("postgres", "stop-pgbackrest", "pgBackRest of postgres", "it was stopped", _start_pgbackrest),
    Case("postgres", "lose-repository", "backups of postgres", "missing stanza path"),
    Case("mongodb", "revoke-right", "user cleo of mongodb", "a recovery needs root", _grant_root),
    Case("mongodb", "lose-key-file", "key file of the set of mongodb", "is not there"),
    Case("mongodb", "lose-repository", "backups of mongodb", "cannot be read"),
    Case("redis", "revoke-right", "user cleo of redis", "may not give every command", _every_command),
    Case("redis", "append-only-off", "append-only files of redis", "on by the configuration", _append),
    Case("redis", "lose-users-file", "users (aclfile) of redis", "is not there"),
    Case("redis", "lose-repository", "backups of redis", "cannot be read"),
    Case("files", "other-password", "backups of files", "wrong password"),
    Case("files", "lose-keys", "backups of files", "no key found"),
    Case("files", "lose-index", "index of the repository of files", "it is gone"),
    Case("files", "lose-repository", "backups of files", "unable to open config"),
]


@contextmanager
def _broken(lab: Lab, case: Case) -> Iterator[None]:
    fault = lab.break_(case.system, case.fault)
    try:
        if case.fault == "stop-archiving":
            until(lambda: lab.psql("SELECT last_failed_time > last_archived_time FROM pg_stat_archiver") == "t")
        yield
    finally:
        if path := fault.details.get("path"):
            _put_back(Path(path))
        if case.undo:
            case.undo(lab)


def _found(findings: list[dict[str, Any]], case: Case) -> list[dict[str, Any]]:
    wrong = [one for one in findings if one["state"] == "wrong"]
    return [one for one in wrong if one["about"] == case.about and case.words in one["words"]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.system}-{case.fault}")
def test_a_fault_of_an_ordinary_day_is_found_with_its_cure(stores: Lab, cleo: Cleo, case: Case) -> None:
    with _broken(stores, case):
        seen = _look(cleo)
    (found, *_) = _found(seen, case)
    if case.fault in ("refuse-console", "revoke-right"):
        assert not any("password is wrong" in one["words"] for one in seen), "it is right, and is of no use"
    assert found["cure"]
    assert found["systems"] == [case.system]


_APPLICATION = {"name": "cleo_app", "password": {"file": "OTHER"}}
SAID = [
    ("redis", {"keep_in": "/nowhere/kept"}, "folder for old data of redis", "a restore does not make it"),
    ("mongodb", {"keep_in": "/proc"}, "folder for old data of mongodb", "cannot move it there"),
    ("mongodb", {"backups": {"python": "/nowhere/python"}}, "program /nowhere/python on db1", "it is not there"),
    ("mongodb", {"service": {"start": ["/nowhere/mongod"]}}, "program /nowhere/mongod on db1", "it is not there"),
    ("mongodb", {"config_file": "/nowhere/mongod.conf"}, "configuration of mongodb", "does not start again"),
    ("mongodb", {"password": {"file": "OTHER"}}, "user cleo of mongodb", "Authentication failed"),
    ("redis", {"password": {"file": "OTHER"}}, "user cleo of redis", "invalid username-password"),
    ("postgres", {"password": {"file": "OTHER"}}, "user cleo of postgres", "password authentication failed"),
    ("postgres", {"app_roles": ["ghost"]}, "the application's roles of postgres", "ghost is not there"),
    ("postgres", {"backups": {"stanza": "other"}}, "backups of postgres", "stanza other"),
    ("files", {"restic": "/bin/echo"}, "backups of files", "no list of snapshots"),
    ("files", {"password": {"file": "/nowhere/restic"}}, "password of files", "cannot be read"),
    (
        "redis",
        {"app_users": [{"name": "cleo_app", "password": {"file": "OTHER"}}]},
        "login of cleo_app at redis",
        "",
    ),
    ("mongodb", {"app_users": [{"user": "ghost"}]}, "the application's users of mongodb", "ghost is not there"),
]


@pytest.mark.parametrize(("system", "said", "about", "words"), SAID)
def test_what_the_inventory_says_wrong_of_a_store_is_found(
    stores: Lab, cleo: Cleo, tmp_path: Path, system: str, said: dict[str, Any], about: str, words: str
) -> None:
    data = yaml.safe_load(stores.inventory_path.read_text())
    for name, value in said.items():
        before = data["systems"][system].get(name)
        data["systems"][system][name] = {**before, **value} if isinstance(before, dict) else value
    other = tmp_path / "other"
    other.touch(0o600)
    other.write_text("not the password\n")
    (tmp_path / "inventory.yaml").write_text(yaml.safe_dump(data).replace("OTHER", str(other)))
    found = _look(cleo, CLEO_INVENTORY=str(tmp_path / "inventory.yaml"))
    (one, *_) = [each for each in found if each["state"] == "wrong" and each["about"] == about]
    assert words in one["words"]
    assert one["cure"]
    assert system in one["systems"]


OTHERS = {
    "postgres": ("bin_directory", "postgres", "postgres (PostgreSQL) 14.9"),
    "mongodb": ("bin_directory", "mongod", "db version v5.0.1"),
    "redis": ("bin_directory", "redis-server", "Redis server v=6.0.16 sha=0"),
}


@pytest.mark.parametrize("system", OTHERS)
def test_a_program_of_another_series_than_the_server_that_runs_is_found(
    stores: Lab, cleo: Cleo, tmp_path_factory: pytest.TempPathFactory, system: str
) -> None:
    (folder, name, printed), data = OTHERS[system], yaml.safe_load(stores.inventory_path.read_text())
    programs = Path(tempfile.mkdtemp(dir="/tmp"))
    programs.chmod(0o755)
    try:
        for program in Path(data["systems"][system][folder]).iterdir():
            if program.name != name and program.name.startswith(("pg_", "mongo", "redis", "psql")):
                (programs / program.name).symlink_to(program)
        (programs / name).write_text(f"#!/bin/sh\necho '{printed}'\n")
        (programs / name).chmod(0o755)
        data["systems"][system][folder] = str(programs)
        inventory = tmp_path_factory.mktemp(system) / "inventory.yaml"
        inventory.write_text(yaml.safe_dump(data))
        found = _look(cleo, CLEO_INVENTORY=str(inventory))
    finally:
        shutil.rmtree(programs)
    (one,) = [each for each in found if each["about"] == f"installed version of {system}"]
    assert (one["state"], "is not what wrote the data" in one["words"]) == ("wrong", True)


def test_backups_that_are_older_than_the_plan_has_them_taken_and_a_missed_rpo_are_found(
    stores: Lab, cleo: Cleo, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.yaml"
    text = bundled().read_text().replace("*/15 * * * *", "* * * * *").replace("rpo: 15 min, how", "rpo: 1 s, how")
    plan.write_text(text)
    until(lambda: _old(cleo, plan), deadline_s=200.0)
    found = {each["about"]: each for each in _look(cleo, CLEO_PLAN=str(plan)) if each["state"] == "wrong"}
    assert "promised: 1 s" in found["RPO of mongodb"]["words"]
    assert "cleo backup run" in found["RPO of mongodb"]["cure"]


def _old(cleo: Cleo, plan: Path) -> bool:
    found = [each for each in _look(cleo, CLEO_PLAN=str(plan)) if "the plan has one taken every" in each["words"]]
    return {each["about"] for each in found} == {f"backups of {name}" for name in ("postgres", "mongodb", "redis")}


def test_once_they_are_undone_none_of_them_is_found(stores: Lab, cleo: Cleo) -> None:
    seen = _look(cleo)
    assert [case for case in CASES if _found(seen, case)] == []
    about = {one["about"] for one in seen if one["state"] == "ok"}
    assert about >= {
        case.about for case in CASES if not case.about.startswith(("backups", "append", "index", "pgB", "key", "users"))
    }
