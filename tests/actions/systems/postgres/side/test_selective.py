"""Rows of one table, brought back from a side instance into a real server that went on."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from actions.by_hand import ByHand, typed
from actions.inventory import load_inventory
from actions.outcome import ActionFailed, Outcome
from actions.systems.postgres.settings import PostgresSettings
from actions.systems.postgres.side.pitr import pitr, pitr_discard
from actions.systems.postgres.side.rows.selective import selective_restore
from journal.errors import CleoError
from tests.actions.contexts import FakeContext, RunnerDied
from tests.labs import Lab, lab
from tests.waiting import until

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-selective")

SECRET = "row-content-7f3a"
TABLES = f"""
    CREATE SCHEMA shop;
    CREATE TABLE shop."Parents" (id int PRIMARY KEY, name text UNIQUE);
    CREATE TABLE shop.docs (
        id int PRIMARY KEY, parent int REFERENCES shop."Parents" ON DELETE CASCADE, body text,
        length int GENERATED ALWAYS AS (length(body)) STORED, n int GENERATED ALWAYS AS IDENTITY,
        at timestamptz DEFAULT now()
    );
    CREATE TABLE shop.pages (doc int REFERENCES shop.docs, page int, PRIMARY KEY (doc, page));
    CREATE TABLE shop.heap (body text);
    CREATE TABLE shop.altered (id int PRIMARY KEY, gone text, kind int);
    CREATE UNLOGGED TABLE shop.quick (id int PRIMARY KEY);
    CREATE VIEW shop.shown AS SELECT id FROM shop.docs;
    INSERT INTO shop."Parents" SELECT n, 'parent ' || n FROM generate_series(1, 20) n;
    INSERT INTO shop.docs (id, parent, body) SELECT n, 1 + n % 20, '{SECRET} ' || n FROM generate_series(1, 300) n;
    INSERT INTO shop.pages SELECT n, p FROM generate_series(1, 300, 10) n, generate_series(1, 2) p;
    CREATE FUNCTION shop.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''fired''; END';
    CREATE TRIGGER no_inserts BEFORE INSERT ON shop.docs FOR EACH ROW EXECUTE FUNCTION shop.refuse();
    CREATE TRIGGER never BEFORE INSERT ON shop.docs FOR EACH ROW EXECUTE FUNCTION shop.refuse();
    ALTER TABLE shop.docs ENABLE ALWAYS TRIGGER never;
