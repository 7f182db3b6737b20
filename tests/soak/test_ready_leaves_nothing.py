"""``cleo ready`` touches nothing in any store and leaves nothing, also where it is killed in the middle."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cleo_console.test_cli import Cleo
from tests.labs import Lab, running_stores
from tests.waiting import until

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a program a /tmp of its own"),
    pytest.mark.xdist_group("ready-leaves-nothing"),
]

_CHURN = ("/pg/", "/data/", "/log/", "/run/", "/repo/archive/", "/srv/files/")
"""What servers and applications write by themselves all the time."""
_ADOPT = 36
"""PR_SET_CHILD_SUBREAPER: whoever is orphaned below us becomes our child, so that nothing is overlooked."""
_HOSTED = Path("/tmp")
"""Where programs on a host, which get none of our variables, make temporary files: a folder of the test's own is bound
to it for them, since everything on the machine does so there."""


@pytest.fixture(scope="module")
def stores() -> Iterator[Lab]:
    with running_stores("files") as lab:
        lab.psql("SELECT pg_switch_wal()")
        until(lambda: lab.psql("SELECT last_archived_time IS NOT NULL FROM pg_stat_archiver") == "t")
        ctypes.CDLL(None).prctl(_ADOPT, 1, 0, 0, 0)
        yield lab


@pytest.fixture
def cleo(stores: Lab, tmp_path: Path) -> Cleo:
    found = Cleo(tmp_path)
    (tmp_path / "temporary").mkdir()
    _hosted(found).mkdir()
    _hosted(found).chmod(0o1777)
    found.env |= {"CLEO_INVENTORY": str(stores.inventory_path), "TMPDIR": str(tmp_path / "temporary")}
    return found


def _hosted(cleo: Cleo) -> Path:
    """What programs on a host take for /tmp."""
    return Path(cleo.env["CLEO_HOME"]).parent / "hosted"


def _files(lab: Lab) -> dict[str, Any]:
    """Every file and folder, but for what changes by itself; the repositories with what they hold."""
    found: dict[str, Any] = {}
    for path in lab.directory.rglob("*"):
        if any(part in f"{path}/" for part in _CHURN):
            continue
        one = path.lstat()
        found[str(path)] = (one.st_mtime_ns, one.st_size, one.st_mode, one.st_uid)
    data = lab.postgres.data_directory
    found |= {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in data.glob("*.conf")}
    folders = (data.parent, data, lab.directory / "mongodb" / "data", lab.directory / "redis")
    return found | {f"{folder} has": sorted(one.name for one in folder.iterdir()) for folder in folders}


def _contents(lab: Lab) -> dict[str, Any]:
    """What the servers hold and go by, without what their applications write every second."""
    with lab.services["redis"].node.client() as redis:  # type: ignore[attr-defined]
        of_redis = (redis.config_get("*"), redis.execute_command("ACL", "LIST"), redis.dbsize())
    with lab.services["mongodb"].member.session() as mongo:  # type: ignore[attr-defined]
        names = {name: sorted(mongo[name].list_collection_names()) for name in ("admin", "cleoai", "config")}
        digests = mongo["cleoai"].command("dbHash")["collections"]
        users = mongo.admin.command("usersInfo", {"forAllDBs": True})["users"]
    digests.pop("heartbeat", None)
    return {
        "redis": of_redis,
        "mongodb": (names, digests, sorted(str(user) for user in users)),
        "roles": lab.psql("SELECT string_agg(r::text, ' ' ORDER BY rolname) FROM pg_roles r"),
        "settings": lab.psql("SELECT string_agg(name || setting, ' ' ORDER BY name) FROM pg_settings"),
        "relations": lab.psql("SELECT string_agg(oid || relname, ' ' ORDER BY oid) FROM pg_class"),
    }


def _traces(lab: Lab) -> dict[str, Any]:
    return {"files": _files(lab), **_contents(lab)}


def _sessions(lab: Lab) -> list[str]:
    """The sessions that a look opened at the servers, and did not close."""
    found = lab.psql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cleo'").split()
    with lab.services["redis"].node.client() as redis:  # type: ignore[attr-defined]
        found += [str(one["name"]) for one in redis.client_list() if one["name"] == "cleo"]
    with lab.services["mongodb"].member.session() as mongo:  # type: ignore[attr-defined]
        every = mongo.admin.aggregate([{"$currentOp": {"allUsers": True, "idleConnections": True}}])
        found += [one["appName"] for one in every if one.get("appName") == "cleo"]
    return [one for one in found if one != "0"]


def _ours() -> list[str]:
    """What still runs below us; what has ended is reaped."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return []
        if pid == 0:
            break
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [f"{pid} {Path('/proc', pid, 'cmdline').read_bytes()!r}" for pid in children if Path("/proc", pid).exists()]


