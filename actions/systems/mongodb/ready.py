"""What MongoDB's steps need beforehand: programs, folders, the role of our user, the users of the application."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from actions.machine.certificate import Shown
from actions.machine.machine import Machine
from actions.readiness.certificates import certificate_finding, own_certificate
from actions.readiness.fences import look_at_fences
from actions.readiness.keeping import look_at_keeping
from actions.readiness.logins import kept_out, let_in, readable, refused
from actions.readiness.ready import Need
from actions.readiness.server_files import look_at_files, starting
from actions.readiness.settings_needs import beside, repository_needs, restore_folders
from actions.readiness.versions import look_at_version
from actions.systems.mongodb.by_hand import program
from actions.systems.mongodb.connection import Login, connect
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
            programs=[program(settings, "mongod"), *starting(settings.service)],
            folders=restore_folders(settings, settings.keep_in, settings.scratch_in or settings.keep_in),
        )
        yield from repository_needs(settings, settings.backups, ("backups.take", "backups.hold"))

    def look(self, ctx: ActionContext, system: str, health: Health) -> Iterable[ReadyFinding]:
        """Ask the server what our user may do, and which of the application's users it knows."""
        settings = ctx.inventory.system(system, MongodbSettings)
        yield from readable(
            [(f"password of {one.user}", one.password) for one in settings.app_users], system, *_WRITERS
        )
        yield from look_at_fences(ctx, system, settings.fence)
        machine, kept = Machine(ctx, settings.host, settings.run_as), settings.keep_in or beside(settings)
        yield from look_at_keeping(machine, kept, settings.place(), system, "mongodb.restore")
        yield from own_certificate(ctx, settings, system)
        about = f"user {settings.user or 'nobody'} of {system}"
        try:
            with connect(settings, deadline_s=_ASK_S) as client:
                role = _role(client, settings, about, system)
                yield role
                if role.state == "ok":  # else it is refused whatever it asks, and that is said once
                    yield from _asked(ctx, client, settings, system)
        except CleoError as error:
            yield refused(error, about, system)


def _asked(
    ctx: ActionContext, client: MongoClient[dict[str, Any]], settings: MongodbSettings, system: str
) -> Iterator[ReadyFinding]:
    """Yield what the server tells: the application's users, its program, and the files that it starts from."""
    if not settings.standby_of:
        yield kept_out(system, _missing(client, settings), _WRITERS)
        for one in settings.app_users:
            yield from let_in(system, one.user, one.password, _login(settings, one.user, one.database))
    machine = Machine(ctx, settings.host, settings.run_as)
    running = str(client.admin.command("buildInfo")["version"])
    yield look_at_version(machine, program(settings, "mongod"), running, system, counts=2)
    said = client.admin.command("getCmdLineOpts")["parsed"]
    tls = said.get("net", {}).get("tls", {})
    named = {settings.config_file or said.get("config", ""): "configuration"}
    named |= {said.get("security", {}).get("keyFile", ""): "key file of the set"}
    named |= {tls.get("certificateKeyFile", ""): "certificate", tls.get("CAFile", ""): "CA"}
    yield from look_at_files(machine, named, system)
    if settings.tls and (path := tls.get("certificateKeyFile", "")):
        shown = Shown(settings.address, settings.port, settings.tls_certificate_file)
        yield certificate_finding(machine, path, f"certificate of {system}", system, shown)


def _login(
    settings: MongodbSettings, user: str, database: str
) -> Callable[[str], AbstractContextManager[MongoClient[dict[str, Any]]]]:
    return lambda password: connect(settings, deadline_s=_ASK_S, login=Login(user, password, database))


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
