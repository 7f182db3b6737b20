"""Keeps the application's users out of a Redis server: running, down or just restored; and lets them in again.

A user is switched off in the running server (ACL SETUSER), its connections are ended, and its line is switched off
where the server reads its users at a start. What was changed is written down first, beside the data directory, so that
exactly that is given back, whoever does it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from actions.outcome import ActionFailed, Cure
from actions.systems.redis.acl_lines import digest_of, is_off, line_of, with_off, with_on
from actions.systems.redis.configuration import read_configuration
from actions.systems.redis.connection import CannotConnect, Login, connect
from actions.systems.redis.restore_record import keeper, place_of
from actions.systems.redis.server import Server
from actions.systems.redis.settings import AppUser
from actions.systems.redis.verified_connection import connect_verified
from journal.errors import CleoError
from journal.structs import from_json

if TYPE_CHECKING:
    from redis import Redis

_KILLS = 20
"""How often the connections of users that are switched off are ended: no new ones begin."""


class Barred(msgspec.Struct, frozen=True, kw_only=True):
    """What was changed to keep users out.

    Attributes:
        incident: who did it.
        file: where the server reads its users; empty: nowhere, they are in its memory alone.
        lines: the digest of each user's line as it was; empty: it had none.
    """

    incident: str
    file: str = ""
    lines: Mapping[str, str] = {}


class Way(NamedTuple):
    """A way in that is open: the user, and how that is known."""

    user: str
    how: str

    def __str__(self) -> str:
        return f"{self.user} {self.how}"


def users_file(server: Server) -> str:
    """Return the file from which a start reads the users: the ACL file, else the configuration; empty: none."""
    conf = read_configuration(server)
    path = conf.last("aclfile") or server.settings.acl_file or server.settings.config_file
    return path if path and server.exists(path) else ""


def record_path(server: Server) -> str:
    """Return where it is written down what was changed: it outlives the data directory."""
    return f"{place_of(server)}.cleo-writers.json"


def load_barred(server: Server) -> Barred | None:
    """Return what was changed to keep users out; None: nothing.

    Raises:
        ActionFailed: that cannot be read.
    """
    path = record_path(server)
    text = keeper(server).read(path)
    if text is None:
        return None
    try:
        return from_json(text, Barred)
    except msgspec.DecodeError as error:
        raise ActionFailed(f"{path} cannot be understood: {error}", "Look at it: it says who was kept out.") from None


def app_users(server: Server) -> Sequence[AppUser]:
    """Return the users that write for the application.

    Raises:
        ActionFailed: the inventory names none.
    """
    if not server.settings.app_users:
        raise ActionFailed(
            f"The inventory names no app_users for {server.name}: nobody knows who writes.",
            "Name the users that write for the application, under app_users:.",
        )
    return server.settings.app_users


def require_not_ourselves(server: Server) -> None:
    """Refuse to switch off the user that we log in as.

    Raises:
        ActionFailed: the application is the same user.
    """
    ours = server.settings.user or "default"
    if ours in [user.name for user in app_users(server)]:
        raise ActionFailed(
            f"The application logs in to {server.name} as {ours}, and so do we: switched off, it keeps both out.",
            "Give cleo a user of its own (ACL SETUSER cleo on >PASSWORD ~* &* +@all), and name it in the inventory.",
            cures=[Cure(words="Or stop the application by hand, and mark this as done with a note.", instead=True)],
        )


def bar_at_start(server: Server, known: Mapping[str, str] | None = None) -> Barred:
    """Switch the application's users off where a start reads them. Call it only where ``effect`` said True.

    Args:
        server: the server.
        known: the lines of users as a running server tells them, for those that no file has.

    Returns:
        what was changed, by this and by whoever did it before.
    """
    file, before = users_file(server), load_barred(server)
    text = (server.read(file) or "") if file else ""
    lines, new = dict(before.lines) if before else {}, text
    for user in app_users(server):
        if is_off(text, user.name):
            continue
        lines[user.name] = digest_of(line_of(text, user.name))
        new = with_off(new, user.name, (known or {}).get(user.name, ""))
    barred = Barred(incident=server.ctx.incident.id, file=file, lines=lines)
    if lines and barred != before:
        keeper(server).write(record_path(server), msgspec.json.encode(barred).decode())
    if new != text:
        _write(server, file, new)
    return barred


def bar_now(server: Server) -> int:
    """Switch the users off in the running server too, and end their connections; return how many those were.

    Call it only where ``effect`` said True.
    """
    with connect_verified(server) as session:
        client: Any = session
        listed = {line.split()[1]: line for line in client.acl_list()}
        on = {name: line for name, line in listed.items() if not is_off(line, name)}
        bar_at_start(server, on)
        ended = 0
        for user in app_users(server):
            if user.name in on:
                client.execute_command("ACL", "SETUSER", user.name, "off")
            for _attempt in range(_KILLS):
                killed = int(client.execute_command("CLIENT", "KILL", "USER", user.name)) if user.name in listed else 0
                ended += killed
                if not killed:
                    break
    return ended


def give_back(server: Server, barred: Barred, *, running: bool) -> None:
    """Let in again whom ``barred`` kept out, and nobody else. Call it only where ``effect`` said True."""
    file = users_file(server)
    text = (server.read(file) or "") if file else ""
    new = text
    for name, digest in barred.lines.items():
        new = with_on(new, name, digest)
    if new != text:
        _write(server, file, new)
    if running:
        with connect_verified(server) as session:
            client: Any = session
            for name in barred.lines:
                client.execute_command("ACL", "SETUSER", name, "on")
    keeper(server).remove(record_path(server))


def _write(server: Server, path: str, text: str) -> None:
    """Write as the server's account, else, where that may not write there, as our own; the owner stays."""
    folder = path.rpartition("/")[0]
    may = server.query(["sh", "-c", '[ -w "$1" ] && [ -w "$2" ]', "sh", folder, path]).code == 0
    server.write(path, text, user=None if may else "")


