"""What MongoDB's steps need beforehand: programs, folders, the role of our user, the users of the application."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from actions.readiness.fences import look_at_fences
from actions.readiness.logins import kept_out, readable, refused
from actions.readiness.ready import Need
from actions.readiness.settings_needs import repository_needs, restore_folders
from actions.systems.mongodb.by_hand import program
from actions.systems.mongodb.connection import connect
from actions.systems.mongodb.settings import MongodbSettings
from journal.errors import CleoError
from journal.readiness.finding import ReadyFinding

if TYPE_CHECKING:
    from pymongo import MongoClient

    from actions.context import ActionContext
    from actions.health import Health

_ASK_S = 8.0
_ENOUGH = ("root", "__system")
_WRITERS = ("mongodb.stop_writers", "mongodb.allow_writers", "mongodb.restore")


class _Ready:
    """See `actions.readiness.ready.TypeReady`."""

    def needs(self, settings: MongodbSettings) -> Iterable[Need]:
        """Return mongod, and the folders of a restore."""
        yield Need(
            host=settings.host,
            user=settings.run_as,
            programs=[program(settings, "mongod")],
            folders=restore_folders(settings, settings.keep_in, settings.scratch_in),
        )
        yield from repository_needs(settings, settings.backups, ("backups.take", "backups.hold"))

    def look(self, ctx: ActionContext, system: str, health: Health) -> Iterable[ReadyFinding]:
        """Ask the server what our user may do, and which of the application's users it knows."""
        settings = ctx.inventory.system(system, MongodbSettings)
        yield from readable(
            [(f"password of {one.user}", one.password) for one in settings.app_users], system, *_WRITERS
        )
        yield from look_at_fences(ctx, system, settings.fence)
        about = f"user {settings.user or 'nobody'} of {system}"
        try:
            with connect(settings, deadline_s=_ASK_S) as client:
                yield _role(client, settings, about, system)
                if not settings.standby_of:
                    yield kept_out(system, _missing(client, settings), _WRITERS)
        except CleoError as error:
            yield refused(error, about, system)


def _role(client: MongoClient[dict[str, Any]], settings: MongodbSettings, about: str, system: str) -> ReadyFinding:
    if not settings.user:
        return ReadyFinding(about=about, state="ok", words="the server asks for no login", systems=[system])
    told = client.admin.command("connectionStatus")["authInfo"]["authenticatedUserRoles"]
    roles = sorted({str(one["role"]) for one in told})
    if set(roles) & set(_ENOUGH):
        return ReadyFinding(about=about, state="ok", words=f"it logs in, with {', '.join(roles)}", systems=[system])
    words = f"it has {', '.join(roles) or 'no role'}, and a recovery needs root"
    cure = f'Let an administrator run: db.grantRolesToUser("{settings.user}", ["root"])'
    return ReadyFinding(about=about, state="wrong", words=words, cure=cure, systems=[system])


def _missing(client: MongoClient[dict[str, Any]], settings: MongodbSettings) -> list[str] | None:
    """Return the application's users that the server does not know; None where the inventory names none."""
    named = settings.app_users
    gone = [one.user for one in named if not client[one.database].command("usersInfo", one.user)["users"]]
    return gone if named else None


READY = _Ready()
