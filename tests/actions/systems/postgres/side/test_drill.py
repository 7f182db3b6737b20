"""A drill restores the newest backup of a real server into an instance of its own, and writes down what it came to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from actions.backups.verify import verify
from actions.inventory import load_inventory
from actions.outcome import ActionFailed
from actions.systems.postgres.side.drill import drill
from actions.systems.postgres.side.pitr import pitr, pitr_discard
from journal.incident.restore_time import RestoreTime
from tests.actions.contexts import FakeContext, RunnerDied
from tests.cleo_console.test_cli import Cleo
from tests.labs import Lab, lab

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-drill")


TOY = {
    "type": "toy",
    "host": "db1",
    "folder": "/nowhere/store",
    "copies": "/nowhere/copies",
    "port": 1,
    "token": {"file": "/nowhere/token"},
}
"""A system that no drill can restore, and that answers nobody."""


def scratch(lab: Lab) -> list[Path]:
    return [path for path in lab.postgres.data_directory.parent.iterdir() if path != lab.postgres.data_directory]


def restored(lab: Lab) -> list[dict[str, Any]]:
    """What was written beside the backups."""
    files = sorted(lab.postgres.manifests.glob("*.restored-*.json"))
    return [{"label": path.name.partition(".")[0], **json.loads(path.read_text())} for path in files]


def test_a_drill_from_the_shell_proves_measures_and_leaves_nothing(lab: Lab, tmp_path: Path) -> None:
    server = lab.pids["server"]
    cleo = Cleo(tmp_path)
    inventory = yaml.safe_load(lab.inventory_path.read_text())
    inventory["systems"]["toy"] = TOY
    (tmp_path / "inventory.yaml").write_text(yaml.safe_dump(inventory))
    cleo.env["CLEO_INVENTORY"] = str(tmp_path / "inventory.yaml")
    done = cleo("drill", "restore")
    assert "toy: not drilled: Toy store has no restore drill." in done.stdout
    newest = lab.facts["last_backup"]["label"]
    assert f"postgres: succeeded: Backup {newest} was restored in" in done.stdout
    assert scratch(lab) == []
    assert lab.pids["server"] == server
    (mark,) = restored(lab)
    assert (mark["label"], mark["ok"]) == (newest, True)
    assert mark["seconds"] > 0
    assert mark["facts"]["lost_s"] >= 0
    last = RestoreTime.of(FakeContext(load_inventory(lab.inventory_path)).do(verify).facts)
    assert last and (last.label, last.seconds, last.drill) == (newest, mark["seconds"], True)
    assert last.size == last.now > 1_000_000
    row = json.loads(cleo("backup", "list", "--system", "postgres", "--json").stdout)["backups"][-1]
    assert row["restored"]["ok"]
    (incident,) = (Path(cleo.env["CLEO_HOME"]) / "incidents").iterdir()
    assert "1 of 1 backup restored" in cleo("report", incident.name).stdout
    assert "No drill can restore nowhere" in cleo("drill", "restore", "--system", "nowhere", status=2).stderr


def test_a_drill_of_a_backup_without_its_manifest_says_that_nothing_was_compared(lab: Lab) -> None:
    label = lab.facts["last_backup"]["label"]
    manifest = lab.postgres.manifests / f"{label}.json"
    aside = manifest.rename(manifest.with_suffix(".aside"))
    try:
        ctx = FakeContext(load_inventory(lab.inventory_path))
        done = ctx.do(drill)
    finally:
        aside.rename(manifest)
    why = f"compared with nothing, as backup {label} has no manifest"
    assert done.ok and f"sound, {why};" in done.summary
    assert any(f" read to the end; {why}." in line for line in ctx.lines), ctx.lines
    assert not any("as in the backup's manifest" in line for line in ctx.lines)


def test_what_a_drill_left_that_was_killed_the_next_one_removes(lab: Lab) -> None:
    inventory = load_inventory(lab.inventory_path)
    killed, real = FakeContext(inventory, id="INC-9"), FakeContext.run

    def run(name: str, *args: Any, **rest: Any) -> Any:
        done = real(killed, name, *args, **rest)
        if name.startswith("start-"):
            raise RunnerDied
        return done

    killed.run = run  # type: ignore[method-assign,assignment]
    with pytest.raises(RunnerDied):
        killed.do(drill)
    assert len(scratch(lab)) == 1
    aside = FakeContext(inventory)
    assert aside.do(pitr, lsn=lab.psql("SELECT pg_current_wal_lsn()")).ok, "what people look at has another place"
    assert FakeContext(inventory).do(drill).ok
    assert [path.suffix for path in scratch(lab)] == [".side"]
    assert aside.do(pitr_discard).ok


def test_a_backup_that_cannot_be_restored_is_written_down_as_that(lab: Lab) -> None:
    label = lab.backup("full")
    lab.break_("postgres", "damage-newest-backup")
    config = lab.postgres.backup_config  # else pgBackRest tries the damaged file again after 15 s
    config.write_text(config.read_text().replace("[global]\n", "[global]\njob-retry=0\n"))
    ctx = FakeContext(load_inventory(lab.inventory_path))
    with pytest.raises(ActionFailed, match=f"could not restore backup {label}"):
        ctx.do(drill)
    assert scratch(lab) == []
    marks = restored(lab)
    assert [mark["ok"] for mark in marks if mark["label"] == label] == [False]
