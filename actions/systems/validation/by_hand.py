"""The same requests with curl, for a person without this program. No secret is in them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import msgspec

from actions.by_hand import ByHand, CommandLine
from actions.inventory import Inventory
from actions.stored_keys import StoredKeysByHand
from actions.system_type import load as load_part
from actions.systems.validation.settings import Endpoint, KeysOf, ValidationSettings
from actions.systems.validation.tls import place_of

_PERCENTILES = """{ code[$1]++; t[NR] = $2 } END { for (each in code) print code[each], "answers", each;
  for (p = 50; p < 100; p += p < 95 ? 45 : 4) print "p" p, t[int((NR - 1) * p / 100) + 1] }"""
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
    asked = list(_requests(settings)) or [CommandLine(what="The inventory names no endpoints.")]
    return [*_certificate_line(settings), *asked]


def data_by_hand(known: ByHand) -> Sequence[CommandLine]:
    """Return what prints the keys of both stores of each check, and what compares them."""
    lines = list[CommandLine]()
    for number, check in enumerate(known.settings(ValidationSettings).data, 1):
        lines.append(_keys_line(known.inventory, check.every, f"{check.name}:", f"every-{number}"))
        lines.append(_keys_line(known.inventory, check.exist_in, "", f"there-{number}"))
        sides = "-3" if check.same else "-23"
        what = f"Both files here, each by sort -u first. Nothing printed: {check.name} holds."
        lines.append(CommandLine(argv=["comm", sides, f"every-{number}", f"there-{number}"], what=what))
    return lines or [CommandLine(what="The inventory names no checks (data:).")]


def performance_by_hand(known: ByHand) -> Sequence[CommandLine]:
    """Return a load with curl, and its percentiles."""
    settings = known.settings(ValidationSettings)
    load = settings.load
    read = [each for each in settings.endpoints if each.method == "GET" and each.status < 300]
    if not read:
        return [CommandLine(what="The inventory names no endpoint that is only read.")]
    number = str(load.per_second * load.seconds)
    once = shlex.join(_request(settings, next((each for each in read if not each.login), read[0])))
    script = f'seq "$1" | xargs -P "$2" -I {{}} {once} | sort -k 2 -n | {shlex.join(["awk", _PERCENTILES])}'
    what = f"{number} requests, {load.workers} at a time: no steady rate, so compare it with the same before only."
    return [CommandLine(argv=["sh", "-c", script, "sh", number, str(load.workers)], what=what)]


def _keys_line(inventory: Inventory, keys: KeysOf, what: str, file: str) -> CommandLine:
    """Return what prints a store's keys, and where they are to go."""
    by_hand = inventory.type_of(keys.system).stored_keys_by_hand
    if not by_hand:
        return CommandLine(what=f"{what} {keys.system}: not known how its keys are printed.".strip())
    make: StoredKeysByHand = load_part(by_hand)
    line = make(inventory.systems[keys.system], keys.ask)
    return msgspec.structs.replace(line, what=f"{what} keys of {keys.system}, into the file {file}".strip())


def _certificate_line(settings: ValidationSettings) -> Iterator[CommandLine]:
    """Yield what shows the certificate that users get."""
    if settings.url.startswith("https:"):
        (address, port), name = place_of(settings), str(urlsplit(settings.url).hostname)
        where = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        script = (
            'openssl s_client -connect "$1" -servername "$2" </dev/null 2>/dev/null | '
            "openssl x509 -noout -subject -issuer -enddate -ext subjectAltName"
        )
        yield CommandLine(
            argv=["sh", "-c", script, "sh", where, name], what=f"The certificate: for {name}, until when?"
        )


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
