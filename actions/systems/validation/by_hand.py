"""The same requests with curl, for a person without this program. No secret is in them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from actions.by_hand import ByHand, CommandLine
from actions.systems.validation.settings import Endpoint, ValidationSettings

_WRITE = "%{http_code} %{time_total}s\\n"


def auth_by_hand(known: ByHand) -> Sequence[CommandLine]:
    """Return how to sign in, and how to try what must be refused."""
    settings = known.settings(ValidationSettings)
    login = settings.login
    if login is None:
        return [CommandLine(what="The inventory does not say how one signs in (login:).")]
    body = json.dumps({login.user_field: login.user, login.password_field: "PASSWORD"})
    sent = [
        *_curl(settings),
        "-H",
        "Content-Type: application/json",
        "--data",
        "@LOGIN.json",
        _url(settings, login.path),
    ]
    token = f"{login.header}: {login.scheme} TOKEN".replace(":  ", ": ")
    protected = [*_curl(settings, shown=False), "-H", token, _url(settings, login.protected)]
    return [
        CommandLine(
            argv=sent, what=f"LOGIN.json holds {body}: signs in, and answers with TOKEN ({login.token_field})."
        ),
        CommandLine(argv=protected, what="200; with one character of TOKEN's last part changed: 401."),
    ]


def revoke_by_hand(known: ByHand) -> Sequence[CommandLine]:
    """Return what makes every token worthless; sign in before, and try that token afterwards."""
    settings = known.settings(ValidationSettings)
    how = settings.login.revoke if settings.login else None
    if how is None:
        return [CommandLine(what="The inventory does not say how tokens are revoked (login: revoke:).")]
    what = "Sign in first and keep TOKEN: afterwards it must be answered with 401, and a new one with 200."
    return [CommandLine(argv=how.command, what=what, host=how.host or settings.host, user=how.run_as)]


def api_by_hand(known: ByHand) -> Sequence[CommandLine]:
    """Return a request for each endpoint."""
    settings = known.settings(ValidationSettings)
    return list(_requests(settings)) or [CommandLine(what="The inventory names no endpoints.")]


def _requests(settings: ValidationSettings) -> Iterator[CommandLine]:
    for endpoint in settings.endpoints:
        yield CommandLine(argv=_request(settings, endpoint), what=f"{endpoint.name}: {endpoint.status}")


def _request(settings: ValidationSettings, endpoint: Endpoint) -> list[str]:
    login = settings.login
    token = ["-H", f"{login.header}: {login.scheme} TOKEN"] if login and endpoint.login else []
    body = ["-H", "Content-Type: application/json", "--data", json.dumps(endpoint.body)] if endpoint.body else []
    return [*_curl(settings, shown=False), "-X", endpoint.method, *token, *body, _url(settings, endpoint.path)]


def _curl(settings: ValidationSettings, *, shown: bool = True) -> list[str]:
    where = ["--connect-to", f"::{settings.connect_to}"] if settings.connect_to else []
    trusted = ["--cacert", settings.tls_ca_file] if settings.tls_ca_file else []
    quiet = [] if shown else ["-o", "/dev/null"]
    return ["curl", "-sS", "--noproxy", "*", "-m", str(settings.deadline_s), "-w", _WRITE, *quiet, *where, *trusted]


def _url(settings: ValidationSettings, path: str) -> str:
    return f"{settings.url.rstrip('/')}{path}"
