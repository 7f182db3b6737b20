"""The one recovery point: how it is written, what it means for a system, how it reads, whether it can be reached."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from actions.systems.postgres import SYSTEM
from journal.events import types as e
from journal.events.measured import Measured
from journal.events.run import KnownSystem
from journal.incident.decisions import AnswerRefused, check_answer
from journal.incident.reach import reach
from journal.incident.recovery_point import (
    NotARecoveryPoint,
    Position,
    PositionForm,
    RecoveryPoint,
    parse,
    read,
    wording,
)
from tests.journal.stories import BEGAN, Story, plan, step

POSITIONS = {form.name: form for form in SYSTEM.positions}
OPLOG = {
    "oplog": PositionForm(name="oplog", title="", help="", pattern=r"(\d+)/(\d+)", example="1790000000/1", base=10)
}
ONE = {"postgres": POSITIONS, "mongodb": OPLOG}
TWO = {"orders": POSITIONS, "billing": POSITIONS, "mongodb": OPLOG}
LABEL = "20261122-020003F"
AT = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)
LSN, BACKUP, ENTRY = Position("lsn", "0/3000148"), Position("backup", LABEL), Position("oplog", "1790000000/1")

HALF_PAST, UTC_WORDS = "time:2026-11-22T14:30:00+00:00", "just before 2026-11-22 14:30:00 UTC"
OF_POSTGRES, OF_BILLING = RecoveryPoint(positions={"postgres": LSN}), RecoveryPoint(positions={"billing": LSN})
THE_BACKUP = RecoveryPoint(positions={"postgres": BACKUP})
PRECISE = RecoveryPoint(instant=AT.replace(microsecond=500000))

WRITTEN = [
    ("latest", ONE, RecoveryPoint(latest=True), "latest", "the latest that can be recovered"),
    ("2026-11-22T14:30:00Z", ONE, RecoveryPoint(instant=AT), HALF_PAST, UTC_WORDS),
    ("time:2026-11-22 15:30:00+01:00", ONE, RecoveryPoint(instant=AT), HALF_PAST, UTC_WORDS),
    ("time:2026-11-22T14:30:00.5Z", {}, PRECISE, f"{HALF_PAST[:24]}.500000+00:00", f"{UTC_WORDS[:-4]}.500000 UTC"),
    ("lsn:0/3000148", ONE, OF_POSTGRES, "postgres lsn:0/3000148", "lsn 0/3000148 of postgres"),
    ("the-database lsn:0/3000148", ONE, OF_POSTGRES, "postgres lsn:0/3000148", "lsn 0/3000148 of postgres"),
    ("billing lsn:0/3000148", TWO, OF_BILLING, "billing lsn:0/3000148", "lsn 0/3000148 of billing"),
    (f"backup:{LABEL}", ONE, THE_BACKUP, f"postgres backup:{LABEL}", f"backup {LABEL} of postgres"),
    (
        f"postgres backup:{LABEL}, 2026-11-22 14:30:00Z, oplog:1790000000/1",
        ONE,
        RecoveryPoint(instant=AT, positions={"postgres": BACKUP, "mongodb": ENTRY}),
        f"{HALF_PAST} mongodb oplog:1790000000/1 postgres backup:{LABEL}",
        f"{UTC_WORDS}, oplog 1790000000/1 of mongodb, backup {LABEL} of postgres",
    ),
]


def players(system: str) -> list[str]:
    return {"the-database": ["postgres"], "fleet": ["orders", "billing"]}.get(system, [system])


@pytest.mark.parametrize(("text", "forms", "point", "kept", "words"), WRITTEN)
def test_it_is_read_kept_and_worded_in_one_way(
    text: str, forms: Any, point: RecoveryPoint, kept: str, words: str
) -> None:
    assert parse(text, forms, players) == point
    assert (point.text, str(point)) == (kept, words)
    assert read(kept) == point


def test_a_position_that_several_understand_is_of_the_one_that_was_hit() -> None:
    """Backups of several stores are named alike; the others are not to be recovered."""
    assert parse("lsn:0/3000148", TWO, players, lambda system: system == "billing") == OF_BILLING


@pytest.mark.parametrize(
    ("text", "forms", "why"),
    [
        ("", ONE, "is no recovery point"),
        ("yesterday", ONE, "is no recovery point"),
        ("time:yesterday", ONE, "is no time"),
        ("2026-11-22T14:30:00", ONE, "names no time zone"),
        ("latest postgres lsn:0/1", ONE, "is no recovery point"),
        ("2026-11-22T14:30:00Z 2026-11-22T14:31:00Z", ONE, "is no recovery point"),
        ("lsn:0/1 postgres lsn:0/2", ONE, "is no recovery point"),
        ("lsn:5001EA0", ONE, "is no lsn of postgres"),
        ("backup:newest", ONE, "is no backup of postgres.\n  Write it as postgres backup:20261122"),
        ("mongodb lsn:0/1", ONE, "mongodb does not understand 'lsn'"),
        ("snapshot:1", ONE, "No system here understands 'snapshot'"),
        ("lsn:0/1", {}, "No system here understands 'lsn'"),
        ("lsn:0/1", TWO, "may be of orders or billing.\n  Name it: orders lsn:0/1"),
        ("fleet lsn:0/1", TWO, "may be of orders or billing"),
        ("elsewhere lsn:0/1", TWO, "elsewhere does not understand"),
    ],
)
def test_what_is_none_is_refused_with_what_is_accepted(text: str, forms: Any, why: str) -> None:
    with pytest.raises(NotARecoveryPoint) as refused:
        parse(text, forms, players)
    assert why in str(refused.value)
    assert refused.value.hint


def test_it_means_for_a_system_its_own_position_else_the_instant() -> None:
    mixed = RecoveryPoint(instant=AT, positions={"postgres": LSN})
    assert mixed.of("postgres") == RecoveryPoint(positions={"postgres": LSN})
    assert mixed.of("redis") == RecoveryPoint(instant=AT)
    assert RecoveryPoint(positions={"postgres": LSN}).of("redis") is None
    assert RecoveryPoint(latest=True).of("redis") == RecoveryPoint(latest=True)
    assert wording(mixed, {"postgres": "PostgreSQL"}.__getitem__).endswith(", lsn 0/3000148 of PostgreSQL")


def test_what_the_journal_holds_and_is_none_is_none() -> None:
    assert [read(text) for text in ("", "lsn:0/1", "2026-11-22T14:30:00", "soon")] == [None] * 4


@pytest.fixture
def told() -> Story:
    point = {"name": "recovery_point", "question": "To when?", "kind": "recovery-point"}
    return Story(plan(step("look", action="some.action"), step("point", decision=point)))


def test_the_fold_has_it_by_the_inventorys_names(told: Story) -> None:
    assert told.incident.recovery_point is None
    told.tell(e.DecisionMade(step="point", name="recovery_point", answer="db lsn:0/3000148"))
    assert told.incident.recovery_point == RecoveryPoint(positions={"db": LSN})
    systems = [KnownSystem(name="orders", type="postgres", plays="db", acts=["postgres"])]
    told.tell(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=systems))
    assert told.incident.recovery_point == RecoveryPoint(positions={"orders": LSN})


ENDED = BEGAN - timedelta(hours=2)
FOUND = {"sets": {LABEL: ENDED.isoformat()}, "all_sets": True, "reach": {"lsn": ["0/3000000", "0/9000000"]}}
FORMS = {"db": POSITIONS}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (f"time:{ENDED.isoformat()}", "The database: the oldest backup there is ended at 2026-03-01 00:50:00 UTC"),
        ("backup:20261121-020003F", f"The database: 20261121-020003F is none of the backups there is ({LABEL})"),
        ("lsn:0/2FFFFFF", "The database: its backups lead to lsn 0/3000000 at the earliest"),
        ("backup:newest", "is no backup of db"),
    ],
)
def test_what_certainly_cannot_be_reached_is_refused_as_it_is_decided(told: Story, answer: str, why: str) -> None:
    decision = told.incident.plan.by_id["point"].decision
    assert decision
    told.run("look", facts={"db": FOUND})
    with pytest.raises(AnswerRefused) as refused:
        check_answer(told.incident, decision, answer, FORMS)
    assert why in refused.value.message
    assert check_answer(told.incident, decision, f"backup:{LABEL}", FORMS) == f"db backup:{LABEL}"
    if "newest" not in answer:  # what was not listed may be there, where not everything was seen
        told.run("look", facts={"db": {**FOUND, "all_sets": False}})
        point = parse(check_answer(told.incident, decision, answer, FORMS), FORMS)
        assert reach(told.incident, point, FORMS).doubtful


@pytest.mark.parametrize(
    ("point", "doubt"),
    [
        (RecoveryPoint(instant=BEGAN), "The database: archived until 2026-03-01 02:49:00 UTC"),
        (RecoveryPoint(positions={"db": Position("lsn", "0/9000001")}), "The database: archived until lsn 0/9000000"),
        (RecoveryPoint(positions={"other": LSN}), "The database: the point says nothing of it"),
        (RecoveryPoint(instant=datetime(2999, 1, 1, tzinfo=UTC)), "lies in the future"),
    ],
)
def test_what_may_not_be_reached_is_said(told: Story, point: RecoveryPoint, doubt: str) -> None:
    archived = Measured(archived_until=BEGAN - timedelta(minutes=1)).facts()
    told.run("look", facts={"db": {**FOUND, **archived}})
    found = reach(told.incident, point, FORMS)
    assert found.impossible == []
    assert any(doubt in line for line in found.doubtful)


def test_without_a_usable_backup_a_point_is_decided_in_doubt_for_what_has_one(told: Story) -> None:
    told.run("look", facts={"db": FOUND})
    told.run("look", facts={"db": {"sets": {}, "all_sets": True, "reach": {}}})
    found = reach(told.incident, RecoveryPoint(instant=ENDED), FORMS)
    assert (found.impossible, ["no usable backup" in line for line in found.doubtful]) == ([], [True])


def test_nothing_stands_in_the_way_of_what_is_known_to_be_there(told: Story) -> None:
    told.run("look", facts={"db": FOUND})
    for point in (RecoveryPoint(latest=True), RecoveryPoint(instant=BEGAN), RecoveryPoint(positions={"db": BACKUP})):
        assert reach(told.incident, point, FORMS) == reach(told.incident, RecoveryPoint(latest=True), FORMS)
    assert reach(told.incident, RecoveryPoint(latest=True), FORMS).doubtful == []
