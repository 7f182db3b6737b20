"""``cleo ready`` on a real lab: what it says of each scenario, which faults it finds, and that it leaves nothing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from cleo_console.plans import bundled
from tests.actions.systems.postgres.mounts import mounted
from tests.certificates import Authority
from tests.cleo_console.test_cli import Cleo
from tests.labs import Lab, lab
from tests.schemas import fits
from tests.waiting import until

__all__ = ["lab"]

pytestmark = pytest.mark.xdist_group("ready")

_MOVES = ("/pg/", "/repo/archive/", "/log/", "/run/")
"""What a lab writes by itself all the time."""


@pytest.fixture(scope="module")
def cleo(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Cleo:
    lab.psql("SELECT pg_switch_wal()")
    until(
        lambda: lab.psql("SELECT last_archived_time IS NOT NULL FROM pg_stat_archiver") == "t"
    )  # since it was started
    found = Cleo(tmp_path_factory.mktemp("ready"))
    found.env |= {"CLEO_INVENTORY": str(lab.inventory_path), "TMPDIR": str(tmp_path_factory.mktemp("temporary"))}
    return found


def _ready(cleo: Cleo, *words: str, status: int = 3, **env: str) -> dict[str, Any]:
    done = cleo("ready", "--json", "--scenario", "database-failure", *words, status=status, **env)
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _wrong(result: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["about"]: one for one in result["findings"] if one["state"] == "wrong" and one.get("systems")}


def _traces(lab: Lab) -> dict[str, Any]:
    """Everything that a look could leave in the lab: files, settings, roles, rules, processes."""
    files: dict[str, object] = {
        str(path): (path.lstat().st_mtime_ns, path.lstat().st_mode, path.lstat().st_size)
        for path in lab.directory.rglob("*")
        if path.is_file() and not any(part in str(path) for part in _MOVES)
    }
    data = lab.postgres.data_directory
    files |= {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in data.glob("*.conf")}
    beside = sorted(one.name for folder in (data, data.parent) for one in folder.iterdir())
    roles = lab.psql(
        "SELECT string_agg(rolname || rolsuper || coalesce(rolvaliduntil::text, ''), ' ' ORDER BY 1) FROM pg_roles"
    )
    tables = lab.psql("SELECT count(*) FROM pg_class")
    return {"files": files, "beside": beside, "roles": roles, "tables": tables}


def test_it_says_what_is_known_and_leaves_nothing_behind(lab: Lab, cleo: Cleo) -> None:
    before = _traces(lab)
    result = _ready(cleo)
    assert _traces(lab) == before
    assert list(Path(cleo.env["TMPDIR"]).iterdir()) == []
    assert [one.name for one in Path(cleo.env["CLEO_HOME"]).iterdir()] == ["readiness.json"]
    kept = Path(cleo.env["CLEO_HOME"], "readiness.json")
    written = json.loads(kept.read_text())
    assert written["findings"] == result["findings"]
    assert len(written["verdicts"]) == 5, "what others read is of every scenario, whichever was asked about"
    assert kept.stat().st_mode & 0o777 == 0o600
    (verdict,) = result["verdicts"]
    schema = json.loads(cleo("schema", "ready").stdout)
    fits(result, schema)
    assert verdict.keys() == schema["$defs"]["Verdict"]["properties"].keys()
    assert verdict["comes_back"] == verdict["ready"] == "not known", "nobody plays MongoDB and Redis"
    assert [why for why in verdict["why"] if "PostgreSQL" in why] == []
    assert "the restore of PostgreSQL was never measured" in verdict["times"][0]["why"]
    assert [(one["system"], one["met"]) for one in verdict["losses"]] == [("postgres", "yes")]
    assert _wrong(result).keys() <= {"backups of postgres"}, "the lab's second place has no copies yet"
    steps = {one["about"]: one["steps"] for one in result["findings"] if one.get("steps")}
    assert "postgres-restore" in steps["user cleo of postgres"]
    assert "hold-backups" in steps["backups of postgres"]


@contextmanager
def _expired_certificate(lab: Lab, folder: Path) -> Iterator[None]:
    """The server shows a certificate that ended yesterday: who verifies nothing still comes in."""
    served, data = lab.postgres.data_directory / "expired.pem", lab.postgres.data_directory
    shutil.copy(Authority(folder).signed("expired", "127.0.0.1", lasts=-timedelta(days=1)), served)
    os.chown(served, data.stat().st_uid, data.stat().st_gid)
    for name, value in {"ssl_cert_file": served, "ssl_key_file": served, "ssl": "on"}.items():
        lab.psql(f"ALTER SYSTEM SET {name} = '{value}'")
    lab.psql("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        for name in ("ssl", "ssl_cert_file", "ssl_key_file"):
            lab.psql(f"ALTER SYSTEM RESET {name}")
        lab.psql("SELECT pg_reload_conf()")
        served.unlink()


def test_what_stops_a_restore_and_a_certificate_that_ended_are_found(lab: Lab, cleo: Cleo, tmp_path: Path) -> None:
    beside, rules = lab.postgres.data_directory.parent, lab.postgres.data_directory / "pg_hba.conf"
    owner, sound = beside.stat(), rules.read_text()
    (lab.directory / "evidence").mkdir(exist_ok=True)
    for fault in ("shut-folder", "misfit-rule", "stop-pgbackrest", "stop-archiving"):
        lab.break_("postgres", fault)
    until(lambda: lab.psql("SELECT last_failed_time > last_archived_time FROM pg_stat_archiver") == "t")
    try:
        with _expired_certificate(lab, tmp_path), mounted(lab.directory / "evidence", "8m"):
            result = _ready(cleo, status=1)
    finally:
        os.chown(beside, owner.st_uid, owner.st_gid)
        beside.chmod(owner.st_mode & 0o7777)
        rules.write_text(sound)
        lab.psql("ALTER SYSTEM RESET archive_command")
        lab.psql("SELECT pg_reload_conf()")
        lab.postgres.pgbackrest("start")
    found = _wrong(result)
    assert "archive_command failed last at" in found["log archive of postgres"]["words"]
    assert "it was stopped" in found["pgBackRest of postgres"]["words"]
    assert f"may make nothing in {beside}" in found[f"folder {beside} on db1"]["words"]
    assert "does not fit" in found["pg_hba.conf of postgres"]["words"]
    assert "only 8.4 MB are free" in found[f"folder {lab.directory / 'evidence'} on db1"]["words"]
    assert "over since" in found["certificate of postgres"]["words"]
    assert found["certificate of postgres"]["expires_at"] < result["at"]
    assert all(one["cure"] for one in found.values())


def test_a_right_that_was_taken_away_is_found(lab: Lab, cleo: Cleo) -> None:
    lab.break_("postgres", "revoke-right")
    try:
        result = _ready(cleo, status=1)
    finally:
        lab.psql("ALTER ROLE cleo SUPERUSER")
    assert "no superuser" in _wrong(result)["user cleo of postgres"]["words"]
    (verdict,) = result["verdicts"]
    assert (verdict["comes_back"], verdict["ready"]) == ("no", "no")
    assert any("user cleo of postgres" in why for why in verdict["why"])
    unseen = [one["about"] for one in result["findings"] if one["state"] == "not measured"]
    assert "pg_hba.conf of postgres" in unseen, "who may not look has seen nothing"


def test_a_password_that_ended_is_found(lab: Lab, cleo: Cleo) -> None:
    lab.break_("postgres", "expire-password")
    try:
        result = _ready(cleo, status=1)
    finally:
        lab.psql("ALTER ROLE cleo VALID UNTIL 'infinity'")
    assert "password" in _wrong(result)["user cleo of postgres"]["words"]
    (own,) = [one for one in result["findings"] if one["about"] == "system postgres"]
    assert "our login" in own["cure"], "cleo health fails by the same login, and says nothing more"


def test_scripts_that_are_gone_or_others_than_the_plan_was_tested_with_are_found(cleo: Cleo, tmp_path: Path) -> None:
    before, steps = "          - id: check-status", ""
    for name in ("sound", "stale", "gone"):
        script = tmp_path / name
        script.write_text("#!/bin/sh\nexit 0\n")
        script.chmod(0o755)
        digest = hashlib.sha256(script.read_bytes()).hexdigest()
        steps += f"          - {{id: {name}, title: X, host: db1, command: [{script}], sha256: {digest}}}\n"
    (tmp_path / "stale").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "gone").unlink()
    plan = tmp_path / "plan.yaml"
    plan.write_text(bundled().read_text().replace(before, f"{steps}{before}", 1))
    result = _ready(cleo, "--plan", str(plan), status=1)
    found = {one["steps"][0]: one for one in result["findings"] if one["about"].startswith(str(tmp_path))}
    assert {name: one["state"] for name, one in found.items()} == {"sound": "ok", "stale": "wrong", "gone": "wrong"}
    assert "another one" in found["stale"]["words"]
    assert "not there" in found["gone"]["words"]
    assert "it is not there to be run" in result["verdicts"][0]["why"][0], "its step cannot be done"


def test_a_host_that_never_answers_holds_up_no_other(lab: Lab, cleo: Cleo, tmp_path: Path) -> None:
    data = yaml.safe_load(lab.inventory_path.read_text())
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(16)
        port = silent.getsockname()[1]
        data["hosts"]["hole"] = {"via": "ssh", "host": "127.0.0.1", "port": port, "known_hosts": "/etc/hosts"}
        data["systems"]["gone"] = {**data["systems"]["postgres"], "host": "hole", "port": 1, "plays": "postgres"}
        inventory = tmp_path / "inventory.yaml"
        inventory.write_text(json.dumps(data))
        result = _ready(cleo, "--within", "10", CLEO_INVENTORY=str(inventory))
    states = {one["about"]: one["state"] for one in result["findings"]}
    assert states["host hole"] == states["backups of gone"] == "not measured"
    assert states["host db1"] == states["user cleo of postgres"] == states["backups of postgres"] == "ok"
    assert result["verdicts"][0]["comes_back"] == "not known"
