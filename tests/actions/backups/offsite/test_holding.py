"""The host of a system is silent: its standby holds its backups in the second place; once back, it obeys."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from actions.backups.hold import held, hold, release
from actions.backups.unattended.run import run_backup
from actions.inventory import Inventory, load_inventory
from tests.actions.contexts import FakeContext

SERVICE = {"manager": "command", "start": ["true"], "log": "/nowhere/log"}


def estate(folder: Path, type_: str, *, silent: bool) -> Inventory:
    """A store and its standby, of which only backups matter: no server is there."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        gone = {"via": "ssh", "host": "127.0.0.1", "port": free.getsockname()[1], "relink_s": 0.0}
    for name in ("own", "theirs", "away"):
        (folder / name).mkdir(exist_ok=True)

    def entry(host: str, repository: str, **more: Any) -> dict[str, Any]:
        backups = {"repository": str(folder / repository), "keep": 1}
        return {
            "type": type_,
            "host": host,
            "data_directory": "/nowhere",
            "service": SERVICE,
            "backups": backups,
            **more,
        }

    systems = {
        "store": entry("a" if silent else "b", "own"),
        "standby": entry("b", "theirs", site="dr", standby_of="store"),
    }
    offsite = {"place": str(folder / "away"), "site": "dr"}
    data = {
        "name": "x",
        "allows": ["LAB"],
        "lab": True,
        "hosts": {"a": gone, "b": {"via": "local"}},
        "systems": systems,
    }
    file = folder / "inventory.yaml"
    file.write_text(json.dumps({**data, "offsite": offsite}))
    return load_inventory(file)


@pytest.mark.parametrize("type_", ["mongodb", "redis"])
def test_a_silent_hosts_backups_are_held_where_their_copies_are(tmp_path: Path, type_: str) -> None:
    ctx = FakeContext(estate(tmp_path, type_, silent=True), system="store")
    done = ctx.do(hold)
    assert done.ok
    assert not done.partial
    assert done.summary.startswith(f"Backups are held in the second place ({tmp_path}/away) by the host of standby")
    assert (done.facts["held"], done.facts["held_by"]) == (True, "standby")
    assert "held in the second place, not there" in done.findings[0].text
    assert ctx.do(held).facts["holders"] == ["INC-1"]

    back = estate(tmp_path, type_, silent=False)
    for wanted in ("full", "offsite-sync"):
        ended = run_backup(back, "store", wanted, tmp_path / "unattended", locks=tmp_path)
        assert (ended.status, ended.words) == ("held", "backups are held in the second place for INC-1")

    assert "let into the second place again" in FakeContext(back, system="standby").do(release).summary
    assert run_backup(back, "store", "offsite-sync", tmp_path / "unattended", locks=tmp_path).status != "held"


def test_without_a_host_that_reaches_it_nothing_is_held(tmp_path: Path) -> None:
    inventory = estate(tmp_path, "redis", silent=True)
    (tmp_path / "away").rmdir()
    assert FakeContext(inventory, system="store").do(hold).facts == {"held": False, "in_force": False}