def _begun(cleo: Cleo, within_s: float = 60.0) -> subprocess.Popen[bytes]:
    bound = 'mount --bind "$0" "$1" && shift && exec "$@"'
    apart = ["unshare", "--mount", "sh", "-c", bound, str(_hosted(cleo)), str(_HOSTED)]
    argv = [*apart, str(Path(sys.executable).parent / "cleo"), "ready", "--json", "--within", str(within_s)]
    none = subprocess.DEVNULL
    return subprocess.Popen(argv, env=cleo.env, stdin=none, stdout=none, stderr=none, start_new_session=True)


def _left(cleo: Cleo) -> list[str]:
    home = Path(cleo.env["CLEO_HOME"])
    found = [one.name for one in (home.iterdir() if home.is_dir() else ()) if one.name != "readiness.json"]
    return found + [one.name for folder in (Path(cleo.env["TMPDIR"]), _hosted(cleo)) for one in folder.iterdir()]


def _unlike(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What is not as it was, each with before and after."""
    flat = [{**one, **one["files"], "files": None} for one in (before, after)]
    names = {*flat[0], *flat[1]}
    return {name: (flat[0].get(name), flat[1].get(name)) for name in names if flat[0].get(name) != flat[1].get(name)}


def test_it_touches_nothing_in_any_store_and_leaves_nothing(stores: Lab, cleo: Cleo) -> None:
    before = _traces(stores)
    with _begun(cleo) as program:
        assert program.wait() in (1, 3)
    assert _ours() == []
    assert _unlike(before, _traces(stores)) == {}
    assert (_sessions(stores), _left(cleo)) == ([], [])


@pytest.mark.parametrize("within_s", [1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0])
def test_it_leaves_nothing_where_its_programs_are_ended_at_the_deadline(
    stores: Lab, cleo: Cleo, within_s: float
) -> None:
    before = _traces(stores)
    with _begun(cleo, within_s) as program:
        assert program.wait() in (1, 3)
    until(lambda: _ours() == [])
    assert _unlike(before, _traces(stores)) == {}
    until(lambda: _sessions(stores) == [])
    assert _left(cleo) == []


def test_it_leaves_nothing_of_a_program_that_hangs_over_its_temporary_folder(
    stores: Lab, cleo: Cleo, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = yaml.safe_load(stores.inventory_path.read_text())
    programs = stores.directory.parent / f"programs-{os.getpid()}"
    programs.mkdir()
    try:
        for program in Path(data["systems"]["postgres"]["bin_directory"]).iterdir():
            (programs / program.name).symlink_to(program)
        (programs / "pg_waldump").unlink()
        (programs / "pg_waldump").write_text("#!/bin/sh\nexec sleep 600\n")
        (programs / "pg_waldump").chmod(0o755)
        data["systems"]["postgres"]["bin_directory"] = str(programs)
        inventory = tmp_path_factory.mktemp("hangs") / "inventory.yaml"
        inventory.write_text(yaml.safe_dump(data))
        cleo.env["CLEO_INVENTORY"] = str(inventory)
        before = _traces(stores)
        with _begun(cleo, 8.0) as program_of_ours:
            assert program_of_ours.wait() in (1, 3)
        until(lambda: _ours() == [])
        assert _unlike(before, _traces(stores)) == {}
        assert _left(cleo) == []
    finally:
        shutil.rmtree(programs)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("after_s", [0.5, 1.0, 1.5, 2.0, 3.0])
def test_it_leaves_nothing_where_it_is_killed(stores: Lab, cleo: Cleo, how: signal.Signals, after_s: float) -> None:
    before = _traces(stores)
    with _begun(cleo) as program:
        time.sleep(after_s)  # what is looked at just then is not told: each moment is one of many
        program.send_signal(how)
        program.wait()
    until(lambda: _ours() == [])
    assert _unlike(before, _traces(stores)) == {}
    until(lambda: _sessions(stores) == [])
    assert _left(cleo) == []
