"""A file store that was lost, changed, encrypted or hit on its disk: found, restored, and proven to be as it was."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.backups.verify import verify as verify_backups
from actions.inventory import load_inventory
from actions.outcome import ActionFailed, Outcome
from actions.systems.files.engine import ENGINE
from actions.systems.files.probe import probe
from actions.systems.files.settings import FilesSettings
from actions.transport import open_transport
from journal.incident.restore_time import RestoreTime
from tests.actions.systems.files.stores import StoreLab, store_lab
from tests.waiting import until

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can keep a store's owner out of it"),
    pytest.mark.xdist_group("files"),
]


@pytest.fixture(scope="module")
def lab() -> Iterator[StoreLab]:
    with store_lab() as found:
        yield found


def _restore(lab: StoreLab, incident: str = "INC-1", point: str = "latest") -> Outcome:
    """Restore as a person does, and let writers in again."""
    lab.do("files.stop_writers", lab.context(incident))
    try:
        return lab.do("files.restore", lab.context(incident, point))
    finally:
        assert lab.do("files.verify", lab.context(incident)).ok
        lab.do("files.allow_writers", lab.context(incident))


def _wrong(outcome: Outcome) -> list[str]:
    return [str(finding) for finding in outcome.findings if finding.severity == "wrong"]


def test_a_lost_store_comes_back_as_it_was(lab: StoreLab) -> None:
    before, top = lab.digests(), lab.directory.stat()
    lab.lab.break_("files", "lose-data")
    with pytest.raises(ActionFailed, match="missing"):
        lab.do("files.verify")
    done = _restore(lab)
    assert done.ok
    assert lab.digests() == before
    after = lab.directory.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (top.st_mode, top.st_uid, top.st_gid)
    newest = max(path.lstat().st_mtime for path in lab.directory.rglob("*") if path.is_file())
    assert datetime.fromisoformat(done.facts["recovered_to"]) == datetime.fromtimestamp(newest, UTC)
    measured = RestoreTime.of(lab.context().do(verify_backups).facts)
    assert measured and (measured.label, measured.drill, measured.by) == (done.facts["backup"], False, "INC-1")
    assert measured.size == done.facts["bytes"]


def test_what_is_encrypted_is_found_and_the_old_tree_is_kept(lab: StoreLab) -> None:
    before = lab.digests()
    lab.lab.break_("files", "ransom")
    encrypted = lab.digests()
    found = lab.do("files.verify")
    assert not found.ok
    assert any("looks encrypted" in line for line in _wrong(found))
    assert [cure.action for cure in found.cures] == ["files.restore"]
    done = _restore(lab, "INC-2")
    assert lab.digests() == before
    kept = Path(done.facts["aside"])
    assert {str(path.relative_to(kept)) for path in kept.rglob("*")} == encrypted.keys()
    assert (kept / "models" / "state-001.bin").read_bytes() == encrypted["models/state-001.bin"][5]


def test_a_flipped_byte_and_deleted_files_are_wrong_and_what_was_written_since_is_said(lab: StoreLab) -> None:
    uploads = [lab.directory / "tmp" / f"upload-{number}" for number in range(30)]
    for upload in uploads:
        upload.write_text("half\n")
    ENGINE.take(lab.context(), "files", "snapshot", {})
    for upload in uploads:
        upload.unlink()
    (lab.directory / "uploads" / "letter-050.txt").write_text("rewritten\n")
    (lab.directory / "uploads" / "new.txt").write_text("new\n")
    sound = lab.do("files.verify")
    assert sound.ok, sound
    assert {str(finding).split(" (")[0] for finding in sound.findings} == {
        "1 file: were written since the snapshot",
        "30 files: were deleted by the application",
        "1 file: are new since the snapshot",
    }
    lab.lab.break_("files", "flip-byte")
    lab.lab.break_("files", "delete-some")
    wrong = _wrong(lab.do("files.verify"))
    assert any("state-003.bin" in line for line in wrong)
    assert any(line.startswith("7 files: are missing") for line in wrong)
    _restore(lab, "INC-3")


def test_a_snapshot_that_cannot_be_read_is_passed_over(lab: StoreLab) -> None:
    older = ENGINE.list(lab.context(), "files").sets[-1]
    lab.lab.break_("files", "damage-pack")
    newest = ENGINE.list(lab.context(), "files").sets[-1]
    assert newest.label != older.label
    checked = lab.context().do(verify_backups, full=True)
    assert newest.label in checked.facts["damaged"]
    assert older.label in checked.facts["sound"]
    assert checked.ok, "an older one is sound"
    before = lab.digests()
    lab.do("files.stop_writers")
    done = lab.do("files.restore", lab.context("INC-4", "latest"))
    assert done.facts["backup"] == older.label
    assert any(newest.label in str(finding) for finding in done.findings)
    assert not list(lab.directory.parent.glob("*.restoring-*")), "what cannot be used takes room"
    lab.do("files.allow_writers")
    assert lab.digests().keys() < before.keys()
    lab.place.ask_restic("forget", "--prune", newest.label)


def test_a_point_before_the_damage_leads_to_the_snapshot_before_it(lab: StoreLab) -> None:
    (lab.directory / "uploads" / "then.txt").write_text("then\n")
    ENGINE.take(lab.context(), "files", "full", {})
    point = datetime.now(UTC)
    (lab.directory / "uploads" / "then.txt").write_text("damaged since\n")
    ENGINE.take(lab.context(), "files", "full", {})
    _restore(lab, "INC-5", f"time:{point.isoformat()}")
    assert (lab.directory / "uploads" / "then.txt").read_text() == "then\n"
    with pytest.raises(ActionFailed, match="No snapshot"):
        lab.do("files.restore", lab.context("INC-5", "time:2001-01-01T00:00:00Z"))


def test_a_lock_of_a_dead_process_is_found_and_removed(lab: StoreLab) -> None:
    lab.lab.break_("files", "stale-lock")
    assert any("which is gone" in str(finding) for finding in ENGINE.list(lab.context(), "files").findings)
    assert ENGINE.verify(lab.context(), "files").sound, "no lock keeps anybody from reading"
    assert lab.do("files.unlock").ok
    assert not list((lab.place.repository / "locks").iterdir())


def test_a_snapshot_with_holes_is_no_backup(lab: StoreLab, tmp_path: Path) -> None:
    """restic ends with 3 where a file could not be read: root can read all of them, so a wrapper says it here."""
    holed = tmp_path / "restic"
    holed.write_text(f'#!/bin/sh\n{lab.place.restic} "$@" || exit $?\ncase " $* " in *" backup "*) exit 3;; esac\n')
    holed.chmod(0o755)
    text = lab.inventory.read_text()
    lab.inventory.write_text(text.replace(f"restic: {lab.place.restic}", f"restic: {holed}"))
    try:
        taken = ENGINE.take(lab.context(), "files", "full", {})
    finally:
        lab.inventory.write_text(text)
    assert taken.set
    assert "holes" in taken.set.unusable
    assert ENGINE.list(lab.context(), "files").sets[-1].unusable
    assert taken.set.label not in lab.do("files.restore", lab.context(point="latest", dry_run=True)).summary


def test_the_application_is_kept_out_and_who_is_in_already_is_named(lab: StoreLab) -> None:
    letter = lab.directory / "uploads" / "letter-010.txt"
    with letter.open("a"), pytest.raises(ActionFailed, match=f"pid {os.getpid()}"):
        lab.do("files.stop_writers")
    assert lab.do("files.stop_writers").ok
    refused = subprocess.run(["touch", letter], capture_output=True, check=False, **lab.place.owner.identity)
    assert b"Permission denied" in refused.stderr
    lab.do("files.allow_writers")
    subprocess.run(["touch", letter], check=True, **lab.place.owner.identity)


def test_what_would_be_lost_now_is_measured(lab: StoreLab) -> None:
    settings = load_inventory(lab.inventory).system("files", FilesSettings)
    host = open_transport(load_inventory(lab.inventory).host(settings.host))

    def exposure() -> float:
        health = probe("files", settings, host, deadline_s=15)
        assert health.status == "up", health
        return float(health.facts["exposure_s"])

    ENGINE.take(lab.context(), "files", "full", {})
    assert exposure() == 0
    lab.service.start_helpers()
    until(lambda: exposure() > 0)
    by = probe("files", settings, host, deadline_s=15).facts["exposure_by"]
    assert by.startswith("newest sound snapshot of "), by
    lab.end_helpers()
