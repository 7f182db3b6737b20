"""When a table was dropped: the log tells, the server's own and the archived one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from actions.inventory import load_inventory
from actions.outcome import Outcome
from actions.overview.damage import damage_report
from journal.events.damage import DamageBegan
from journal.incident.last_good import HELD_BY
from tests.actions.contexts import FakeContext
from tests.labs import Lab, lab
from tests.waiting import until

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-when-dropped")


def report(lab: Lab) -> Outcome:
    return FakeContext(load_inventory(lab.inventory_path)).do(damage_report)


def began(found: Outcome) -> list[DamageBegan]:
    facts: dict[str, Any] = found.facts["postgres"]
    return DamageBegan.all_of(facts)


def test_the_damage_report_tells_the_commit_that_dropped_a_table_from_live_and_archived_log(lab: Lab) -> None:
    whole = report(lab)
    assert (began(whole), whole.facts["postgres"][HELD_BY]) == ([], ""), "nothing is missing"
    lab.postgres.app_psql("CREATE TABLE passing (n int); DROP TABLE passing")
    lab.psql("VACUUM FULL messages")  # another file, the same table
    fault = lab.break_("postgres", "drop-table")
    lab.postgres.app_psql("INSERT INTO heartbeat DEFAULT VALUES")

    found = report(lab)
    (drop,) = began(found)
    assert drop.at == datetime.fromisoformat(fault.details["committed_at"])
    assert drop.certain
    assert "cleoai, public.messages" in drop.text
    assert f"transaction {fault.details['xid']}" in drop.seen
    assert f"{drop.at:%H:%M:%S}" in found.summary
    (missing,) = [one for one in found.findings if "public.messages" in one.about + one.text]
    assert "just before" in missing.cure
    assert found.facts["postgres"][HELD_BY] == lab.facts["last_backup"]["label"]

    held = lab.psql(f"SELECT pg_walfile_name('{fault.details['lsn_before']}')")
    until(lambda: not _still_has(lab, held))
    assert began(report(lab)) == [drop], "only the archive has its log"


def _still_has(lab: Lab, segment: str) -> bool:
    """Have the server remove log that it needs no more, and is archived; return whether it kept the segment."""
    lab.psql("SELECT pg_switch_wal()")
    lab.psql("CHECKPOINT")
    return (lab.postgres.data_directory / "pg_wal" / segment).exists()
