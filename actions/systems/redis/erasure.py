"""``redis.reapply_erasures``: keys of users who were erased since the recovery point are erased again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from actions.action import action
from actions.context import ActionContext
from actions.erasure.reapply import Held, look_again, reapply
from actions.outcome import Outcome
from actions.systems.redis import user_by_hand
from actions.systems.redis.chosen_keys import find_keys, place
from actions.systems.redis.identity import identity
from actions.systems.redis.server import Server, find_server
from actions.systems.redis.user_keys import choose_keys
from actions.systems.redis.verified_connection import connect_verified

_HOURS_S = 4 * 3600.0


@action("redis.erasures_left", target=identity)
def erasures_left(ctx: ActionContext) -> Outcome:
    """Tell what is there of users who were erased since.

    Needs: the ledger of erasure requests (`erasure:` in the inventory); a server that answers; the databases that tell
    of keys (`user_data: told`).
    """
    return look_again(ctx, RedisEraser(find_server(ctx)))


@action(
    "redis.reapply_erasures",
    destructive=True,
    probe="redis.erasures_left",
    resumable=True,
    touches=("data directory",),
    target=identity,
    by_hand=user_by_hand.reapply_erasures,
)
def reapply_erasures(ctx: ActionContext) -> Outcome:
    """Erase again who was erased since the recovery point.

    Whom, the ledger says that the inventory names. Which keys are theirs is told by what they are called (`user_data`:
    `user:{id}:*`), in every database, and by the queries named there (a conversation's keys): so it comes before these
    users' rows are erased in PostgreSQL. It counts again after it; where nothing is there it does nothing.

    Needs: the ledger (`erasure:` in the inventory); a master that answers; the databases that tell of keys.

    Leaves: none of these users' keys. The old data that restores kept, and the backups, stay as they are.

    Killed half way: some of these keys are gone, and nobody else's; run again it erases the rest.
    """
    return reapply(ctx, RedisEraser(find_server(ctx)))


class RedisEraser:
    """Erases keys of one server.

    Args:
        server: the server.
    """

    thing = "key"

    def __init__(self, server: Server) -> None:
        self._server = server

    def look(self, users: Sequence[str]) -> Held:
        """See ``Eraser``."""
        if not users:
            return Held()
        chosen = choose_keys(self._server.ctx, self._server.settings.user_data, users)
        with connect_verified(self._server, deadline_s=_HOURS_S) as client:
            return Held(places=Counter(place(number, name) for number, name, _ in find_keys(client, chosen)))

    def erase(self, users: Sequence[str]) -> Mapping[str, int]:
        """See ``Eraser``."""
        chosen = choose_keys(self._server.ctx, self._server.settings.user_data, users)
        gone = Counter[str]()
        with (
            connect_verified(self._server, deadline_s=_HOURS_S) as client,
            connect_verified(self._server, deadline_s=_HOURS_S) as other,
        ):
            eraser: Any = other
            for number, name, key in find_keys(client, chosen):
                self._server.ctx.check_cancelled()
                eraser.execute_command("SELECT", number)
                gone[place(number, name)] += eraser.unlink(key)
        return gone
