"""Users who were erased since the recovery point do not come back: their rows go again, and nobody else's."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actions.erasure.listing import list_requests
from actions.inventory import Inventory, load_inventory
from actions.outcome import ActionFailed, Outcome
from actions.settings import ErasureSettings
from actions.systems.postgres.erasure import erasures_left, reapply_erasures
from actions.systems.postgres.settings import PostgresSettings, UserData
from actions.systems.postgres.side.rows.user import user_restore
from tests.actions.contexts import FakeContext
from tests.labs import Lab, lab
from tests.waiting import until

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-user")

THEN = datetime(2026, 11, 29, 2, 0, tzinfo=UTC)
TABLES = """
    CREATE TABLE notes (user_id text, body text);
    INSERT INTO notes SELECT n % 10, 'note ' || n FROM generate_series(1, 100) n;
    CREATE TABLE reviews (id int PRIMARY KEY, author bigint REFERENCES users ON DELETE CASCADE,
                          editor bigint REFERENCES users ON DELETE SET NULL);
    INSERT INTO reviews SELECT n, 1 + n % 10, 1 + n % 7 FROM generate_series(1, 70) n;
"""
MINE = {
    "messages": "conversation_id IN (SELECT id FROM conversations WHERE user_id IN (7, 9))",
    "conversations": "user_id IN (7, 9)",
    "user_preferences": "user_id IN (7, 9)",
    "audit_logs": "user_id IN (7, 9)",
    "notes": "user_id IN ('7', '9')",
    "reviews": "author IN (7, 9)",
    "users": "id IN (7, 9)",
}


class Erased:
    """A lab whose users 7 and 9 were erased after the recovery point, and are back; 3 was erased long before."""

    def __init__(self, lab: Lab, ledger: Path) -> None:
        self.lab, self.ledger = lab, ledger
        lab.psql(TABLES)
        self.write((3, -48), (7, 1), (9, 2), (7, 3))
        plain = load_inventory(lab.inventory_path)
        erasure = ErasureSettings(host=plain.systems["postgres"].host, file=str(ledger))
        self.inventory = self.saying(msgspec.structs.replace(plain, erasure=erasure), also=["reviews.author"])

    def saying(self, inventory: Inventory, **user_data: Any) -> Inventory:
        settings = inventory.system("postgres", PostgresSettings)
        said = msgspec.structs.replace(settings, user_data=UserData(**user_data))
        return msgspec.structs.replace(inventory, systems={**inventory.systems, "postgres": said})

    def write(self, *requests: tuple[int | str, int]) -> None:
        """Write the ledger: who was erased, and how many hours after the recovery point."""
        lines = [json.dumps({"user_id": who, "at": (THEN + timedelta(hours=h)).isoformat()}) for who, h in requests]
        self.ledger.write_text("\n".join(lines) + "\n")

    def ctx(self, *, dry: bool = False, inventory: Inventory | None = None, **facts: Any) -> FakeContext:
        facts = {"recovered_to": {"postgres": THEN}, **facts}
        return FakeContext(inventory or self.inventory, dry_run=dry, **facts)

    def others(self) -> dict[str, str]:
        """Count and digest of everybody else's rows, of each table."""
        rows = "SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM"
        return {
            name: self.lab.psql(f"{rows} {name} t WHERE NOT coalesce({where}, false)") for name, where in MINE.items()
        }

    def mine(self) -> dict[str, int]:
        return {name: int(self.lab.psql(f"SELECT count(*) FROM {name} WHERE {where}")) for name, where in MINE.items()}

    def reapply(self, **options: Any) -> Outcome:
        return self.ctx(**options).do(reapply_erasures)


@pytest.fixture(scope="module")
def erased(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Erased]:
    yield Erased(lab, tmp_path_factory.mktemp("ledger") / "erased.jsonl")


def test_who_was_erased_since_is_listed_and_no_other(erased: Erased) -> None:
    done = erased.ctx().do(list_requests)
    assert [one.about for one in done.findings] == ["user 9", "user 7"], "each user once, by the newest request"
    assert done.facts == {"requests": 2, "in_the_ledger": 4}
    assert [(one.action, one.use) for one in done.settles] == [("postgres.reapply_erasures", "open")]
    spared = erased.ctx(recovered_to={}, affected=["redis"], decisions={"recovery_point": THEN.isoformat()})
    assert [one.use for one in spared.do(list_requests).settles] == ["needless"], "nothing was restored there"
    late = erased.ctx(recovered_to={"postgres": THEN + timedelta(days=1)}).do(list_requests)
    assert late.settles[0].use == "needless"
    assert "no erasure request since 2026-11-30 02:00:00 UTC" in late.settles[0].words


