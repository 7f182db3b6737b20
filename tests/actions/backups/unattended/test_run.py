"""Backups outside of an incident: one at a time, none while they are held, and what became of it is told truly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from msgspec.structs import replace

from actions.backups.catalogue import Listed, read_catalogue
from actions.backups.engine import BackupSet
from actions.backups.listing import too_old, what_is_wrong
from actions.backups.marks import Mark, Marked
from actions.backups.unattended import run as run_module
from actions.backups.unattended.context import UnattendedContext
from actions.backups.unattended.lock import holder_of, lock_findings, locked
from actions.backups.unattended.metrics import write_metrics
from actions.backups.unattended.patience import once_free
from actions.backups.unattended.run import Ended, run_backup, worst_status
from actions.context import ActionContext
from actions.outcome import ActionFailed
from actions.transport import LocalHost
from tests.actions.backups import crates as crate_module
from tests.actions.backups.crates import NOON, CrateEngine, crates
from tests.waiting import until


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> CrateEngine:
    fresh = CrateEngine()
    monkeypatch.setattr(crate_module, "ENGINE", fresh)
    return fresh


def test_what_became_of_it_is_told_truly(engine: CrateEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = run_backup(crates(), "left", "incremental", tmp_path, locks=tmp_path)
    assert (taken.status, taken.label, taken.size, taken.words) == ("ok", "crate-0", 7, "full"), "it has no other kind"
    assert "take a full backup" in (tmp_path / "last.log").read_text()
    none = run_backup(crates(), "left", "snapshot", tmp_path, locks=tmp_path)
    assert (none.status, none.words) == ("left out", "it has no snapshot backups")

    engine.hold_text = "Held for incident INC-7 (left).\n"
    held = run_backup(crates(), "left", "full", tmp_path, locks=tmp_path)
    assert (held.status, held.words) == ("held", "backups are held for INC-7")
    engine.hold_text = "whoever wrote this, it holds\n"
    assert run_backup(crates(), "left", "full", tmp_path, locks=tmp_path).status == "held"
    engine.hold_text = None
    assert len(engine.sets) == 1

    engine.new_set = "holds broken eggs"
    bad = run_backup(crates(), "left", "full", tmp_path, locks=tmp_path)
    assert (bad.status, bad.words) == ("failed", "backup crate-1 holds broken eggs: it is not restored from")

    def cannot(*_: object) -> None:
        raise ActionFailed("The shelf is gone.", "Its output says why (o): find it.")

    monkeypatch.setattr(engine, "take", cannot)
    gone = run_backup(crates(), "left", "full", tmp_path, locks=tmp_path)
    assert gone.words == f"The shelf is gone. {tmp_path}/last.log says why: find it."
    monkeypatch.setattr(engine, "take", lambda *_: {}["egg"])
    assert run_backup(crates(), "left", "full", tmp_path, locks=tmp_path).words.startswith(
        "KeyError: 'egg' (a fault of the program"
    )
    assert "Traceback" in (tmp_path / "last.log").read_text()
    monkeypatch.setattr(engine, "read_hold", cannot)
    assert run_backup(crates(), "left", "full", tmp_path, locks=tmp_path).status == "failed", (
        "nobody can tell whether they are held"
    )
    assert holder_of(tmp_path) is None


class _Expiring(CrateEngine):
    def expire(self, ctx: ActionContext, system: str) -> Sequence[str]:
        return ["crate-old"]


def test_nothing_expires_once_an_incident_began_to_restore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crate_module, "ENGINE", _Expiring())
    assert run_backup(crates(), "left", "full", tmp_path, locks=tmp_path).words == "full; 1 older one expired"
    seen = iter(["", "INC-1 works on it"])  # it began while the backup was being taken
    monkeypatch.setattr(run_module, "recovery_in_progress", lambda *_: next(seen))
    taken = run_backup(crates(), "left", "full", tmp_path, locks=tmp_path)
    assert (taken.status, taken.words) == ("ok", "full; nothing expired: INC-1 works on it")


def test_each_cause_has_an_exit_status_of_its_own() -> None:
    def status(*statuses: str) -> int:
        return worst_status([Ended(system="s", status=each) for each in statuses])  # type: ignore[arg-type]

    assert status("ok", "ok") == 0
    assert status("failed", "held", "running") == 1
    assert status("held", "running") == 3
    assert status("running") == 4
    assert status("ok", "held") == status("ok", "failed") == 5
    assert status("ok", "left out") == 0 and status("left out") == 1


_BACKUP = """
import sys
from pathlib import Path
from actions.backups.unattended.context import UnattendedContext
from actions.backups.unattended.lock import locked
from actions.inventory import Inventory
from actions.transport import LocalHost
from journal.events.types import Kind
inventory = Inventory(name="test", allows=[Kind.LAB], lab=True, hosts={"here": LocalHost()})
with locked(Path(sys.argv[1]), "backup run, full") as lock:
    lock.take()
    say = lambda text, stream: print(text, flush=True)
    ctx = UnattendedContext(inventory, "left", Path(sys.argv[1]), dry_run=False, say=say, on_start=lock.note)
    ctx.run("copy", "here", ["sh", "-c", "echo $$; exec sleep 600"])
