"""``credentials.rotate``: new passwords in force, old ones refused, what was begun with them ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from actions.action import action
from actions.backups.engine import target
from actions.context import ActionContext
from actions.credentials.record import keep_before, load_before
from actions.credentials.store import CredentialStore, Stranger, find_store
from actions.credentials.trial import try_user
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.settings import Credential
from journal.wording.counting import count

DECISION = "strangers"
"""The decision on users that nobody vouches for: ``disable`` them, or only ``name`` them."""


@action(
    "credentials.rotate",
    probe="credentials.test",
    resumable=True,
    touches=("data directory",),
    target=target,
    params={"disable": "users to keep from logging in, by their names with commas: strangers that were named"},
    unready="new passwords are put in their places in the incident itself",
)
def rotate(ctx: ActionContext, *, disable: str = "") -> Outcome:
    """Change the passwords of a system's users after a break-in.

    The new ones come from where the inventory says (`logins: password`): put them there first, and the old ones at
    `previous`. Each is set without standing in a command line, a log or the journal; sessions that were begun with the
    old one are ended, and it is tried: the new one is let in, the old one and one that nobody has are refused. Who is
    kept out meanwhile is compared with what the server keeps, and tried by credentials.test once writers are in. Users
    that no clean backup and no inventory knows are named; where that was decided (`strangers`), or for those in
    `disable`, they are kept from logging in, and not removed.

    Needs: `logins` in the inventory; the system up; a user who may change users.

    Leaves: other passwords. Whatever logs in with an old one (workers, poolers, replicas) is refused from then on.

    Killed half way: some users may have their new password; run it again.
    """
    users = credentials_of(ctx)
    store = find_store(ctx)
    names = [name.strip() for name in disable.split(",") if name.strip()]
    strangers, compared = store.strangers()
    _require_strangers(ctx, names, strangers)
    if ctx.incident.decisions.get(DECISION) == "disable":
        names = list(dict.fromkeys([*names, *stranger_names(strangers)]))
    _require_new(ctx, store, users)
    what = [f"change the password of {', '.join(user.user for user in users)} and end what they began"]
    what += [f"keep {', '.join(names)} from logging in"] if names else []
    if not ctx.effect("; ".join(what)):
        return Outcome(ok=True, summary=f"would {'; '.join(what)}", findings=list(stranger_findings(ctx, strangers)))
    ended = sum(_change(ctx, store, user) for user in users)
    ended += sum(store.disable(name) for name in names)
    return _outcome(ctx, store, users, ended, names, compared)


def credentials_of(ctx: ActionContext) -> Sequence[Credential]:
    """Return the users whose passwords are changed.

    Raises:
        ActionFailed: the inventory names none.
    """
    settings = ctx.inventory.systems[ctx.system]
    if not settings.logins:
        raise ActionFailed(
            f"The inventory names no logins of {ctx.system}: nobody's password was changed.",
            "Name its users under logins: of it; or change their passwords by hand, and note how that was proven.",
        )
    return settings.logins


def _require_new(ctx: ActionContext, store: CredentialStore, users: Sequence[Credential]) -> None:
    """Make sure that new passwords are new: before anything is changed."""
    before = load_before(ctx)
    for user in users:
        new = ctx.secret(user.password.read())
        verifier = store.verifier(user)
        if not verifier:
            ctx.log(f"{user.user}: the server has no such user", "err")
        elif store.matches(user, new) and before.tells(user.user, verifier) in (None, True):
            raise ActionFailed(
                f"{user.user} has that password already: no new one lies where the inventory says.",
                f"Put a new one there ({_where(user)}), the old one at previous:, and run it again.",
            )


def _where(user: Credential) -> str:
    secret = user.password
    return secret.file or (f"the variable {secret.env}" if secret.env else " ".join(secret.command[:1]))


def _change(ctx: ActionContext, store: CredentialStore, user: Credential) -> int:
    """Change one password, unless this incident has; returns how many sessions were ended."""
    verifier, new = store.verifier(user), user.password.read()
    if not verifier:
        return 0
    if not store.matches(user, new):
        keep_before(ctx, load_before(ctx).with_user(user.user, verifier))
        store.change(user, new)
        ctx.log(f"{user.user}: password changed")
    ended = store.end_sessions(user)
    ctx.log(f"{user.user}: {count(ended, 'session')} ended")
    return ended


def _require_strangers(ctx: ActionContext, names: Sequence[str], strangers: Sequence[Stranger]) -> None:
    """Disable nobody who belongs there: a name mistyped would keep the application out."""
    named = [each.name for each in strangers if not each.known]
    if wrong := [name for name in names if name not in named]:
        raise ActionFailed(
            f"{', '.join(wrong)} is no stranger to {ctx.system}: nobody was disabled.",
            f"Strangers are: {', '.join(named) or 'none'}. Disable others by hand.",
        )


def stranger_findings(ctx: ActionContext, strangers: Sequence[Stranger]) -> Iterator[Finding]:
    """Yield a finding for each stranger that can still log in, and for each user that is not as it was."""
    for each in strangers:
        if each.known:
            cure = "Compare it with what it should be; what it may is changed by hand."
            yield Finding(severity="warning", about=f"user {each.name}", text=each.what, cure=cure)
        elif not each.disabled:
            left = ctx.incident.decisions.get(DECISION) == "name"
            cure = "Disable it (credentials.rotate --disable); or, if it belongs there, name it under accounts:."
            text = f"nobody vouches for it: {each.what}"
            yield Finding(severity="warning" if left else "wrong", about=f"user {each.name}", text=text, cure=cure)


def stranger_cures(ctx: ActionContext, strangers: Sequence[Stranger]) -> list[Cure]:
    """Return what helps against strangers that can log in: a decision first, else naming them."""
    names = stranger_names(strangers)
    if not names or ctx.incident.decisions.get(DECISION) == "name":
        return []
    words = f"Decide what becomes of those that nobody vouches for: {', '.join(names)}."
    first = [] if ctx.incident.decisions.get(DECISION) else [Cure(words=words, decision=DECISION)]
    words = f"Keep them from logging in: {', '.join(names)}."
    return [*first, Cure(words=words, action="credentials.rotate", params={"disable": ",".join(names)})]


def _outcome(
    ctx: ActionContext,
    store: CredentialStore,
    users: Sequence[Credential],
    ended: int,
    disabled: Sequence[str],
    compared: str,
) -> Outcome:
    trials, strangers = [], store.strangers()[0]
    for user in users:
        trials.append(try_user(ctx, store, user))
        ctx.log(f"{user.user}: {trials[-1].words}", "out" if trials[-1].good else "err")
    findings = [finding for trial in trials for finding in trial.findings]
    findings += [*store.open_doors(), *_fleeting(store, users), *stranger_findings(ctx, strangers)]
    good = [trial for trial in trials if trial.good]
    untried = [trial.user for trial in good if not trial.tried]
    summary = f"{len(good)} of {count(len(trials), 'password')} changed; {count(ended, 'session')} ended"
    summary += f"; kept from logging in: {', '.join(disabled)}" if disabled else ""
    summary += f"; {count(len(stranger_names(strangers)), 'stranger')} can log in" if stranger_names(strangers) else ""
    wrong = [finding for finding in findings if finding.severity == "wrong"]
    return Outcome(
        ok=not wrong,
        summary=f"{summary} (strangers by {compared}).{_later(untried)}",
        facts={
            "changed": [trial.user for trial in good],
            "sessions_ended": ended,
            "disabled": list(disabled),
            "strangers": stranger_names(strangers),
            "not_tried": untried,
        },
        findings=findings,
        cures=stranger_cures(ctx, strangers),
    )


def stranger_names(strangers: Sequence[Stranger]) -> list[str]:
    """Return the strangers that can log in."""
    return [each.name for each in strangers if not each.known and not each.disabled]


def _fleeting(store: CredentialStore, users: Sequence[Credential]) -> Iterator[Finding]:
    for user in users:
        if why := store.not_lasting(user):
            yield Finding(severity="warning", about=f"user {user.user}", text=why, cure="Bring it there by hand.")


def _later(untried: Sequence[str]) -> str:
    return f" {', '.join(untried)}: kept out, so no login was tried; credentials.test does." if untried else ""