def off_at_start(server: Server) -> list[str]:
    """Return the application's users that a start would let in, by the file that it reads; all, where there is none."""
    file = users_file(server)
    text = (server.read(file) or "") if file else ""
    return [user.name for user in app_users(server) if not is_off(text, user.name)]


def open_ways(server: Server) -> list[Way]:
    """Return the ways in that are open to the application's users in the running server: each is tried as that user.

    Raises:
        CannotConnect: nobody can tell.
    """
    with connect_verified(server) as client:
        return [way for user in app_users(server) if (way := _left_open(server, client, user))]


def _left_open(server: Server, session: Redis, user: AppUser) -> Way | None:
    client: Any = session
    known = client.acl_getuser(user.name)
    if not known:
        return None
    if str(user.name) in {str(one.get("user")) for one in client.client_list()}:
        return Way(user.name, "is connected")
    if "on" in known["flags"] and user.password is None:
        return Way(user.name, "is switched on (not tried: the inventory has no password of it)")
    if user.password is None:
        return None
    try:
        with connect(server.settings, deadline_s=5, login=Login(user.name, user.password.read())):
            return Way(user.name, "can log in")
    except CannotConnect as error:
        if error.why != "password":
            raise
    return Way(user.name, "is switched on") if "on" in known["flags"] else None


def unknown_users(server: Server) -> list[str]:
    """Return the application's users that the running server does not know."""
    with connect_verified(server) as session:
        client: Any = session
        return [user.name for user in app_users(server) if not client.acl_getuser(user.name)]


def other_writers(server: Server) -> list[str]:
    """Return who else may write: users that are on, are neither ours nor the application's, and may SET a key."""
    ours = {server.settings.user or "default", *(user.name for user in app_users(server))}
    try:
        with connect_verified(server) as session:
            client: Any = session
            names = [line.split()[1] for line in client.acl_list() if not is_off(line, line.split()[1])]
            return [name for name in names if name not in ours and _may_write(client, name)]
    except CleoError as error:
        server.ctx.log(f"Who else may write is not measured: {error.message}", "err")
        return []


def _may_write(client: Any, name: str) -> bool:
    """ACL DRYRUN tells it from Redis 7.0 on; before that a user that has all commands counts."""
    from redis import ResponseError

    try:
        return str(client.execute_command("ACL", "DRYRUN", name, "SET", "cleo", "1")) == "OK"
    except ResponseError as error:
        return "unknown subcommand" in str(error).lower() and "+@all" in str(client.acl_getuser(name).get("commands"))
