"""Which keys are some users': by what they are called, and as a database tells them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from actions.context import ActionContext
from actions.outcome import ActionFailed
from actions.systems.redis.chosen_keys import Chosen
from actions.systems.redis.settings import ToldKeys, UserData
from actions.systems.redis.warm_source import reading

_READ_S = 600.0


def choose_keys(ctx: ActionContext, say: UserData, users: Sequence[str]) -> Chosen:
    """Return what tells the keys of some users.

    Raises:
        ActionFailed: a database that tells of some of them cannot be read.
    """
    any_of = "|".join(re.escape(user) for user in users)
    return Chosen(
        glob={pattern: pattern.replace("{id}", "*") for pattern in say.keys},
        regex={pattern: f"(?:{any_of})".join(_regex(part) for part in pattern.split("{id}")) for pattern in say.keys},
        told={one.name: (one.database, _told(ctx, one, users)) for one in say.told},
    )


def _regex(glob: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(each, re.escape(each)) for each in glob)


def _told(ctx: ActionContext, one: ToldKeys, users: Sequence[str]) -> list[str]:
    """Return the keys that a database tells of the users."""
    from psycopg import sql

    keys: list[str] = []
    with reading(ctx, one.system, _READ_S) as session:
        for user in users:
            question = one.sql.replace("{id}", sql.Literal(user).as_string())
            rows = session.execute(question.encode()).fetchall()
            if any(len(row) != 1 for row in rows):
                raise ActionFailed(
                    f"The query of {one.name} has more columns than the keys.", "Mend it (user_data: told)."
                )
            keys += [str(row[0]) for row in rows if row[0] is not None]
    return keys
