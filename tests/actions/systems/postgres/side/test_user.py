"""One user's rows, brought back into a real server from a side instance, and no row of anybody else touched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from actions.inventory import load_inventory
from actions.outcome import ActionFailed, Outcome
from actions.systems.postgres.side.pitr import pitr, pitr_discard
from actions.systems.postgres.side.rows.user import user_restore
from tests.actions.contexts import FakeContext
from tests.labs import Lab, lab

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-user")

TABLES = """
    CREATE TABLE notes (id int PRIMARY KEY, user_id text, body text);
    INSERT INTO notes SELECT n, n % 10, 'note ' || n FROM generate_series(1, 100) n;
    CREATE TABLE reviews (id int PRIMARY KEY, author bigint REFERENCES users, editor bigint REFERENCES users);
    INSERT INTO reviews SELECT n, 1 + n % 10, 1 + n % 7 FROM generate_series(1, 70) n;
    CREATE TABLE log (user_id bigint, line text);
"""
DELETED = """
    DELETE FROM messages WHERE conversation_id IN (SELECT id FROM conversations WHERE user_id = 7);
    DELETE FROM conversations WHERE user_id = 7; DELETE FROM user_preferences WHERE user_id = 7;
    DELETE FROM audit_logs WHERE user_id = 7; DELETE FROM notes WHERE user_id = '7';
    DELETE FROM reviews WHERE 7 IN (author, editor); DELETE FROM users WHERE id = 7;
"""
MINE = {
    "users": "id = 7",
    "user_preferences": "user_id = 7",
    "audit_logs": "user_id = 7",
    "conversations": "user_id = 7",
    "messages": "conversation_id IN (SELECT id FROM conversations WHERE user_id = 7)",
    "notes": "user_id = '7'",
    "reviews": "author = 7",
}


class People:
    """The lab's users as they were, and a side instance that stands there."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.inventory = load_inventory(lab.inventory_path)
        lab.psql(TABLES)
        at = lab.psql("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
        self.then = self.digests("")
        assert FakeContext(self.inventory).do(pitr, timestamp=at).ok

    def digests(self, whose: str) -> dict[str, str]:
        """Return count and digest of the user's rows, or of everybody else's (``NOT``), of each table."""
        return {name: self._digest(name, f"{whose} ({where})") for name, where in MINE.items()}

    def _digest(self, table: str, where: str) -> str:
        rows = f"SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM {table} t"
        return self.lab.psql(f"{rows} WHERE coalesce({where}, true)")

    def bring(self, user: str = "7", *, dry: bool = False, **params: Any) -> Outcome:
        return FakeContext(self.inventory, dry_run=dry).do(user_restore, user_id=user, **params)


@pytest.fixture(scope="module")
def people(lab: Lab) -> Iterator[People]:
    found = People(lab)
    yield found
    assert FakeContext(found.inventory).do(pitr_discard).ok


def test_every_row_of_the_user_comes_back_and_no_other_is_touched(people: People) -> None:
    lab = people.lab
    lab.psql(DELETED)
    lab.psql("DELETE FROM notes WHERE user_id = '3'; UPDATE users SET name = 'changed since' WHERE id = 8")
    others = people.digests("NOT")
    dry = people.bring(dry=True, also="reviews.author")
    assert dry.facts["tables"]["public.notes"] == {"rows_then": 10, "missing": 10, "changed": 0}
    assert people.digests("NOT") == others
    assert lab.psql("SELECT count(*) FROM users WHERE id = 7") == "0", "a dry run writes nothing"

    done = people.bring(also="reviews.author")
    assert people.digests("") == people.then
    assert people.digests("NOT") == others
    assert "PostgreSQL only" in done.summary
    assert done.facts["tables"]["public.messages"]["inserted"] == int(people.then["messages"].split("|")[0]) > 0
    said = " ".join(str(finding) for finding in done.findings)
    assert "public.log: it has no primary key" in said
    assert "asked to be erased" in said
    assert people.bring().summary.startswith("Nothing of this user is missing")


def test_where_several_columns_could_say_whose_a_row_is_nobody_guesses(people: People) -> None:
    people.lab.psql("DELETE FROM reviews WHERE author = 7")
    done = people.bring()
    assert "author and editor refer to users" in " ".join(str(finding) for finding in done.findings)
    assert people.lab.psql("SELECT count(*) FROM reviews WHERE author = 7") == "0"
    assert people.bring(also="reviews.author").facts["tables"]["public.reviews"]["inserted"] == 7


def test_what_is_somebody_elses_by_now_stays_theirs(people: People) -> None:
    lab = people.lab
    lab.psql("UPDATE notes SET user_id = '4' WHERE id = 17; UPDATE notes SET body = 'mine, changed' WHERE id = 27")
    lab.psql("DELETE FROM notes WHERE id = 37; INSERT INTO notes VALUES (37, '5', 'somebody else has the key now')")
    others = people.digests("NOT")
    kept = people.bring()
    assert lab.psql("SELECT body FROM notes WHERE id = 27") == "mine, changed", "unless it is asked for"
    assert kept.facts["tables"]["public.notes"]["changed"] == 3
    done = people.bring(update=True)
    assert done.facts["tables"]["public.notes"]["updated"] == 1
    assert lab.psql("SELECT body FROM notes WHERE id = 27") == "note 27"
    assert people.digests("NOT") == others


def test_a_user_that_is_none_is_refused(people: People) -> None:
    for user, words in (("x7", "no bigint"), ("987654", "no rows of this user"), ("", "Say which user")):
        with pytest.raises(ActionFailed, match=words):
            people.bring(user)