"""


def test_never_two_at_once_even_where_the_first_was_killed(engine: CrateEngine, tmp_path: Path) -> None:
    here = replace(crates(), hosts={"here": LocalHost()})
    first = subprocess.Popen([sys.executable, "-c", _BACKUP, str(tmp_path)], stdout=subprocess.PIPE)
    assert first.stdout
    program = int(first.stdout.readline())
    try:
        second = run_backup(here, "left", "full", tmp_path, locks=tmp_path)
        assert second.status == "running" and f"backup run, full, process {first.pid}, since" in second.words
        assert lock_findings(tmp_path, datetime.now(UTC)) == []
        late = lock_findings(tmp_path, datetime.now(UTC) + timedelta(hours=7))
        assert "a run holds the lock for long" in late[0].text and "(7 h" in late[0].text
        first.kill()
        first.wait()
        held = holder_of(tmp_path)
        assert held and held[0].pid == first.pid and not held[1], "who died is told, and holds nothing"
        assert f"the last run died: backup run, full, process {first.pid}" in lock_findings(tmp_path, NOON)[0].text
        third = run_backup(here, "left", "full", tmp_path, locks=tmp_path)
        assert third.status == "running" and "sh still runs on here; what started it died" in third.words
        assert run_backup(here, "left", "full", tmp_path, locks=tmp_path).status == "running", (
            "the last look forgot nothing"
        )
        assert engine.sets == []
    finally:
        first.kill()
        first.communicate()
        os.kill(program, signal.SIGKILL)
    spools = tmp_path / "spool"
    assert any(spools.iterdir())
    until(
        lambda: run_backup(here, "left", "full", tmp_path, locks=tmp_path).status == "ok"
    )  # its end is being written down
    assert list(spools.iterdir()) == []


def test_who_waits_takes_it_once_the_other_one_has_ended(engine: CrateEngine, tmp_path: Path) -> None:
    other, tried = ExitStack(), list[str]()
    other.enter_context(locked(tmp_path, "backup run, incremental"))

    def attempt() -> Ended:
        ended = run_backup(crates(), "left", "full", tmp_path, locks=tmp_path)
        tried.append(ended.status)
        return ended

    def attempt_and_end_the_other() -> Ended:
        ended = attempt()
        other.close()
        return ended

    stopped = Event()
    stopped.set()
    assert once_free(attempt, 0, Event()).status == once_free(attempt, 60, stopped).status == "running"
    assert len(tried) == 2, "no time is left, or it was ended: there is no second attempt"
    assert once_free(attempt_and_end_the_other, 60, Event()).status == "ok"
    assert tried[2:] == ["running", "ok"]


def test_metrics_say_what_lies_there_and_forget_nothing(engine: CrateEngine, tmp_path: Path) -> None:
    path = tmp_path / "collector" / "cleo.prom"

    def values(listed: Sequence[Listed], **ended: Ended) -> dict[str, float]:
        write_metrics(path, listed, ended, NOON)
        lines = [line.split(" ") for line in path.read_text().splitlines() if not line.startswith("#")]
        return {name.removesuffix(f'{{system="{one.system}",type="crate"}}'): float(value) for name, value in lines}

    def listed() -> list[Listed]:
        return read_catalogue(crates(), ["left"], lambda system: UnattendedContext(crates(), system, tmp_path))

    (one,) = listed()
    first = values([one])
    assert first["backup_last_success_timestamp"] == 0, "so that the alert of the plan fires"
    assert "backup_last_verified_timestamp" not in first, "never is no time"
    engine.sets = [
        BackupSet(label="a", kind="full", started_at=NOON - timedelta(seconds=9), ended_at=NOON, size=70),
        BackupSet(label="b", kind="full", ended_at=NOON + timedelta(hours=1), unusable="is damaged"),
    ]
    engine.marked["a"] = Marked(verified=Mark(at=NOON, ok=True, by="x"), restored=Mark(at=NOON, ok=False, by="x"))
    (one,) = listed()
    found = values([one], left=Ended(system="left", status="failed"))
    assert found == {
        "backup_last_success_timestamp": NOON.timestamp(),
        "backup_last_size_bytes": 70,
        "backup_last_duration_seconds": 9,
        "backup_usable_sets": 1,
        "backup_last_verified_timestamp": NOON.timestamp(),
        "backup_held": 0,
        "backup_findings": 1,
        "backup_listed": 1,
        "backup_run_last_timestamp": NOON.timestamp(),
        "backup_run_last_ok": 0,
    }
    gone = values([Listed(system="left", type="crate", trouble="unreachable")])
    assert gone == {**found, "backup_listed": 0}
    engine.marked["a"] = Marked()
    (one,) = listed()
    assert "backup_last_verified_timestamp" not in values([one]), "what was verified is gone, and was known before"
    assert path.stat().st_mode & 0o444 == 0o444


def test_backups_that_shrink_or_come_from_the_future_are_found(engine: CrateEngine) -> None:
    now = datetime.now(UTC)

    def lines(*sizes: int, ahead: timedelta = timedelta()) -> list[str]:
        at = now + ahead
        engine.sets = [
            BackupSet(label=f"s{n}", kind="full", ended_at=at - timedelta(hours=9 - n), size=size)
            for n, size in enumerate(sizes)
        ]
        return [finding.text for finding in what_is_wrong(engine.list(None, "left"))]  # type: ignore[arg-type]

    assert lines(100, 110, 90, 60) == []
    assert lines(100, 110, 90, 40) == ["backup s3 has 40 bytes, and those of its kind before it had 100"]
    assert (
        too_old({"age_s": 4000}, 3600)[0].text
        == "there is no backup since 1 h 06 min, and there is to be one every 1 h"
    )
    assert too_old({"age_s": 3000}, 3600) == too_old({"age_s": 4000}, 0) == too_old({}, 3600) == []
    assert lines(0) == [] and lines(100, 0) == ["backup s1 has 0 bytes, and those of its kind before it had 100"]
    assert lines(5, ahead=timedelta(days=1))[0].startswith("backup s0 is dated after now")
