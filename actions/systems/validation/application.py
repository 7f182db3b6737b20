"""The application as an action meets it: what the inventory says of it, and the test user's session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actions.context import ActionContext
from actions.machine.certificate import Certificate
from actions.outcome import ActionFailed, Finding
from actions.systems.validation.http import Answer, CannotAsk, ask, where_of
from actions.systems.validation.probe import said, stranger
from actions.systems.validation.settings import LoginSettings, ValidationSettings
from actions.systems.validation.tls import certificate_findings
from journal.events.types import Identity

SIGNED_IN = (200, 201)


class Application:
    """One application of the inventory, and the context in which it is asked.

    Args:
        ctx: the action's context.

    Raises:
        ActionFailed: the inventory has none.
    """

    def __init__(self, ctx: ActionContext) -> None:
        if not ctx.system:
            raise ActionFailed(
                f"The inventory {ctx.inventory.name} has no application to validate.",
                "Validate by hand, then mark the step done with a note; or add a system of the type validation.",
            )
        self.ctx = ctx
        self.name = ctx.system
        self.settings = ctx.inventory.system(ctx.system, ValidationSettings)
        self._certificate: Certificate | None = None

    def require_ours(self) -> None:
        """Make sure that the application answers, and no other server.

        Raises:
            ActionFailed: it does not.
        """
        try:
            health = ask(self.settings, self.settings.health)
        except CannotAsk as error:
            raise ActionFailed(error.message, error.hint) from error
        self._certificate = health.certificate
        if why := stranger(self.settings, health):
            raise ActionFailed(
                f"{self.name}: {why}.", "Correct url or connect_to in the inventory; nothing was asked of it."
            )

    def certificate_findings(self) -> list[Finding]:
        """Return that the certificate which it showed ends soon, once it was asked whether it is ours."""
        return certificate_findings(self.settings, self._certificate)

    def why_not_ready(self) -> str:
        """Return what it says it lacks, in words that follow a sentence; empty where it says that it is ready."""
        try:
            ready = ask(self.settings, self.settings.ready)
        except CannotAsk as error:
            return f" {error.message}."
        return "" if ready.status == 200 else f" Its {self.settings.ready} answers {ready.status}{said(ready)}."

    def login(self) -> LoginSettings:
        """Return how one signs in.

        Raises:
            ActionFailed: the inventory does not say.
        """
        if self.settings.login is None:
            raise ActionFailed(
                f"The inventory says of {self.name} not how one signs in.",
                "Try it by hand, then mark the step done with a note; or add login: to it.",
            )
        return self.settings.login

    def try_login(self, password: str) -> Answer:
        """Sign in as the test user, and return the answer, whatever it is.

        Raises:
            CannotAsk: no whole answer came.
        """
        login = self.login()
        body = {login.user_field: login.user, login.password_field: password}
        return ask(self.settings, login.path, method="POST", body=body)

    def sign_in(self) -> str:
        """Sign in as the test user, and return the token, which is a secret from then on.

        Raises:
            ActionFailed: that does not go.
        """
        login = self.login()
        try:
            answer = self.try_login(login.password.read())
        except CannotAsk as error:
            raise ActionFailed(f"Nobody can sign in: {error.message}", error.hint) from error
        if answer.status not in SIGNED_IN:
            raise ActionFailed(
                f"The test user {login.user} cannot sign in: {login.path} answers {answer.status}."
                f"{self.why_not_ready()}",
                _login_hint(answer.status),
            )
        token = _field(answer.json(), login.token_field)
        if not token:
            raise ActionFailed(
                f"{login.path} answers {answer.status}, and its answer has no {login.token_field}.",
                "Correct token_field in the inventory, or see whether the right release runs.",
            )
        return self.ctx.secret(token)

    def with_token(self, token: str) -> dict[str, str]:
        """Return the header that carries a token."""
        login = self.login()
        return {login.header: f"{login.scheme} {token}".strip()}


def identity(ctx: ActionContext) -> Sequence[Identity]:
    """Return what a run is aimed at: the system and its address."""
    settings = Application(ctx).settings
    return [
        Identity(name="confirm", value=ctx.system, known="reported"),
        Identity(name="address", value=where_of(settings), known="reported"),
    ]


def _field(found: Any, path: str) -> str:
    """Return the text at ``a.b`` of an answer; empty where there is none."""
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""


def _login_hint(status: int) -> str:
    if status >= 500:
        return "Recover what it lacks (are writers still kept out?), read its log, then run the step again."
    return "A restored database has the passwords of its recovery point: correct the test user's in the inventory."
