"""Passwords, tokens and keys in what is imported: none of them gets into a plan, and each is named with its line."""

from __future__ import annotations

import re
from typing import NamedTuple

SECRET = "<secret>"
"""What stands in a plan in its place: a blank to fill in, so that a person runs the command."""
_GAP = r"(?:[ \t=]|\\\r?\n)+"
_NAMES = (
    r"[\w.-]*?(?:passw(?:or)?d|passphrase|secret(?:[_-]?access)?(?:[_-]?key)?|token|api[_-]?key|access[_-]?key(?:[_-]id)?"
    r"|credentials?)"
)
_END = r"(?=[ \t]*(?:\r?$|[,})\]'\"`|#]))"
_VALUE = r"(?P<quote>['\"])?(?P<value>(?(quote)[^'\"\r\n]+|[^\s'\"`;|&)]+))"
_YAML_VALUE = r"(?P<quote>['\"])?(?P<value>(?(quote)[^'\"\r\n]+|[^\s'\"`;|&),}\]]+))"
_PLACEHOLDER = re.compile(
    r"[$<%/~[]|\.{1,2}/|\{\{|[*x•.…-]{3,}|(?:your|my|the)[_-]|!vault\b|(?:true|false|yes|no|none|redacted|null|omit)\b|\w+\(|lookup\b",
    re.IGNORECASE,
)
_FORMS = [
    # PGPASSWORD=x, --password=x, --token x
    rf"(?<![\w-])(?:--?)?(?:{_NAMES}|PGPASSWORD|REDISCLI_AUTH|RESTIC_PASSWORD|MYSQL_PWD)[ \t]?=[ \t]?{_VALUE}",
    rf"(?<![\w-])--(?:{_NAMES}|pass|auth-token){_GAP}{_VALUE}",
    # mysql -psecret, mongosh -p secret, redis-cli -a secret, sshpass -p secret, curl -u ana:secret
    r"(?<![\w-])(?:mysql|mariadb)\w*\b[^\n|;&]*?[ \t]-p[ \t]?(?P<quote>['\"])?(?P<value>[^\s'\"-][^\s'\"]*)",
    rf"(?<![\w-])(?:mongo\w*|sshpass|docker login|podman login|az login)\b[^\n|;&]*?[ \t]-p{_GAP}?{_VALUE}",
    rf"(?<![\w-])redis-cli\b[^\n|;&]*?[ \t]-a{_GAP}{_VALUE}",
    rf"(?<![\w-])ldap\w+\b[^\n|;&]*?[ \t]-w{_GAP}{_VALUE}",
    r"(?<![\w-])(?:curl|wget|http)\b[^\n|;&]*?[ \t](?:-u|--user)[ \t=]?['\"]?[^\s:'\"]+:(?P<value>[^\s'\"]+)",
    r"(?<![\w-])echo[ \t]+(?:-n[ \t]+)?['\"]?(?P<value>[^\s'\"]+)['\"]?[ \t]*\|[^\n|]*--(?:password-)?stdin\b",
    r"\b(?:requirepass|masterauth|AUTH)[ \t]+['\"]?(?P<value>[^\s'\"]{6,})",
    # postgres://ana:secret@db1
    r"://[^\s/:@'\"]*:(?P<value>[^\s/@'\"]+)@",
    # headers
    r"\b(?:Bearer|Basic)[ \t]+(?P<value>[A-Za-z0-9._~+/=-]{8,})",
    r"\b(?:X-[\w-]*(?:Token|Key|Auth)|PRIVATE-TOKEN|Api-Key)\s*:[ \t]*(?P<value>[^\s'\"]{6,})",
    # password: x of YAML and JSON, ALTER ROLE … PASSWORD 'x'
    rf"(?<![\w-])['\"]?{_NAMES}['\"]?[ \t]*:[ \t]+{_YAML_VALUE}{_END}",
    r"\b(?:PASSWORD|IDENTIFIED\s+BY)\s+['\"](?P<value>[^'\"\n]+)",
    # what is one by its form
    r"(?P<value>\b(?:A[KS]IA[A-Z0-9]{16}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,}"
    r"|sk_(?:live|test)_\w{10,}|hvs\.[\w-]{20,}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*))",
]
_SECRETS = [
    re.compile(form, re.MULTILINE | (re.IGNORECASE if n < len(_FORMS) - 1 else 0)) for n, form in enumerate(_FORMS)
]
_KEY_BLOCK = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----\r?\n)(.*?)(?=[ \t]*-----END|\Z)", re.DOTALL)
_VAULT = re.compile(r"(!vault[ \t]*\|[ \t]*\r?\n)((?:[ \t]+\S*\r?\n)+)")


class Redacted(NamedTuple):
    """A text without its secrets, and the lines on which they stood."""

    text: str
    lines: list[int]


def redact(text: str) -> Redacted:
    """Return a text in which what seems to be a secret is `SECRET`; it has the same lines as before."""
    lines: set[int] = set()

    def block(found: re.Match[str]) -> str:
        lines.add(text.count("\n", 0, found.start()) + 1)
        return found[1] + re.sub(r"[^\s]+", SECRET, found[2])

    text = _KEY_BLOCK.sub(block, text)
    for pattern in _SECRETS:
        text = _without(pattern, text, lines)
    return Redacted(text, sorted(lines))


def _without(pattern: re.Pattern[str], text: str, lines: set[int]) -> str:
    """Return a text without the values that one form finds; their lines are added."""
    made: list[str] = []
    at = 0
    for found in pattern.finditer(text):
        start, end = found.span("value")
        if _PLACEHOLDER.match(found["value"]) or start < at:
            continue
        made += [text[at:start], SECRET]
        at = end
        lines.add(text.count("\n", 0, start) + 1)
    return "".join([*made, text[at:]])
