"""Damage where it is not noticed by itself: a heap page, the newest backup, the log archive."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from actions.backups.take import take
from actions.backups.verify import verify as verify_backups
from actions.inventory import load_inventory
from actions.outcome import ActionFailed, GateClosed
from actions.overview.damage import damage_report
from actions.systems.postgres.apply_wal import apply_wal
from actions.systems.postgres.restore import restore
from actions.systems.postgres.settings import PostgresSettings
from actions.systems.postgres.start_stop import stop
from actions.systems.postgres.verify import verify
from actions.systems.postgres.writers import allow_writers
from tests.actions.contexts import FakeContext
from tests.labs import Lab, lab

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-damage")


@pytest.fixture
def ctx(lab: Lab) -> FakeContext:
    return FakeContext(load_inventory(lab.inventory_path), decisions={"recovery_point": "latest"})


def test_a_damaged_newest_backup_is_passed_over(lab: Lab, ctx: FakeContext) -> None:
    fault = lab.break_("postgres", "damage-newest-backup")
    assert ctx.do(verify_backups).ok, "the quick check reads no file"
    found = ctx.do(verify_backups, full=True)
    assert found.ok, "a sound one is left: that is a finding, no failure"
    assert [one.severity for one in found.findings] == ["wrong"]
    assert f"a restore may take: {fault.details['previous']}" in found.summary
    assert found.facts["damaged"] == [fault.details["label"]]

    assert ctx.do(stop).ok
    ctx.with_incident(facts={"verify-backups": found.facts})
    with pytest.raises(ActionFailed, match="is damaged in the repository") as refused:
        ctx.do(restore, backup=fault.details["label"])
    (cure,) = refused.value.cures
    assert cure.action == "postgres.restore", "without the parameter it takes the one before"
    restored = ctx.do(restore, **cure.params)
    assert restored.facts["backup"] == fault.details["previous"]
    assert fault.details["label"] in restored.summary
    assert "verify" not in ctx.programs, "what the full verification found is not looked for again"
    assert ctx.do(apply_wal).ok
    assert ctx.do(verify).ok
    assert ctx.do(allow_writers).ok


def test_a_missing_log_segment_is_named_and_is_a_decision(lab: Lab, ctx: FakeContext) -> None:
    label = lab.backup("full")
    fault = lab.break_("postgres", "lose-wal-segment")
    segment = fault.details["segment"]
    quick = ctx.do(verify_backups)
    assert quick.ok and quick.partial
    assert segment in quick.summary and segment in quick.facts["missing_segments"]

    lab.break_("postgres", "lose-data-directory")
    assert ctx.do(restore, backup=label).ok
    with pytest.raises(GateClosed, match=segment) as closed:
        ctx.do(apply_wal)
    assert (closed.value.gate, closed.value.yields) == ("wal-gap", "reason")
    assert " s (until 2" in closed.value.hint
    (cure,) = closed.value.cures
    assert cure.override == "wal-gap" and " s of commits, those after 2" in cure.cost
    assert not lab.pids["server"]

    ctx.overrides["wal-gap"] = "no other copy exists"
    applied = ctx.do(apply_wal)
    assert applied.facts["gap"] == segment
    assert segment in applied.summary
    newest = datetime.fromisoformat(applied.facts["recovered_to"])
    until = closed.value.hint.rpartition("until ")[2].removesuffix(" UTC).")
    assert abs((newest - datetime.fromisoformat(f"{until}+00:00")).total_seconds()) < 3


def test_a_flipped_byte_in_a_page_is_found(lab: Lab, ctx: FakeContext) -> None:
    fault = lab.break_("postgres", "flip-byte")
    verified = ctx.do(verify)
    assert not verified.ok
    assert any("public.messages" in line and str(fault.details["block"]) in line for line in verified.facts["corrupt"])

    older, earlier = verified.cures
    restored_from = verified.facts["manifest"]
    assert (older.action, older.params["backup"] < restored_from) == ("postgres.restore", True)
    assert (earlier.decision, earlier.cost) == ("recovery_point", "what was committed after that point")

    report = ctx.do(damage_report)
    assert [cure.action for cure in report.cures] == ["postgres.verify"]
    text = Path(report.facts["file"]).read_text()
    assert Path(report.facts["file"]).name.startswith("damage_")
    assert "corrupt: cleoai, public.messages" in text
    assert " corrupt" in report.summary


def test_damage_that_was_read_is_told_though_the_structures_cannot_be_checked(lab: Lab, ctx: FakeContext) -> None:
    settings = ctx.inventory.system("postgres", PostgresSettings)
    without = lab.directory / "programs"
    without.mkdir()
    for program in Path(settings.bin_directory).iterdir():
        if program.name != "pg_amcheck":
            (without / program.name).symlink_to(program)
    systems = {"postgres": msgspec.structs.replace(settings, bin_directory=str(without))}
    ctx.inventory = msgspec.structs.replace(ctx.inventory, systems=systems)
    report = ctx.do(damage_report)
    text = Path(report.facts["file"]).read_text()
    assert "corrupt: cleoai, public.messages" in text
    assert "structures not checked: " in text and "pg_amcheck" in text
    assert "wrong" in [finding.severity for finding in report.findings]


def test_damage_that_a_backup_comes_upon_is_known_from_then_on(lab: Lab, ctx: FakeContext) -> None:
    ctx.overrides["hold"] = "it is not held"
    taken = ctx.do(take)
    assert not taken.ok and "holds pages that were corrupt when it was taken" in taken.summary
    wrong = [finding for finding in taken.findings if finding.severity == "wrong"]
    assert {finding.system for finding in wrong} == {"postgres"}
    assert any("public.messages" in finding.text for finding in wrong)
    assert taken.facts["corrupt"] == [finding.text for finding in wrong]
