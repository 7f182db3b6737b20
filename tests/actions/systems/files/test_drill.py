"""The newest snapshot of a real store restored into a folder of its own, compared and measured; nothing is left."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from actions.backups.verify import verify as verify_backups
from actions.intrusion.scan import scan_backups
from actions.outcome import ActionFailed, GateClosed
from actions.systems.files.engine import ENGINE
from actions.systems.files.restic import restic
from actions.systems.files.room import snapshot_size
from actions.systems.files.store import Store
from journal.events.scanned import Scan
from journal.incident.restore_time import RestoreTime
from tests.actions.systems.files.stores import StoreLab, store_lab
from tests.cleo_console.test_cli import Cleo
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("files-drill")


@pytest.fixture(scope="module")
def lab() -> Iterator[StoreLab]:
    with store_lab() as found:
        yield found


def left(lab: StoreLab) -> list[str]:
    return [path.name for path in lab.directory.parent.iterdir() if "drill" in path.name]


def restored(lab: StoreLab) -> list[dict[str, Any]]:
    """What was written beside the snapshots, the oldest first."""
    files = lab.place.repository.glob("*.restored-*.json")
    found = [{"label": path.name.partition(".")[0], **json.loads(path.read_text())} for path in files]
    return sorted(found, key=lambda mark: mark["at"])


def endless(lab: StoreLab, tmp_path: Path) -> list[str]:
    """The command line of a drill whose restic comes to no end."""
    slow = tmp_path / "restic"
    slow.write_text("#!/bin/sh\nexec sleep 600\n")
    slow.chmod(0o755)
    store = Store(lab.context(), "files")
    words = [f"{lab.directory}.drill", "0" * 64, str(lab.directory), "0", "0", str(slow)]
    return store.program("scratch", *words, *restic(store.settings)[1:])


def newest(lab: StoreLab) -> str:
    return ENGINE.list(lab.context(), "files").sets[-1].label


def test_a_drill_from_the_shell_proves_measures_and_leaves_nothing(lab: StoreLab, tmp_path: Path) -> None:
    before, label = lab.digests(), newest(lab)
    late = datetime.now(UTC).timestamp() + 30
    (lab.directory / "uploads" / "after.txt").write_text("no snapshot has it\n")
    os.utime(lab.directory / "uploads" / "after.txt", (late, late))
    cleo = Cleo(tmp_path)
    done = cleo("drill", "restore", CLEO_INVENTORY=str(lab.inventory))
    words = rf"files: succeeded: Snapshot {label} was restored in (.+): sound, (\d+) files as in it"
    said = re.search(words, done.stdout)
    assert said, done.stdout
    assert int(said[2]) == sum(path.is_file() and not path.is_symlink() for path in lab.directory.rglob("*")) - 1
    (mark,) = restored(lab)
    assert (mark["label"], mark["ok"]) == (label, True)
    assert mark["seconds"] > 0
    assert 30 <= mark["facts"]["lost_s"] < 600
    (lab.directory / "uploads" / "after.txt").unlink()
    assert {name: state[:4] for name, state in lab.digests().items() if "/" in name} == {
        name: state[:4] for name, state in before.items() if "/" in name
    }
    assert left(lab) == []
    last = RestoreTime.of(lab.context().do(verify_backups).facts)
    assert last and (last.label, last.seconds, last.drill) == (label, mark["seconds"], True)
    restoring = lab.context("INC-1", "latest", dry_run=True)
    lab.do("files.restore", restoring)
    assert any(f"How long a restore takes: {last} (backup {label})." in line for line in restoring.lines)
    row = json.loads(cleo("backup", "list", "--json", CLEO_INVENTORY=str(lab.inventory)).stdout)["backups"][-1]
    assert row["restored"]["ok"]


def test_one_killed_half_way_is_removed_by_the_next_and_two_never_go_on_at_once(lab: StoreLab, tmp_path: Path) -> None:
    folder = Path(f"{lab.directory}.drill")
    with subprocess.Popen(endless(lab, tmp_path), start_new_session=True) as killed:
        try:
            until(lambda: (folder / "snapshot").is_dir())
            (folder / "snapshot" / "half").write_text("of a file")
            assert not lab.do("files.drill_left").ok
            with pytest.raises(ActionFailed, match="another drill is at work"):
                lab.do("files.drill")
        finally:
            os.killpg(killed.pid, signal.SIGKILL)
    assert left(lab) == ["files.drill"]
    assert lab.do("files.drill").ok
    assert left(lab) == []
    assert lab.do("files.drill_left").ok


def test_ended_with_term_it_removes_its_folder_and_no_other_ones(lab: StoreLab, tmp_path: Path) -> None:
    folder = Path(f"{lab.directory}.drill")
    folder.mkdir()
    (folder / "letter.txt").write_text("of somebody\n")
    marks = len(restored(lab))
    with pytest.raises(ActionFailed, match="no drill made it"):
        lab.do("files.drill")
    assert (folder / "letter.txt").read_text() == "of somebody\n"
    assert len(restored(lab)) == marks, "that says nothing of the snapshot"
    (folder / "letter.txt").unlink()
    with subprocess.Popen(endless(lab, tmp_path)) as ended:
        until(lambda: (folder / "snapshot").is_dir())
        ended.terminate()
        ended.wait()
    assert left(lab) == []


def test_without_half_as_much_room_again_it_is_not_begun(lab: StoreLab, monkeypatch: pytest.MonkeyPatch) -> None:
    store, look_at = Store(lab.context(), "files"), Store.look_at
    free = int(snapshot_size(store, store.snapshots()[-1])[0] * 1.3)
    monkeypatch.setattr(Store, "look_at", lambda store, path: look_at(store, path) | {"free": free})
    with pytest.raises(GateClosed, match="no room"):
        lab.do("files.drill", lab.context(dry_run=True))
    assert left(lab) == []


def test_what_an_intruder_left_in_the_newest_snapshot_is_named_by_what_it_can_do(lab: StoreLab) -> None:
    models = lab.directory / "models"
    models.mkdir(exist_ok=True)
    planted = models / "helper", models / "update.sh", models / "away", lab.directory / ".ssh"
    planted[0].write_bytes(b"x")
    planted[0].chmod(0o4755)
    planted[1].touch()
    planted[2].symlink_to("/etc")
    planted[3].mkdir()
    lab.place.take_snapshot()
    (models / "plain.bin").touch()
    try:
        done = lab.context(discovered_at=datetime.now(UTC)).do(scan_backups)
    finally:
        for path in planted:
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    scan = Scan.of(done.facts)
    assert done.ok and scan and scan.states[-1].backup == newest(lab)
    named = {"file models/helper", "file models/update.sh", "file models/away", "file .ssh"}
    assert set(scan.states[-1].strangers) == named == set(done.facts["strangers"])
    assert "setuid" in scan.states[-1].strangers["file models/helper"]


def test_a_damaged_snapshot_is_written_down_as_one_that_could_not_be_restored(lab: StoreLab) -> None:
    lab.lab.break_("files", "damage-pack")
    label = newest(lab)
    with pytest.raises(ActionFailed, match=f"{label} could not be restored") as failed:
        lab.do("files.drill")
    assert [cure.action for cure in failed.value.cures] == ["backups.verify"]
    mark = restored(lab)[-1]
    assert (mark["label"], mark["ok"]) == (label, False)
    assert left(lab) == []
