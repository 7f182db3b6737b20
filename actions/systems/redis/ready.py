"""What Redis' steps need beforehand: programs, folders, the rights of our user, the users of the application."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from actions.machine.machine import Machine
from actions.readiness.certificates import own_certificate
from actions.readiness.fences import look_at_fences
from actions.readiness.keeping import look_at_keeping
from actions.readiness.logins import kept_out, let_in, readable, refused
from actions.readiness.ready import Need
from actions.readiness.server_files import starting
from actions.readiness.settings_needs import beside, repository_needs, restore_folders
from actions.systems.redis.connection import Login, connect
from actions.systems.redis.ready_server import look_at_server
from actions.systems.redis.server import program
from actions.systems.redis.settings import RedisSettings
from journal.errors import CleoError
from journal.readiness.finding import ReadyFinding

if TYPE_CHECKING:
    from redis import Redis

    from actions.context import ActionContext
    from actions.health import Health

_ASK_S = 8.0
_WRITERS = ("redis.stop_writers", "redis.allow_writers", "redis.restore")


class _Ready:
    """See `actions.readiness.ready.TypeReady`."""

    def needs(self, settings: RedisSettings) -> Iterable[Need]:
        """Return the server's programs, and the folder of a restore."""
        names = ("redis-check-rdb", "redis-check-aof")
        yield Need(
            host=settings.host,
            user=settings.run_as,
            programs=[
                program(settings, settings.program),
                *(program(settings, name) for name in names),
                *starting(settings.service),
            ],
        )
        yield Need(host=settings.host, folders=restore_folders(settings, settings.keep_in))  # by our own account
        yield from repository_needs(settings, settings.backups, ("backups.take", "backups.hold"))

    def look(self, ctx: ActionContext, system: str, health: Health) -> Iterable[ReadyFinding]:
        """Ask the server what our user may do, and which of the application's users it knows."""
        settings = ctx.inventory.system(system, RedisSettings)
        yield from readable(
            [(f"password of {one.name}", one.password) for one in settings.app_users], system, *_WRITERS
        )
        yield from look_at_fences(ctx, system, settings.fence)
        data, kept = settings.place(), settings.keep_in or beside(settings)
        yield from look_at_keeping(Machine(ctx, settings.host), kept, data, system, "redis.restore")
        yield from own_certificate(ctx, settings, system)
        about = f"user {settings.user or 'default'} of {system}"
        try:
            with connect(settings, deadline_s=_ASK_S) as client:
                yield _rights(client, settings.user or "default", about, system)
                yield kept_out(system, _missing(client, settings), _WRITERS)
                for one in settings.app_users:
                    yield from let_in(system, one.name, one.password, _login(settings, one.name))
                yield from look_at_server(Machine(ctx, settings.host, settings.run_as), client, settings, system)
        except CleoError as error:
            yield refused(error, about, system)


def _login(settings: RedisSettings, user: str) -> Callable[[str], AbstractContextManager[Redis]]:
    return lambda password: connect(settings, deadline_s=_ASK_S, login=Login(user, password))


def _rights(client: Redis, user: str, about: str, system: str) -> ReadyFinding:
    """Return whether the user may give every command that a recovery does."""
    from redis import ResponseError

    try:
        known: Any = client.acl_getuser(user) or {}
    except ResponseError as error:
        words = f"it may not be told what it may do: {error}"
        cure = f"Let an administrator run: ACL SETUSER {user} +@all ~* &*"
        return ReadyFinding(about=about, state="wrong", words=words, cure=cure, systems=[system])
    rules = [str(rule) for rule in (*known.get("categories", ()), *known.get("commands", ()))]
    words = ""
    if "+@all" not in rules or [rule for rule in rules if rule.startswith("-")]:
        words = f"it may not give every command ({' '.join(rules) or 'none is told'}), and a recovery needs them"
    elif "~*" not in (keys := [str(one) for one in known.get("keys", ())]):
        words = f"it may not see every key ({' '.join(keys) or 'none'}), and a recovery compares and keeps all of them"
    if not words:
        words = "it logs in, and may give every command"
        return ReadyFinding(about=about, state="ok", words=words, systems=[system])
    cure = f"Let an administrator run: ACL SETUSER {user} +@all ~* &*, then keep it: ACL SAVE, or the server's file."
    return ReadyFinding(about=about, state="wrong", words=words, cure=cure, systems=[system])


def _missing(client: Redis, settings: RedisSettings) -> list[str] | None:
    """Return the application's users that the server does not know; None where the inventory names none."""
    known: Any = client.acl_users()
    there = {str(name) for name in known}
    return [one.name for one in settings.app_users if one.name not in there] if settings.app_users else None


READY = _Ready()