"""
DIGEST = "SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM {} t"


def definitions(lab: Lab) -> list[str]:
    """The tables as pg_dump tells them, without what it makes up anew each time."""
    at = ["-h", str(lab.postgres.run_directory), "-p", str(lab.postgres.port), "-U", "postgres", "cleoai"]
    said = lab.postgres.run([lab.postgres.programs.server("pg_dump"), "--schema-only", "--schema=shop", *at])
    return sorted(line for line in said.splitlines() if not line.startswith("\\"))


class Shop:
    """Tables of the lab's server as they were, and a side instance that stands there."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.ctx = FakeContext(load_inventory(lab.inventory_path))
        lab.psql(TABLES)
        self.at = lab.psql("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
        self.then = {name: self.digest(name) for name in ('"Parents"', "docs", "pages")}
        assert self.ctx.do(pitr, timestamp=self.at, database="cleoai").ok

    def digest(self, table: str) -> str:
        return self.lab.psql(DIGEST.format(f"shop.{table}"))

    def bring(self, table: str, *, dry: bool = False, **params: Any) -> Outcome:
        ctx = FakeContext(self.ctx.inventory, dry_run=dry)
        try:
            return ctx.do(selective_restore, table=table, **params)
        finally:
            assert SECRET not in "\n".join([*ctx.lines, *ctx.effects]), "counts only"


@pytest.fixture(scope="module")
def shop(lab: Lab) -> Iterator[Shop]:
    found = Shop(lab)
    yield found
    assert found.ctx.do(pitr_discard).ok


@pytest.fixture
def as_then(shop: Shop) -> Iterator[Shop]:
    """Every table as it was, at the end as well: by the action itself."""
    yield shop
    for name, digest in shop.then.items():
        if shop.digest(name) != digest:
            assert shop.bring(f"shop.{name}".replace('"', ""), replace=True).ok
    assert {name: shop.digest(name) for name in shop.then} == shop.then


def test_a_wrong_delete_is_undone_and_nothing_else_changed(as_then: Shop) -> None:
    lab = as_then.lab
    lab.psql("ALTER DATABASE cleoai SET timezone = 'Asia/Kolkata'")
    lab.psql("DELETE FROM shop.docs WHERE id % 10 IN (3, 4); UPDATE shop.docs SET body = 'new' WHERE id = 7")
    lab.psql("ALTER TABLE shop.docs ALTER n RESTART")
    others = lab.psql(DIGEST.format("shop.docs"))
    dry = as_then.bring("docs", dry=True, date=as_then.at)
    assert {name: dry.facts[name] for name in ("rows_then", "missing", "changed", "new_since")} == {
        "rows_then": 300,
        "missing": 60,
        "changed": 1,
        "new_since": 0,
    }
    assert lab.psql(DIGEST.format("shop.docs")) == others, "a dry run writes nothing"

    done = as_then.bring("docs", date=as_then.at)
    assert done.facts["inserted"] == 60
    assert "setval('shop.docs_n_seq', 300)" in done.findings[-1].cure
    assert lab.psql(DIGEST.format("(SELECT * FROM shop.docs WHERE id % 10 NOT IN (3, 4))")) == others
    lab.psql("ALTER TABLE shop.docs ALTER n RESTART WITH 301; ALTER DATABASE cleoai RESET timezone")
    assert lab.psql("SELECT body FROM shop.docs WHERE id = 7") == "new", "what is there stays, unless asked"
    enabled = "SELECT string_agg(tgenabled::text, '' ORDER BY tgname) FROM pg_trigger"
    assert lab.psql(f"{enabled} WHERE tgname IN ('never', 'no_inserts')") == "AO", "as they were"
    assert as_then.bring("docs").summary.startswith("Nothing is missing")


def test_a_table_becomes_what_it_was(as_then: Shop) -> None:
    lab = as_then.lab
    lab.psql(
        "DELETE FROM shop.docs WHERE id = 3; UPDATE shop.docs SET body = 'new', parent = 1 WHERE id = 7;"
        "ALTER TABLE shop.docs DISABLE TRIGGER USER; INSERT INTO shop.docs (id, body) VALUES (900, 'new');"
        "ALTER TABLE shop.docs ENABLE TRIGGER USER; ALTER TABLE shop.docs ENABLE ALWAYS TRIGGER never"
    )
    done = as_then.bring("docs", replace=True)
    assert [done.facts[name] for name in ("inserted", "updated", "deleted")] == [1, 1, 1]
    assert as_then.digest("docs") == as_then.then["docs"]


def test_missing_rows_come_back_by_the_printed_commands_alone(as_then: Shop) -> None:
    lab = as_then.lab
    lab.psql("DELETE FROM shop.pages WHERE doc < 100; UPDATE shop.\"Parents\" SET name = 'new' WHERE id = 3")
    log = (lab.postgres.directory / "pg" / "data.side" / "server.log").read_text()
    socket, port = re.findall(r'listening on Unix socket "(.*)/\.s\.PGSQL\.(\d+)"', log)[-1]
    known = ByHand(inventory=as_then.ctx.inventory, system="postgres", params={"table": "shop.pages"})
    password = as_then.ctx.inventory.system("postgres", PostgresSettings).password
    env = {**os.environ, "PGPASSWORD": password.read() if password else ""}
    for line in selective_restore.by_hand(known):  # type: ignore[misc]
        text = typed(line).replace("SOCKET", socket).replace("PORT", port)
        subprocess.run(["sh", "-c", text], check=True, capture_output=True, env=env)
    assert as_then.digest("pages") == as_then.then["pages"]


def test_transactions_that_would_be_torn_are_named(as_then: Shop) -> None:
    lab = as_then.lab
    lab.psql("DELETE FROM shop.docs WHERE id = 12")
    xid = lab.psql(
        "BEGIN; SELECT txid_current(); SAVEPOINT inner_one; DELETE FROM shop.pages WHERE doc = 11; RELEASE inner_one; "
        "DELETE FROM shop.docs WHERE id = 11; COMMIT"
    )
    lab.psql("SELECT pg_switch_wal(); CHECKPOINT")
    both = lab.psql(
        "BEGIN; SELECT txid_current(); UPDATE shop.docs SET body = 'both' WHERE id = 13; "
        "UPDATE shop.\"Parents\" SET name = 'both' WHERE id = 5; COMMIT"
    )

    def named(**params: Any) -> dict[str, str]:
        lines = [one.text for one in as_then.bring("docs", dry=True, **params).findings if "transaction" in one.text]
        return {line.split()[1].rstrip(","): line.partition("wrote to ")[2].partition(" as well")[0] for line in lines}

    missing = named()
    assert missing[xid] == "shop.pages"
    assert both not in missing, "what was changed stays as it is"
    assert named(replace=True) == {**missing, both: 'shop."Parents"'}


def test_foreign_keys_are_looked_at_both_ways(as_then: Shop) -> None:
    lab = as_then.lab
    lab.psql('DELETE FROM shop.pages; DELETE FROM shop."Parents" WHERE id = 2')  # its 15 documents go with it
    with pytest.raises(ActionFailed, match="refer to rows that are not there: 15 by docs_parent_fkey"):
        as_then.bring("docs")
    parents = as_then.bring("Parents", dry=True)
    assert "15 rows then referred to them by docs_parent_fkey" in str(parents.findings[0])
    assert as_then.bring("Parents").facts["inserted"] == 1
    assert as_then.bring("docs").facts["inserted"] == 15

    lab.psql("INSERT INTO shop.\"Parents\" VALUES (77, 'x'); UPDATE shop.docs SET parent = 77 WHERE id = 9")
    with pytest.raises(ActionFailed, match="would go are referred to now: 1 by docs_parent_fkey"):
        as_then.bring("Parents", replace=True)
    assert lab.psql("SELECT parent FROM shop.docs WHERE id = 9") == "77", "nothing went with it"
    lab.psql("UPDATE shop.docs SET parent = 10 WHERE id = 9")


def test_a_row_whose_unique_value_is_taken_stays_out_and_is_told(as_then: Shop) -> None:
    lab = as_then.lab
    lab.psql('DELETE FROM shop.pages; DELETE FROM shop."Parents" WHERE id IN (4, 5)')
    lab.psql("INSERT INTO shop.\"Parents\" VALUES (80, 'parent 4')")
    done = as_then.bring("Parents")
    assert done.facts["inserted"] == 1
    assert "another row has the same unique value now" in str(done.findings[-1])
    lab.psql('DELETE FROM shop."Parents" WHERE id = 80')


def test_what_was_altered_since_is_named_and_refused(shop: Shop) -> None:
    shop.lab.psql("ALTER TABLE shop.altered DROP gone, ADD came int, ALTER kind TYPE bigint")
    with pytest.raises(ActionFailed) as refused:
        shop.bring("altered")
    for words in ("column gone was dropped", "column came was added", "column kind was integer, and is bigint"):
        assert words in refused.value.message
    with pytest.raises(ActionFailed, match="no primary key"):
        shop.bring("heap")
    with pytest.raises(ActionFailed, match="unlogged, and so empty"):
        shop.bring("quick", replace=True)
    with pytest.raises(ActionFailed, match="There is no table nowhere"):
        shop.bring("nowhere")
    with pytest.raises(ActionFailed, match="is a day, and no instant"):
        shop.bring("docs", date="yesterday")
    with pytest.raises(ActionFailed, match="stands just before") as elsewhere:
        shop.bring("docs", date="2026-01-01T00:00:00Z")
    assert elsewhere.value.cures[0].params == {"timestamp": "2026-01-01T00:00:00+00:00"}


def test_a_dropped_table_is_made_again_with_all_that_belongs_to_it(shop: Shop) -> None:
    lab = shop.lab
    before = definitions(lab)
    lab.psql(
        "DROP TABLE shop.docs CASCADE; DELETE FROM shop.pages WHERE doc = 1; INSERT INTO shop.pages VALUES (999, 1)"
    )
    done = shop.bring("shop.docs")
    said = " ".join(str(finding) for finding in done.findings)
    assert "view shop.shown" in said, "what nobody makes again is named"
    assert "pages_doc_fkey" in said, "a row contradicts it now"
    lab.psql("DELETE FROM shop.pages WHERE doc = 999; ALTER TABLE shop.pages VALIDATE CONSTRAINT pages_doc_fkey")
    lab.psql("CREATE VIEW shop.shown AS SELECT id FROM shop.docs; INSERT INTO shop.pages VALUES (1, 1), (1, 2)")
    after = definitions(lab)
    assert sorted(set(after) - set(before)) == sorted(set(before) - set(after)) == []
    assert shop.digest("docs") == shop.then["docs"]


def test_killed_in_the_middle_nothing_was_written(as_then: Shop) -> None:
    lab = as_then.lab
    lab.psql("DELETE FROM shop.docs WHERE id % 10 = 5")
    count = lab.psql("SELECT count(*) FROM shop.docs")
    failed: list[CleoError] = []

    def run() -> None:
        with pytest.raises(ActionFailed) as error:
            as_then.bring("docs")
        failed.append(error.value)

    lab.psql(
        "CREATE TABLE shop.gate (); ALTER TABLE shop.docs ADD CONSTRAINT slow CHECK (pg_sleep(30) IS NULL) NOT VALID"
    )
    thread = threading.Thread(target=run)
    thread.start()
    waits = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    until(lambda: lab.psql(waits))
    lab.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
    thread.join()
    lab.psql("ALTER TABLE shop.docs DROP CONSTRAINT slow")
    assert "All of it was undone" in (failed[0].hint or "")
    assert lab.psql("SELECT count(*) FROM shop.docs") == count

    ctx = FakeContext(as_then.ctx.inventory)
    ctx.dies_after = "bring-back"
    with pytest.raises(RunnerDied):
        ctx.do(selective_restore, table="docs")
    assert ctx.reenter(selective_restore, table="docs").summary.startswith("Nothing is missing")
    assert as_then.digest("docs") == as_then.then["docs"]
