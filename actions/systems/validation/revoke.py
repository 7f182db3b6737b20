"""``validation.revoke_tokens``: every token of before is worth nothing, which is tried with one of them."""

from __future__ import annotations

import time
from collections.abc import Iterator

from actions.action import action
from actions.context import ActionContext
from actions.machine.machine import Machine, last_words
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.systems.validation.application import Application, identity
from actions.systems.validation.auth import Trial, judge, served
from actions.systems.validation.by_hand import revoke_by_hand
from actions.systems.validation.http import CannotAsk, ask
from actions.systems.validation.settings import RevokeSettings
from journal.wording.counting import count

_PAUSE_S = 0.2
_STILL_IN = (
    "Keep users out: whoever took a token before gets in. See what the command did, and the API's key and caches."
)


@action(
    "validation.revoke_tokens",
    probe="validation.auth",
    touches=("address",),
    target=identity,
    by_hand=revoke_by_hand,
)
def revoke_tokens(ctx: ActionContext) -> Outcome:
    """Revoke every token of the application.

    The test user signs in; then the inventory's command (`login: revoke`) does it, by another signing key or by ending
    every session. The token of before must be refused before long, and so must those that the inventory says are
    (the intruder's); a new sign-in must be served. Without a token that was good before, nothing is proven.

    Needs: the API, able to sign in; `login` with `revoke` in the inventory.

    Leaves: every user signed out. A new session of the test user.

    Killed half way: the tokens may be revoked or not; run it again.
    """
    application = Application(ctx)
    application.require_ours()
    how = _command(application)
    user = application.login().user
    if not ctx.effect(f"sign in as {user}, revoke every token ({how.command[0]}), and try the one of before"):
        return Outcome(ok=True, summary=f"would revoke every token of {application.name}")
    token = application.sign_in()
    if (before := served(application, token)).verdict != "right":
        raise ActionFailed(
            f"A token that was just given out is not served ({before.seen}): that it is refused would prove nothing.",
            "See what the API lacks (validation.auth), then run it again.",
            left_behind="Nothing was revoked.",
        )
    _run(ctx, application, how)
    trials = [_until_refused(ctx, application, token, how.settle_s), _signs_in(application), *_known(application)]
    for trial in trials:
        ctx.log(f"{trial.what}: {trial.seen}", "out" if trial.verdict == "right" else "err")
    return _outcome(trials)


def _command(application: Application) -> RevokeSettings:
    login = application.login()
    if login.revoke is None:
        raise ActionFailed(
            f"The inventory does not say how the tokens of {application.name} are revoked.",
            "Revoke them by hand (another signing key, every session ended), then run validation.auth with one of "
            "before among login: refused:. Or add login: revoke: to the inventory.",
        )
    return login.revoke


def _run(ctx: ActionContext, application: Application, how: RevokeSettings) -> None:
    host = how.host or application.settings.host
    if not host:
        raise ActionFailed(
            f"The inventory names no host on which the tokens of {application.name} are revoked.",
            "Add host: to login: revoke:.",
        )
    done = Machine(ctx, host, how.run_as).run("revoke", how.command, timeout_s=how.deadline_minutes * 60.0)
    if done.code != 0:
        raise ActionFailed(
            f"{how.command[0]} failed: {last_words(done)}",
            "Correct what it says, then run it again.",
            left_behind="Some tokens may be revoked.",
        )


def _until_refused(ctx: ActionContext, application: Application, token: str, settle_s: float) -> Trial:
    """Try the token of before until it is refused; an API that is started anew meanwhile answers nothing."""
    protected, header, end = application.login().protected, application.with_token(token), time.monotonic() + settle_s
    while True:
        ctx.check_cancelled()
        tried = judge(application, "the token of before", lambda: ask(application.settings, protected, headers=header))
        if tried.verdict == "right" or time.monotonic() > end:
            return tried
        time.sleep(_PAUSE_S)


def _signs_in(application: Application) -> Trial:
    """Sign in anew: an API that refuses everybody has revoked nothing."""
    try:
        found = served(application, application.sign_in())
    except (ActionFailed, CannotAsk) as error:
        return Trial(what="a new sign-in", verdict="unclear", seen=error.message)
    return Trial(what="a new sign-in", verdict=found.verdict, seen=found.seen)


def _known(application: Application) -> Iterator[Trial]:
    """Try the tokens that the inventory says must be refused."""
    login = application.login()
    for name, secret in login.refused.items():
        header = application.with_token(application.ctx.secret(secret.read()))
        yield judge(
            application,
            f"the {name} token",
            lambda header=header: ask(application.settings, login.protected, headers=header),  # type: ignore[misc]
        )


def _outcome(trials: list[Trial]) -> Outcome:
    bad = [trial for trial in trials if trial.verdict != "right"]
    let_in = [trial for trial in bad if trial.verdict == "let in"]
    summary = "Every token is revoked: the one of before is refused, and a new sign-in is served."
    if bad:
        summary = f"{bad[0].what}: {bad[0].seen}; {count(len(trials) - len(bad), 'try', 'tries')} went as they should."
    return Outcome(
        ok=not bad,
        summary=summary,
        facts={"tries": len(trials), "let_in": len(let_in), "revoked": not bad},
        findings=[
            Finding(severity="wrong" if trial in let_in else "warning", about=trial.what, text=trial.seen)
            for trial in bad
        ],
        cures=[Cure(words=_STILL_IN)] if let_in else [],
    )
