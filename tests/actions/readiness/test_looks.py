"""What a look that brings nothing leaves unknown has the name that it has else: an open point of it stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from actions.inventory import load_inventory
from actions.readiness.sweep import sweep
from cleo_console.plans import bundled
from journal.plan.read import read_plan


def test_what_brings_nothing_has_the_name_that_it_has_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actions.readiness.looks.look_at_backups", lambda ctx, every: 1 // 0)
    store = {"type": "files", "host": "here", "directory": "/x", "repository": "/y", "snapshot_host": "here"}
    far = {"via": "ssh", "host": "127.0.0.1", "port": 9, "known_hosts": "/etc/hosts"}
    data = {
        "name": "x",
        "allows": ["REAL"],
        "hosts": {"here": {"via": "local"}, "far": far},
        "systems": {"files": {**store, "password": {"file": "/z"}}},
    }
    (tmp_path / "inventory.yaml").write_text(json.dumps(data))
    step, before = "          - {id: gone, title: X, host: far, command: [/opt/far]}\n", "          - id: check-status"
    (tmp_path / "plan.yaml").write_text(bundled().read_text().replace(before, f"{step}{before}", 1))
    found = sweep(load_inventory(tmp_path / "inventory.yaml"), read_plan(tmp_path / "plan.yaml").plan, 20.0).findings
    unseen = {one.about: one for one in found if one.state == "not measured"}
    assert unseen.keys() >= {"backups of files", "/opt/far on far"}
    assert unseen["backups of files"].systems == ["files"]
    assert unseen["/opt/far on far"].steps == ["gone"]
