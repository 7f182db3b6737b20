"""Verification neither cries wolf nor is fooled: every database and relation, and only what is proven wrong fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from actions.backups.take import take
from actions.backups.verify import verify as verify_backups
from actions.inventory import load_inventory
from actions.outcome import Cancelled, Outcome
from actions.overview.damage import damage_report
from actions.systems.postgres.apply_wal import apply_wal
from actions.systems.postgres.restore import restore
from actions.systems.postgres.start_stop import start, stop
from actions.systems.postgres.verify import verify
from actions.systems.postgres.writers import stop_writers
from cleo_console.lab.postgres import server
from tests.actions.contexts import FakeContext
from tests.labs import Lab, lab
from tests.waiting import until

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-verification")

NAMES = ["t", "oid", "tableoid", 'quo"ted', "naïve ☃", "two\nlines", "ctid2", "count"]
"""Names of columns and tables that a careless query takes for something else."""


@pytest.fixture
def ctx(lab: Lab) -> FakeContext:
    return FakeContext(load_inventory(lab.inventory_path), decisions={"recovery_point": "latest"})


@pytest.fixture(scope="module")
def taken(lab: Lab) -> str:
    """A backup with relations of every kind and names of every kind, in two databases; its label."""
    quoted = [name.replace('"', '""') for name in NAMES]
    for name in quoted:
        columns = ", ".join(f'"{column}" text' for column in quoted if column not in ("tableoid",))
        lab.psql(f'CREATE TABLE "{name}" ({columns}); INSERT INTO "{name}" SELECT FROM generate_series(1, 5)')
        lab.psql(f'UPDATE "{name}" SET "t" = \'same\', "count" = \'before\'')
    lab.psql("CREATE TABLE nothing (); INSERT INTO nothing DEFAULT VALUES")
    lab.psql("CREATE TABLE parted (at int) PARTITION BY RANGE (at)")
    lab.psql("CREATE TABLE part_one PARTITION OF parted FOR VALUES FROM (0) TO (9); INSERT INTO parted VALUES (1)")
    lab.psql("CREATE MATERIALIZED VIEW seen AS SELECT 1 AS one; CREATE UNLOGGED TABLE fleeting AS SELECT 1 AS one")
    lab.psql("CREATE SEQUENCE numbers; SELECT setval('numbers', 7); SELECT lo_from_bytea(0, 'large')")
    lab.psql("CREATE VIEW looked AS SELECT 1 AS one; CREATE INDEX later ON part_one (at)")
    lab.psql("CREATE TABLE quiet AS SELECT n FROM generate_series(1, 100) n")
    lab.psql("CREATE DATABASE billing")
    lab.postgres.psql("CREATE TABLE invoices AS SELECT n FROM generate_series(1, 70) n", database="billing")
    lab.postgres.psql("CREATE TABLE paid AS SELECT 1 AS one", database="billing")
    lab.psql("ALTER SYSTEM SET max_prepared_transactions = 5")
    server.stop(lab.postgres)
    server.start(lab.postgres)
    backup = FakeContext(load_inventory(lab.inventory_path)).do(take)
    assert backup.ok, backup.summary
    return str(backup.facts["backup"])


def said(outcome: Outcome, severity: str = "") -> str:
    return "\n".join(f"{f.severity}: {f} [{f.cure}]" for f in outcome.findings if severity in ("", f.severity))


def test_every_relation_of_every_database_is_the_same(lab: Lab, ctx: FakeContext, taken: str) -> None:
    found = ctx.do(verify)
    assert found.ok, said(found)
    assert not [f for f in found.findings if f.severity != "note"], said(found)
    assert found.partial == ""
    assert found.examined == ["postgres"]
    printed = "\n".join(ctx.lines)
    for line in (
        "billing, public.invoices: 70 rows",
        "parted: partitioned table",
        "seen: 1 row",
        "numbers: sequence at",
        "large objects: 1 object",
        "fleeting: 1 row, unlogged",
        "nothing: 1 row",
        'public."quo""ted": 5 rows',
    ):
        assert line in printed, line


@pytest.mark.parametrize("name", NAMES)
def test_a_row_is_read_whole_whatever_its_columns_are_called(lab: Lab, ctx: FakeContext, taken: str, name: str) -> None:
    table = name.replace('"', '""')
    lab.psql(f'UPDATE "{table}" SET "count" = \'overwritten\'')
    found = ctx.do(verify)
    assert found.ok, "it may have been changed by anybody"
    assert f'"{table}"' in said(found, "note") or f".{table}" in said(found, "note"), said(found)
    assert "changed since the backup" in said(found, "note")
    lab.psql(f'UPDATE "{table}" SET "count" = \'before\'')


def test_what_grew_is_no_failure_and_what_went_is_named(lab: Lab, ctx: FakeContext, taken: str) -> None:
    lab.psql("INSERT INTO quiet VALUES (101); DROP INDEX later; DROP VIEW looked")
    lab.postgres.psql("DROP TABLE paid; DELETE FROM invoices", database="billing")
    found = ctx.do(verify)
    assert found.ok
    assert "cleoai, public.quiet: changed since" in said(found, "note").replace("; ", ": ") or "public.quiet" in said(
        found, "note"
    )
    loud = said(found, "warning")
    for words in ("billing, public.paid: missing (1 row)", "billing, public.invoices: hold nothing any more",
                  "index public.later", "view public.looked"):  # fmt: skip
        assert words in loud, loud
    report = ctx.do(damage_report)
    text = Path(report.facts["file"]).read_text()
    assert "billing, public.paid: missing" in text
    lab.psql("DROP DATABASE billing")
    assert "billing: the whole database is missing (3 relations)" in said(ctx.do(verify), "warning")


@contextmanager
def held(lab: Lab, sql: str, after: str) -> Iterator[None]:
    lab.psql(sql)
    try:
        yield
    finally:
        lab.psql(after)


def test_a_lock_is_waited_for_with_a_limit_and_its_holder_is_named(
    lab: Lab, ctx: FakeContext, taken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actions.systems.postgres.relations._PATIENCE_S", 1.0)
    with held(lab, "BEGIN; LOCK TABLE quiet; PREPARE TRANSACTION 'order-17'", "ROLLBACK PREPARED 'order-17'"):
        assert ctx.do(stop, immediate=True).ok
        started = ctx.do(start)
        assert "prepared transaction 'order-17'" in said(started, "warning"), "a finding after every recovery"
        begun = time.monotonic()
        found = ctx.do(verify)
    assert time.monotonic() - begun < 90
    assert found.ok, said(found)
    assert "1 relation not looked at" in found.partial
    assert found.examined == [], "it proves nothing"
    loud = said(found, "warning")
    assert (
        "cleoai, public.quiet: not looked at: locked for more than 1 s: by the prepared transaction 'order-17'" in loud
    )
    assert "prepared transaction 'order-17': open in cleoai since" in loud
    assert "ROLLBACK PREPARED" in loud
    assert "public.heartbeat: " in "\n".join(ctx.lines), "the others are looked at"


def test_leftovers_are_findings(lab: Lab, ctx: FakeContext, taken: str) -> None:
    lab.psql("SELECT pg_create_physical_replication_slot('gone', true)")
    lab.psql("ALTER TABLE quiet ADD CONSTRAINT positive CHECK (n > 0) NOT VALID")
    lab.psql(
        "CREATE INDEX broken ON quiet (n); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass"
    )
    lab.psql('CREATE DATABASE "half-done"')
    lab.psql("UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'half-done'")
    found = ctx.do(verify)
    assert found.ok, said(found)
    loud = said(found, "warning")
    for words in ("replication slot gone", "pg_drop_replication_slot('gone')", "indexes public.broken", "REINDEX",
                  "constraints positive of public.quiet", "VALIDATE CONSTRAINT", "database half-done: invalid",
                  'DROP DATABASE "half-done"'):  # fmt: skip
        assert words in loud, loud
    lab.psql("SELECT pg_drop_replication_slot('gone'); DROP INDEX broken")
    lab.psql('DROP DATABASE "half-done"')


def test_it_can_be_cancelled_and_limited(lab: Lab, ctx: FakeContext, taken: str) -> None:
    found = ctx.do(verify, minutes=0)
    assert found.ok
    assert "not looked at" in found.partial
    assert "the time for it was used up" in said(found, "warning")
    ctx.cancelled = True
    with pytest.raises(Cancelled):
        ctx.do(verify)


def test_it_can_be_cancelled_while_it_waits_for_a_lock(lab: Lab, ctx: FakeContext, taken: str) -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%hashtextextended%'"

    def give_up() -> None:
        until(lambda: lab.psql(waiting) != "0", 60)
        ctx.cancelled = True

    person = threading.Thread(target=give_up)
    with held(lab, "BEGIN; LOCK TABLE quiet; PREPARE TRANSACTION 'order-18'", "ROLLBACK PREPARED 'order-18'"):
        person.start()
        with pytest.raises(Cancelled):
            ctx.do(verify)
        person.join()


def test_a_quick_look_at_backups_is_no_tick(lab: Lab, ctx: FakeContext, taken: str) -> None:
    lab.break_("postgres", "damage-newest-backup")
    quick = ctx.do(verify_backups)
    assert quick.ok
    assert quick.partial == "quick check, no backup file was read"
    full = ctx.do(verify_backups, full=True)
    assert (full.ok, full.partial) == (True, "")
    assert "is damaged" in said(full, "wrong")


def test_restored_to_the_end_of_a_backup_what_was_stable_must_be_equal(lab: Lab, ctx: FakeContext, taken: str) -> None:
    lab.psql("CREATE TABLE kept AS SELECT n, n::text AS words FROM generate_series(1, 500) n")
    lab.psql("VACUUM (FREEZE) kept")
    lab.psql("INSERT INTO fleeting VALUES (2)")
    assert ctx.do(stop_writers).ok  # nobody is in the middle of a transaction while it is counted
    label = ctx.do(take).facts["backup"]
    lab.psql("DROP TABLE kept")
    ctx.with_incident(decisions={"recovery_point": f"backup:{label}"})
    assert ctx.do(stop).ok
    assert ctx.do(restore).ok
    assert ctx.do(apply_wal).ok
    found = ctx.do(verify)
    assert found.ok, said(found)
    assert "public.fleeting: hold nothing any more" in said(found, "warning"), said(found)

    path = lab.postgres.data_directory / lab.psql("SELECT pg_relation_filepath('kept')")
    lab.psql("CHECKPOINT")
    server.stop(lab.postgres)
    lab.postgres.run(
        [lab.postgres.programs.server("pg_checksums"), "--disable", "-D", str(lab.postgres.data_directory)]
    )
    _overwrite(path)
    server.start(lab.postgres)
    by_restore = ctx.do(verify)
    by_pages = ctx.with_incident(id="INC-2").do(verify)  # of another incident's restore nothing is known
    for found in (by_restore, by_pages):
        assert not found.ok, said(found)
        assert "public.kept: 500 rows as in the backup, but not the same content" in said(found, "wrong")
        assert "checksums are off" in found.summary or "proven wrong" in found.summary
    lab.psql("UPDATE kept SET words = 'changed by somebody'")
    found = ctx.with_incident(id="INC-1").do(verify)
    assert found.ok, "somebody wrote to it, so that nothing is proven any more"
    assert "public.kept" in said(found, "note")


def _overwrite(path: Path) -> None:
    """Change a row's bytes."""
    data = bytearray(path.read_bytes())
    at = data.rindex(b"499")
    data[at : at + 3] = b"498"
    path.write_bytes(data)
