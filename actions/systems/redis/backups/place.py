"""Where a Redis server's backups lie."""

from __future__ import annotations

from actions.backups.repository.place import Place
from actions.context import ActionContext
from actions.systems.redis.settings import RedisSettings


def place_of_backups(ctx: ActionContext, system: str) -> Place:
    """Return the repository of a server.

    Raises:
        ActionFailed: the inventory names none.
    """
    settings = ctx.inventory.system(system, RedisSettings)
    return Place(ctx, system, settings.backups, settings.host)
