"""Files that a server starts from: what is gone is told from what our account may not see."""

from __future__ import annotations

import json
from pathlib import Path

from actions.inventory import load_inventory
from actions.machine.machine import Machine
from actions.readiness.reading import ReadingContext, ReadingWays
from actions.readiness.server_files import look_at_files


def test_a_file_in_a_folder_that_may_not_be_entered_is_not_said_to_be_gone(tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir(0o700)
    (tmp_path / "shut" / "there").write_text("x")
    data = {"name": "x", "allows": ["REAL"], "hosts": {"here": {"via": "local"}}, "systems": {}}
    (tmp_path / "inventory.yaml").write_text(json.dumps(data))
    inventory = load_inventory(tmp_path / "inventory.yaml")
    machine = Machine(ReadingContext(inventory, "redis", ReadingWays(inventory, 30.0)), "here", "nobody")
    named = {
        str(tmp_path / "shut" / "there"): "configuration",
        str(tmp_path / "shut" / "no" / "where"): "key",
        "/nowhere/users": "users",
        "/etc/passwd/users": "CA",
    }
    found = {one.about: one for one in look_at_files(machine, named, "redis")}
    states = {about: one.state for about, one in found.items()}
    assert states == {
        "configuration of redis": "not measured",
        "key of redis": "not measured",
        "users of redis": "wrong",
        "CA of redis": "wrong",
    }
    assert "nobody may not enter" in found["configuration of redis"].words
    assert "is not there" in found["users of redis"].words
    assert all(one.cure for one in found.values())
