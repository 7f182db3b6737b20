"""The account that a local program runs as, and the environment it gets."""

from __future__ import annotations

import os
import pwd
from collections.abc import Collection, Mapping

import msgspec

from actions.account import user_name
from actions.transport.errors import NothingStarted

_HARMLESS = frozenset({"PATH", "LANG", "LANGUAGE", "TZ", "CLEO_LAB"})
"""``CLEO_LAB`` tells whose a lab's processes are: what a command started that the lab runs goes with the lab."""

_OURS = _HARMLESS | {"HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "XDG_RUNTIME_DIR", "SSH_AUTH_SOCK"}
_FALLBACK_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Account(msgspec.Struct, frozen=True):
    """Somebody else than us."""

    name: str
    uid: int
    gid: int
    home: str
    shell: str


def other_account(user: str) -> Account | None:
    """Return the account to change to for ``user``; None where it is empty or our own.

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
        raise NothingStarted(f"{user_name()} cannot run programs as {user}.", f"Run cleo as {user} or as root.")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir, entry.pw_shell)


def environment(
    account: Account | None, added: Mapping[str, str] | None, passed: Collection[str] = ()
) -> dict[str, str]:
    """Return the environment a program gets: where programs are, who it is, language and time zone, and no more.

    The rest of ours may hold secrets, which a program that prints its environment would put into the journal, or
    settings (``PGHOST``, ``PGBACKREST_REPO1_PATH``) that lead a recovery elsewhere.

    Args:
        account: another account than ours, which gets none of our own places either.
        added: variables for this one program.
        passed: names of further variables of ours that the inventory passes on.
    """
    kept = (_HARMLESS if account else _OURS).union(passed)
    base = {name: value for name, value in os.environ.items() if name in kept or name.startswith("LC_")}
    if account:
        base |= {"HOME": account.home, "USER": account.name, "LOGNAME": account.name, "SHELL": account.shell}
    base.setdefault("PATH", _FALLBACK_PATH)
    return {**base, **(added or {})}
