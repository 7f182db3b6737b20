"""What every server's login has in common, beforehand: why it is refused, and whether its secrets can be read here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager

from actions.cannot_connect import CannotConnect
from actions.secrets import Secret, SecretUnavailable
from journal.errors import CleoError
from journal.readiness.finding import ReadyFinding, State

_PROVEN = ("password", "tls", "another")
"""Reasons that prove that our login does not do; all others may be a server that is down."""
_WRONG = ("Authentication failed", "invalid username-password", "WRONGPASS")
"""What servers say of a password that is not theirs."""


def refused(error: CleoError, about: str, system: str) -> ReadyFinding:
    """Return what it means that a server cannot be talked to."""
    proven = error.why in _PROVEN if isinstance(error, CannotConnect) else isinstance(error, SecretUnavailable)
    state: State = "wrong" if proven else "not measured"
    return ReadyFinding(about=about, state=state, words=error.message, cure=error.hint, systems=[system])


def kept_out(system: str, missing: Sequence[str] | None, actions: Sequence[str]) -> ReadyFinding:
    """Return whether the application's users are there, which are kept out before a restore.

    Args:
        system: the system.
        missing: the users that the inventory names and the server does not know; None: the inventory names none.
        actions: the actions that need them.
    """
    words = f"{', '.join(missing)} is not there" if missing else "they can be kept out"
    if missing is None:
        words = "the inventory names none (app_users:), so nobody is kept out before a restore"
    wrong = missing is None or bool(missing)
    return ReadyFinding(
        about=f"the application's users of {system}",
        state="wrong" if wrong else "ok",
        words=words,
        cure="Name the users that write for the application in the inventory." if wrong else "",
        systems=[system],
        actions=actions,
    )


def let_in(
    system: str, user: str, secret: Secret | None, attempt: Callable[[str], AbstractContextManager[object]]
) -> Iterator[ReadyFinding]:
    """Yield that the server takes another password of an application's user than the inventory has.

    Args:
        system: the system.
        user: the user.
        secret: its password; None, and one that cannot be read: that is said by others.
        attempt: logs in with a password, and out again.
    """
    if secret is None:
        return
    about = f"login of {user} at {system}"
    try:
        with attempt(secret.read()):
            pass
    except CannotConnect as error:
        if any(words in error.message for words in _WRONG):
            words = f"the server does not let it in: {error.message}"
            cure = "Correct its password in the inventory: a verification tries it, and would find it refused."
            yield ReadyFinding(about=about, state="wrong", words=words, cure=cure, systems=[system], stops=False)
    except CleoError:
        return
    else:
        yield ReadyFinding(about=about, state="ok", words="it logs in", systems=[system], stops=False)


def readable(secrets: Iterable[tuple[str, Secret | None]], system: str, *actions: str) -> Iterator[ReadyFinding]:
    """Yield whether each secret can be had on this machine, by what it is for; its value is shown nowhere.

    Args:
        secrets: what each is for, in words, and where it is; None: there is none.
        system: the system that needs them.
        actions: the actions that do; none: all.
    """
    for what, secret in secrets:
        if secret is None:
            continue
        about = f"{what} of {system}"
        try:
            secret.read()
        except CleoError as error:
            cure = error.hint
            yield ReadyFinding(
                about=about, state="wrong", words=error.message, cure=cure, systems=[system], actions=actions
            )
        else:
            yield ReadyFinding(about=about, state="ok", words="it can be read", systems=[system], actions=actions)