def test_somebody_elses_rows_that_would_go_with_them_refuse_all_of_it(erased: Erased) -> None:
    before = erased.mine()
    nobody_says = erased.saying(erased.inventory)
    with pytest.raises(ActionFailed, match=r"rows of others refer by reviews_author_fkey .* and would go with them"):
        erased.reapply(inventory=nobody_says)
    assert erased.mine() == before


def test_a_runner_that_is_killed_in_the_middle_leaves_all_of_it(erased: Erased) -> None:
    before, lab = erased.mine(), erased.lab
    lab.psql("""CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN PERFORM pg_sleep(60); RETURN OLD; END';
                CREATE TRIGGER wait BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION wait()""")
    asked = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'DELETE FROM public.users%' AND wait_event = 'PgSleep'"
    child = os.fork()
    if not child:
        erased.reapply()
        os._exit(0)
    until(lambda: lab.psql(asked))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    lab.psql(f"SELECT pg_terminate_backend(pid) FROM ({asked}) f; DROP FUNCTION wait CASCADE")
    assert erased.mine() == before
    assert not erased.ctx().do(erasures_left).ok


def test_their_rows_go_again_and_nobody_elses(erased: Erased) -> None:
    before, others = erased.mine(), erased.others()
    dry = erased.reapply(dry=True)
    assert dry.facts["erased"] == {f"public.{name}": number for name, number in before.items()}
    assert erased.mine() == before, "a dry run erases nothing"

    done = erased.reapply()
    assert done.facts["erased"] == dry.facts["erased"]
    assert set(erased.mine().values()) == {0}
    after = erased.others()
    assert after.pop("reviews") != others.pop("reviews"), "an editor who is gone is set to NULL by the table's rule"
    assert after == others
    assert "lose that reference" in " ".join(str(one) for one in done.findings)
    assert erased.ctx().do(erasures_left).ok
    assert erased.reapply().summary.startswith("Nothing is there of the 2 users")


def test_what_a_trigger_writes_again_undoes_all_of_it(erased: Erased) -> None:
    lab = erased.lab
    lab.psql("""CREATE FUNCTION remember() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN INSERT INTO notes VALUES (OLD.id, ''was here''); RETURN OLD; END';
                CREATE TRIGGER remember BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION remember();
                INSERT INTO users SELECT (made).* FROM (SELECT
                jsonb_populate_record(u, '{"id": 7, "email": "7@x.org"}') made FROM users u LIMIT 1) f""")
    with pytest.raises(ActionFailed, match=r"public.notes 1") as failed:
        erased.reapply()
    assert failed.value.left_behind.startswith("Nothing was erased")
    assert erased.mine()["users"] == 1
    lab.psql("DROP FUNCTION remember CASCADE")
    assert erased.reapply().facts["erased"] == {"public.users": 1}


def test_who_was_erased_is_not_brought_back(erased: Erased) -> None:
    with pytest.raises(ActionFailed, match="what was erased on request stays erased"):
        erased.ctx().do(user_restore, user_id="7")


def test_what_the_ledger_lacks_is_said(erased: Erased) -> None:
    erased.write(("ann@example.org", 1))
    strange = erased.reapply()
    assert "can be none of a user there: public.users has bigint" in " ".join(str(one) for one in strange.findings)
    erased.ledger.write_text('{"user_id": 7, "at"\n')
    torn = erased.ctx().do(list_requests)
    assert torn.partial == "1 entry of the ledger cannot be read"
    erased.ledger.unlink()
    for action in (list_requests, reapply_erasures):
        with pytest.raises(ActionFailed, match=r"No such file"):
            erased.ctx().do(action)


def test_where_no_ledger_is_named_that_is_said_and_nothing_is_green(erased: Erased) -> None:
    none = msgspec.structs.replace(erased.inventory, erasure=None)
    done = erased.ctx(inventory=none).do(list_requests)
    assert done.partial
    assert [(one.use, one.words) for one in done.settles] == [
        ("impossible", "the inventory names no ledger of erasure requests")
    ]
    with pytest.raises(ActionFailed, match="names no ledger"):
        erased.reapply(inventory=none)
