"""``validation.auth``: the test user gets in, and nobody else does."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import msgspec

from actions.action import action
from actions.context import ActionContext
from actions.outcome import Cure, Finding, Outcome
from actions.systems.validation.application import SIGNED_IN, Application, identity
from actions.systems.validation.by_hand import auth_by_hand
from actions.systems.validation.http import Answer, CannotAsk, ask
from actions.systems.validation.tokens import forgeries
from journal.wording.counting import count

Verdict = Literal["right", "let in", "unclear"]
_REFUSALS = (401, 403)
_LET_IN = (
    "Keep users out: an API that lets this in lets anybody in. See its signing key and whether it verifies at all."
)


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One try at the door.

    Attributes:
        what: what was tried.
        verdict: as it should be; somebody was let in who must not be; neither let in nor refused.
        seen: what came back.
    """

    what: str
    verdict: Verdict
    seen: str


@action("validation.auth", script="dr_test_auth.sh", target=identity, by_hand=auth_by_hand)
def check_auth(ctx: ActionContext) -> Outcome:
    """Check that users can sign in, and nobody else.

    The test user signs in and is served; without a token, with a wrong password, with forged tokens and with each token
    that the inventory says must be refused, nobody is. An API that lets one of those in has failed.

    Needs: the API; in the inventory the test user and a path that is answered to who signed in alone (`login`).

    Leaves: a session of the test user, and a refused login in the API's log.
    """
    application = Application(ctx)
    application.require_ours()
    login = application.login()
    if not ctx.effect(f"sign in as {login.user}, and try what must be refused at {login.protected}"):
        return Outcome(ok=True, summary=f"would sign in as {login.user} at {application.settings.url}")
    token = application.sign_in()
    ctx.log(f"{login.user}: signed in")
    trials = [served(application, token)]
    if trials[0].verdict == "right":
        trials += _refused(application, token)
    for trial in trials:
        ctx.check_cancelled()
        ctx.log(f"{trial.what}: {trial.seen}", "out" if trial.verdict == "right" else "err")
    return _outcome(application, trials)


def served(application: Application, token: str) -> Trial:
    """Try the token that the test user got: without it nothing that is refused proves anything."""
    path = application.login().protected
    answer = _ask(application, path, application.with_token(token))
    if isinstance(answer, Answer) and answer.status == 200:
        return Trial(what=f"{path} with its token", verdict="right", seen="served")
    return Trial(what=f"{path} with its token", verdict="unclear", seen=_words(answer))


def _refused(application: Application, token: str) -> Iterator[Trial]:
    """Try everything that must be refused."""
    login = application.login()
    wrong = f"{secrets.token_urlsafe(12)}-not-the-password"
    yield judge(application, "a wrong password", lambda: application.try_login(wrong), SIGNED_IN)
    yield judge(application, "no token", lambda: ask(application.settings, login.protected))
    given = {name: application.ctx.secret(secret.read()) for name, secret in login.refused.items()}
    for what, made in (*forgeries(token), *((f"the {name} token", held) for name, held in given.items())):
        header = application.with_token(made)
        yield judge(application, what, partial(ask, application.settings, login.protected, headers=header))


def judge(
    application: Application, what: str, attempt: Callable[[], Answer], let_in: tuple[int, ...] = tuple(range(200, 300))
) -> Trial:
    """Try what must be refused, and judge the answer."""
    try:
        answer: Answer | str = attempt()
    except CannotAsk as error:
        answer = error.message
    if isinstance(answer, Answer) and answer.status in (*_REFUSALS, *application.login().refusals):
        return Trial(what=what, verdict="right", seen=f"refused ({answer.status})")
    if isinstance(answer, Answer) and answer.status in let_in:
        return Trial(what=what, verdict="let in", seen=f"LET IN ({answer.status})")
    return Trial(what=what, verdict="unclear", seen=f"neither let in nor refused ({_words(answer)})")


def _ask(application: Application, path: str, headers: dict[str, str]) -> Answer | str:
    try:
        return ask(application.settings, path, headers=headers)
    except CannotAsk as error:
        return error.message


def _words(answer: Answer | str) -> str:
    return answer if isinstance(answer, str) else f"answers {answer.status}"


def _outcome(application: Application, trials: list[Trial]) -> Outcome:
    bad = [trial for trial in trials if trial.verdict != "right"]
    let_in = [trial for trial in bad if trial.verdict == "let in"]
    findings = [
        Finding(
            severity="wrong" if trial in let_in else "warning",
            about=trial.what,
            text=trial.seen,
            cure=_LET_IN if trial in let_in else "Read the API's log for this request.",
        )
        for trial in bad
    ]
    untried = "" if "expired" in application.login().refused else "no expired token was tried"
    if untried:
        findings.append(
            Finding(
                severity="warning",
                about="expired token",
                text="not tried: the inventory has none",
                cure="Keep one that ran out, and name it: login: refused: expired:.",
            )
        )
    good = len(trials) - len(bad) + 1
    summary = f"{good} of {count(len(trials) + 1, 'try', 'tries')} at the door went as they should."
    if bad:
        summary += f" {'; '.join(f'{trial.what}: {trial.seen}' for trial in (let_in or bad)[:2])}."
    return Outcome(
        ok=not bad,
        summary=f"{summary}{application.why_not_ready() if bad and not let_in else ''}",
        facts={"tries": len(trials) + 1, "let_in": len(let_in), "unclear": len(bad) - len(let_in)},
        findings=[*findings, *application.certificate_findings()],
        cures=[Cure(words=_LET_IN)] if let_in else [],
        partial=untried,
    )
