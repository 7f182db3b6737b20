"""``cleo backup`` from a shell with an empty environment, on a toy store: no incident, no runner, no journal."""

from __future__ import annotations

import json
from pathlib import Path

from tests.actions.systems.toy.toy_lab import ToyLab, toy_lab


def test_backups_without_an_incident(tmp_path: Path) -> None:
    with toy_lab(tmp_path) as toy:
        toy.cleo.env = {"CLEO_HOME": toy.cleo.env["CLEO_HOME"], "CLEO_INVENTORY": str(toy.inventory)}
        _walk_through(toy)
        assert not (Path(toy.cleo.env["CLEO_HOME"]) / "incidents").exists()


def _walk_through(toy: ToyLab) -> None:
    cleo = toy.cleo
    before = json.loads(cleo("backup", "list", "--json").stdout)["backups"]
    toy.set("color", "green")  # a copy's label has the number of the last write
    done = cleo("backup", "run", BACKUP_TYPE="incremental")
    assert done.stderr == "" and done.stdout.count("\n") == 1, "one line"
    assert "backup incremental: ok. toy: " in done.stdout
    listed = json.loads(cleo("backup", "list", "--json").stdout)
    assert len(listed["backups"]) == len(before) + 1
    newest = listed["backups"][-1]
    assert (newest["system"], newest["type"], newest["verified"], newest["restored"]) == ("toy", "toy", None, None)
    assert newest["id"] in done.stdout

    assert "every file read" in cleo("backup", "verify", "--full").stdout
    verified = json.loads(cleo("backup", "list", "--json").stdout)["backups"][-1]["verified"]
    assert verified["ok"] and verified["by"] == "cleo-backup-verify"
    table = cleo("backup", "list").stdout.splitlines()
    assert table[0].split()[:3] == ["SYSTEM", "BACKUP", "KIND"]
    assert table[len(listed["backups"])].split()[-2:] == ["never", "primary"], "it was verified, and never restored"

    cleo("backup", "hold", CLEO_ACTOR="anna@bastion")
    held = cleo("backup", "run", "--type", "full", status=3).stdout
    assert "backup full: held. toy: held: backups are held for by-anna@bastion" in held
    assert "they were not held for you" in cleo("backup", "release", CLEO_ACTOR="bob@bastion").stdout
    metrics = (Path(cleo.env["CLEO_HOME"]) / "backups" / "metrics.prom").read_text()
    assert 'backup_held{system="toy",type="toy"} 1\n' in metrics
    assert 'backup_run_last_ok{system="toy",type="toy"} 0\n' in metrics
    assert "Your hold is released: expiry works again" in cleo("backup", "release", CLEO_ACTOR="anna@bastion").stdout
    Path(toy.settings.copies, f"{newest['id']}.json").write_text("{")
    wrong = cleo("backup", "verify", status=1).stdout
    assert f"copy {newest['id']} is damaged" in wrong
    assert "There are backups of toy" in cleo("backup", "run", "--type", "full", "--system", "toi", status=1).stderr
    assert cleo("backup", "run", status=2).stderr
