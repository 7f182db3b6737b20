"""The account that a local program runs as, and the environment it gets."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping

import msgspec

from actions.transport.errors import NothingStarted

_HARMLESS = {"PATH", "LANG", "LANGUAGE", "TZ"}
_FALLBACK_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Account(msgspec.Struct, frozen=True):
    """Somebody else than us."""

    name: str
    uid: int
    gid: int
    home: str
    shell: str


def other_account(user: str) -> Account | None:
    """Return the account to change to for ``user``; None where that is nobody or already us.

    Raises:
        NothingStarted: there is no such account, or we are not root and cannot become it.
    """
    if not user:
        return None
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise NothingStarted(
            f"There is no account {user} on this machine.", "Correct the user in the inventory."
        ) from None
    if entry.pw_uid == os.geteuid():
        return None
    if os.geteuid() != 0:
        ours = pwd.getpwuid(os.geteuid()).pw_name
        raise NothingStarted(f"{ours} cannot run programs as {user}.", f"Run cleo as {user} or as root.")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir, entry.pw_shell)


def environment(account: Account | None, added: Mapping[str, str] | None) -> dict[str, str]:
    """Return the environment a program gets.

    Another account gets none of our variables but where programs are, language and time zone: the rest
    may hold secrets, or name files that it cannot read.
    """
    base = dict(os.environ)
    if account:
        base = {name: value for name, value in base.items() if name in _HARMLESS or name.startswith("LC_")}
        base |= {"HOME": account.home, "USER": account.name, "LOGNAME": account.name, "SHELL": account.shell}
    base.setdefault("PATH", _FALLBACK_PATH)
    return {**base, **(added or {})}
