"""What pgBackRest says, read: verification and progress."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from actions.context import Progress
from actions.outcome import ActionFailed
from actions.systems.postgres.pgbackrest.command import Backup, Repository
from actions.systems.postgres.pgbackrest.repository_check import parse_check
from actions.systems.postgres.pgbackrest.restore_progress import RestoreProgress
from actions.systems.postgres.pgbackrest.selection import select_backup
from actions.systems.postgres.wal import Fork, Path
from journal.incident.recovery_point import RecoveryPoint

VERIFIED = """\
P02   INFO: invalid checksum '20261123-000654F/pg_data/base/1/1255.gz'
P01   INFO: invalid result 15-1/00000001/000000010000000000000007-b548de2de707f571d4694af86ee393c1f1e7141f.gz: [29]
stanza: main
status: error
  archiveId: 15-1, total WAL checked: 10, total valid WAL: 9
    missing: 0, checksum invalid: 0, size invalid: 0, other: 1
  backup: 20261123-000508F_20261123-000550I, status: valid, total files checked: 967, total valid files: 967
    missing: 0, checksum invalid: 0, size invalid: 0, other: 0
  backup: 20261123-000654F, status: invalid, total files checked: 969, total valid files: 968
    missing: 0, checksum invalid: 1, size invalid: 0, other: 0
"""
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_verification_that_exits_0_is_read_to_its_words() -> None:
    found = parse_check(VERIFIED)
    assert not found.ok
    assert found.sound == ["20261123-000508F_20261123-000550I"]
    assert found.damaged == ["20261123-000654F"]
    assert found.files == ["20261123-000654F/pg_data/base/1/1255.gz"]
    assert found.segments == ["000000010000000000000007"]


def test_a_verification_without_a_status_is_none() -> None:
    with pytest.raises(ActionFailed, match="verified nothing"):
        parse_check("stanza: main\n")


def progress_at(seconds: float, percent: float, rto_left_s: float | None) -> Progress:
    seen: list[Progress] = []
    clock = iter([0.0, seconds])
    progress = RestoreProgress(1_000_000_000, rto_left_s, seen.append, lambda: next(clock))
    progress.line("out", "P00 INFO: restore command begin")
    progress.line("out", f"P01 DETAIL: restore file /data/base/1/1255 (1GB, {percent}%) checksum 00ff")
    (only,) = seen
    return only


def test_progress_has_rate_and_time_left() -> None:
    at = progress_at(10, 25.0, None)
    assert at.fraction == 0.25
    assert at.rate == pytest.approx(25e6)
    assert at.eta_s == pytest.approx(30)
    assert "RTO" not in at.text


@pytest.mark.parametrize(
    ("rto_left_s", "words"), [(41, ""), (39, "breaks the RTO (<1 min left)"), (5, "the RTO is broken already")]
)
def test_progress_says_when_the_rto_will_be_broken(rto_left_s: float, words: str) -> None:
    text = progress_at(10, 25.0, rto_left_s).text
    assert (words in text) if words else ("RTO" not in text)


def backup(minutes: int, timeline: int = 1, lsn: int = 0, error: bool = False) -> Backup:
    at = NOON + timedelta(minutes=minutes)
    segment = f"{timeline:08X}0000000000000002"
    return Backup(
        label=f"{at:%Y%m%d-%H%M%S}F",
        repository=1,
        type="full",
        error=error,
        started_at=at,
        stopped_at=at,
        start_lsn=lsn,
        stop_lsn=lsn,
        start_segment=segment,
        stop_segment=segment,
        size=1,
    )


def repository(*backups: Backup) -> Repository:
    return Repository(backups=list(backups), system_identifier="1", archives={1: "15-1"}, keys=[1])


def test_the_newest_backup_that_is_whole_and_ends_before_the_point_is_chosen() -> None:
    sound, damaged, in_error, late = backup(0), backup(1), backup(2, error=True), backup(10)
    point = RecoveryPoint(instant=NOON + timedelta(minutes=5))
    choice = select_backup(repository(sound, damaged, in_error, late), point, Path(1), damaged=[(1, damaged.label)])
    assert choice.backup == sound
    assert [why.split()[0] for why in choice.passed_over] == [late.label, in_error.label, damaged.label]


def test_a_backup_of_a_branch_that_was_left_leads_nowhere() -> None:
    before, after = backup(0, lsn=100), backup(1, lsn=300)
    path = Path(2, [Fork(1, 200)])
    assert select_backup(repository(before, after), RecoveryPoint(latest=True), path).backup == before
    with pytest.raises(ActionFailed, match="No backup leads to the latest"):
        select_backup(repository(after), RecoveryPoint(latest=True), path)
