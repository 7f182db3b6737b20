"""What a server lets in now: each user with its new password, its old one, and one that nobody has."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import msgspec

from actions.context import ActionContext
from actions.credentials.store import CredentialStore
from actions.outcome import Finding
from actions.settings import Credential
from journal.errors import CleoError

_OLD_WORKS = (
    "Keep the writers out: whoever has the old password gets in. Run credentials.rotate, and read what it says."
)
_OLD_ELSEWHERE = (
    "Keep the writers out. Change it there, too: a replica of Redis and a pooler have users of their own, and a "
    "standby that does not replay still has the old ones."
)
_ANY_WORKS = "Keep the writers out, and correct the server's rules: a line of trust (pg_hba.conf), nopass (ACL)."


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What was proven of one user.

    Attributes:
        user: its name.
        words: what was tried, and what came back.
        good: whether the new password is the only one, as far as could be tried.
        tried: whether logins could be tried.
        findings: what is not as it must be.
    """

    user: str
    words: str
    good: bool
    tried: bool
    findings: list[Finding] = []


def try_user(ctx: ActionContext, store: CredentialStore, user: Credential) -> Trial:
    """Compare what the server has of a user with its passwords, and log in with each where it is let in at all."""
    new = ctx.secret(user.password.read())
    old, untold = _previous(ctx, user)
    if not store.verifier(user):
        gone = Finding(severity="warning", about=f"user {user.user}", text="the server has no such user")
        return Trial(user=user.user, words="the server has no such user", good=False, tried=False, findings=[gone])
    said, wrong = [f"new password: {'the' if store.matches(user, new) else 'NOT the'} server's"], list[Finding]()
    if not store.matches(user, new):
        wrong.append(_finding(user, "the server has another password than the new one", "Run credentials.rotate."))
    if old and old != new and store.matches(user, old):
        wrong.append(_finding(user, "the server still takes the old password", _OLD_WORKS))
    answer = store.try_login(user, new)
    said.append(f"login with it: {answer}")
    if answer == "refused":
        wrong.append(_finding(user, "its new password is refused", "Read the server's log."))
    said += _wrong_ones(store, user, old if old != new else "", untold, wrong)
    return Trial(user=user.user, words="; ".join(said), good=not wrong, tried=answer != "kept out", findings=wrong)


def try_elsewhere(ctx: ActionContext, store: CredentialStore, user: Credential, doors: Sequence[str]) -> Trial:
    """Log in with the old password at the standbys and at what stands in front: each may have users of its own."""
    new, (old, untold) = ctx.secret(user.password.read()), _previous(ctx, user)
    if not old or old == new:
        return Trial(user=user.user, words=f"not tried at {', '.join(doors)} ({untold})", good=True, tried=False)
    said, wrong, untried = list[str](), list[Finding](), False
    for door in doors:
        try:
            answer: str = store.try_login(user, old, door)
        except CleoError as error:
            answer, untried = f"not tried ({error.message})", True
        said.append(f"{door}: {answer}")
        if answer == "let in":
            wrong.append(_finding(user, f"its old password is let in at {door}", _OLD_ELSEWHERE))
    words = f"with the old password at {'; '.join(said)}"
    return Trial(user=user.user, words=words, good=not wrong, tried=not untried, findings=wrong)


def _previous(ctx: ActionContext, user: Credential) -> tuple[str, str]:
    """Return a user's old password, and why it is not known where it is not."""
    if user.previous is None:
        return "", "the inventory does not name it (previous:)"
    try:
        return ctx.secret(user.previous.read()), "it is the new one"
    except CleoError as error:
        return "", error.message


def _wrong_ones(store: CredentialStore, user: Credential, old: str, untold: str, wrong: list[Finding]) -> list[str]:
    """Try what must be refused; returns what came back."""
    nobodys = store.try_login(user, secrets.token_urlsafe(24))
    said = [f"with a password that nobody has: {nobodys}"]
    if nobodys == "let in":
        wrong.append(_finding(user, "it is let in with any password", _ANY_WORKS))
    if not old:
        return [*said, f"the old one: not tried ({untold})"]
    answer = store.try_login(user, old)
    if answer == "let in" and nobodys != "let in":
        wrong.append(_finding(user, "its old password is let in", _OLD_WORKS))
    return [*said, f"with the old one: {answer}"]


def _finding(user: Credential, text: str, cure: str) -> Finding:
    return Finding(severity="wrong", about=f"user {user.user}", text=text, cure=cure)
