"""Faults of an ordinary day: it serves on, and a recovery would stop at them. ``cleo ready`` finds them."""

from __future__ import annotations

from cleo_console.lab.fault_log import utc_now
from cleo_console.lab.mongodb import server
from cleo_console.lab.mongodb.cluster import CONSOLE, Member
from cleo_console.lab.service import Done, FaultKind
from cleo_console.lab.taken_away import take_away

ADMINISTRATOR = "lab_admin"


def revoke_right(member: Member) -> Done:
    """Leave the console's user the right to read alone; an administrator with its password can undo that."""
    server.require_running(member)
    at, password = utc_now(), member.password_file(CONSOLE).read_text(encoding="utf-8").strip()
    with member.session() as client:
        if not client.admin.command("usersInfo", ADMINISTRATOR)["users"]:
            client.admin.command("createUser", ADMINISTRATOR, pwd=password, roles=["root"])
        client.admin.command("updateUser", CONSOLE, roles=["readAnyDatabase"])
    what = f"The user {CONSOLE} may only read; {ADMINISTRATOR}, with the same password, can give it root again."
    return what, {"at": at, "user": CONSOLE, "administrator": ADMINISTRATOR}


def lose_key_file(member: Member) -> Done:
    """Move the key file of the set away: the server does not start again without it."""
    return take_away(member.key_file, "the key file of the set")


def lose_repository(member: Member) -> Done:
    """Move the repository of its backups away, as a disk that was not mounted."""
    return take_away(member.repository, "the repository of its backups")


FAULTS = (
    FaultKind("revoke-right", "leave the console's user the right to read alone", revoke_right),
    FaultKind("lose-key-file", "move the key file of the set away; it serves on", lose_key_file),
    FaultKind("lose-repository", "move the repository of its backups away", lose_repository),
)
