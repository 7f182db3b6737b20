"""Passwords, tokens and keys in what is imported: none of them gets into a plan, and each is named with its line."""

from __future__ import annotations

import re
from typing import NamedTuple

SECRET = "<secret>"
"""What stands in a plan in its place: a blank to fill in, so that a person runs the command."""
_GAP = r"(?:[ \t=]|\\\r?\n)+"
_NAMES = (
    r"[\w.-]*?(?:passw(?:or)?[dt]|kennwort|passphrase|secret(?:[_-]?access)?(?:[_-]?key)?|token|api[_ -]?key"
    r"|access[_-]?key(?:[_-]id)?|credentials?)"
)
_END = r"(?=[ \t]*(?:\r?$|[,})\]'\"`|#]))"
_VALUE = r"(?P<quote>['\"])?(?P<value>(?(quote)[^'\"\r\n]+|[^\s'\"`;|&)]+))"
_YAML_VALUE = r"(?P<quote>['\"`])?(?P<value>(?(quote)[^'\"`\r\n]+|[^\s'\"`;|&),}\]]+))"
_ANY = r"['\"]?(?P<value>[^\s'\"]+)"
_PLACEHOLDER = re.compile(
    r"[$<%/~[]|\.{1,2}/|\{\{|[*x•.…-]{3,}|(?:your|my|the)[_-]|!vault\b|(?:true|false|yes|no|none|redacted|null|omit)\b|\w+\(|lookup\b",
    re.IGNORECASE,
)
_FORMS = [
    # PGPASSWORD=x, --password=x, --token x
    rf"(?<![\w-])(?:--?)?(?:{_NAMES}|PGPASSWORD|REDISCLI_AUTH|RESTIC_PASSWORD|MYSQL_PWD)[ \t]?=[ \t]?{_VALUE}",
    rf"(?<![\w-])(?:--?{_NAMES}|--pass|--auth-token){_GAP}{_VALUE}",
    # mysql -psecret, mongosh -p secret, redis-cli -a secret, sshpass -p secret, curl -u ana:secret
    r"(?<![\w-])(?:mysql|mariadb)\w*\b[^\n|;&]{0,300}?[ \t]-p[ \t]?(?P<quote>['\"])?(?P<value>[^\s'\"-][^\s'\"]*)",
    r"(?<![\w-])(?:mongo\w*|sshpass|cqlsh|sqlcmd|docker login|podman login|az login)\b[^\n|;&]{0,300}?"
    rf"[ \t]-p{_GAP}?{_VALUE}",
    rf"(?<![\w-])redis-cli\b[^\n|;&]{{0,300}}?[ \t]-a{_GAP}{_VALUE}",
    rf"(?<![\w-])ldap\w+\b[^\n|;&]{{0,300}}?[ \t]-w{_GAP}{_VALUE}",
    r"(?<![\w-])(?:curl|wget|http)\b[^\n|;&]{0,300}?[ \t](?:-u|--user)[ \t=]?['\"]?[^\s:'\"]+:(?P<value>[^\s'\"]+)",
    rf"(?<![\w-])echo[ \t]+(?:-n[ \t]+)?{_ANY}['\"]?[ \t]*\|[^\n|]*(?:--(?:password-)?stdin|sudo[ \t]+-\w*S)\b",
    r"(?<![\w-])echo[ \t]+['\"]?[^\s:'\"]+:(?P<value>[^\s'\"]+)['\"]?[ \t]*\|[^\n|]*\bchpasswd\b",
    rf"-pass(?:word)?-file[ \t=]+<\([ \t]*(?:echo|printf)[ \t]+{_VALUE}",
    # openssl -pass pass:x, rabbitmqctl add_user ana x, smbclient -U ana%x, htpasswd -b file ana x, snmpget -c x
    rf"-pass(?:in|out)?[ \t]+['\"]?pass:{_ANY}",
    rf"\brabbitmqctl[ \t]+(?:add_user|change_password)[ \t]+\S+[ \t]+{_ANY}",
    rf"(?<![\w-])(?:smb\w+|rpcclient)\b[^\n|;&]{{0,300}}?[ \t]-U[ \t]*['\"]?[^\s%'\"]+%{_ANY}",
    rf"(?<![\w-])htpasswd[ \t]+-\w*b\w*[ \t]+\S+[ \t]+\S+[ \t]+{_ANY}",
    rf"(?<![\w-])snmp\w+\b[^\n|;&]{{0,300}}?[ \t]-c[ \t]*{_ANY}",
    # addresses that let in whoever knows them
    r"\b(?:hooks\.slack\.com/\w+|discord(?:app)?\.com/api/webhooks|[\w.]*office\.com/webhook\w*)/(?P<value>[^\s'\"`)>]+)",
    r"\b(?:requirepass|masterauth|AUTH)[ \t]+['\"]?(?P<value>[^\s'\"]{6,})",
    # postgres://ana:secret@db1
    r"://[^\s/:@'\"]*:(?P<value>[^\s/@'\"]+)@",
    # headers
    r"\b(?:Bearer|Basic)[ \t]+(?P<value>[A-Za-z0-9._~+/=-]{8,})",
    r"\b(?:X-[\w-]*(?:Token|Key|Auth)|PRIVATE-TOKEN|Api-Key)\s*:[ \t]*(?P<value>[^\s'\"]{6,})",
    # password: x of YAML and JSON, ALTER ROLE … PASSWORD 'x'
    rf"(?<![\w-])['\"]?{_NAMES}['\"*_`]*[ \t]*:[*_]*[ \t]+{_YAML_VALUE}{_END}",
    r"\b(?:PASSWORD|IDENTIFIED\s+BY)\s+['\"](?P<value>[^'\"\n]+)",
    r"\bSET[ \t]+PASSWORD\b[^\n=]*=[ \t]*(?:PASSWORD\()?['\"](?P<value>[^'\"\n]+)",
    # the password is x1, Login: ana / x
    r"\b(?:passw(?:or)?[dt]|passphrase|token|key)[ \t]+(?:is|ist)[ \t:]+['\"`]?"
    r"(?P<value>(?=[^\s]*[\d!#%&])[^\s'\"`]{6,})",
    r"\b(?:login|credentials?|user(?:name)?)\b[^\n:]{0,20}:[ \t*`]*[^\s`]+`?[ \t]+/[ \t]+['\"`]?"
    rf"(?P<value>[^\s'\"`]+){_END}",
    r"\bA[KS]IA[A-Z0-9]{16}\b[^\n]{0,80}?(?<![\w/+])(?P<value>[A-Za-z0-9/+]{40})(?![\w/+])",
    # what is one by its form
    r"(?P<value>\b(?:A[KS]IA[A-Z0-9]{16}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,}"
    r"|sk_(?:live|test)_\w{10,}|hvs\.[\w-]{20,}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*))",
]
_SECRETS = [
    re.compile(form, re.MULTILINE | (re.IGNORECASE if n < len(_FORMS) - 1 else 0)) for n, form in enumerate(_FORMS)
]
_KEY_BLOCK = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----\r?\n)(.*?)(?=[ \t]*-----END|\Z)", re.DOTALL)
_CELLS = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"^[ \t>]*\|?[ \t]*:?-{3,}:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*\r?$")
_COLUMN = re.compile(rf"[ \t*\w]*?{_NAMES}[ \t*]*\r?", re.IGNORECASE)
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

    text = _without_columns(_KEY_BLOCK.sub(block, text), lines)
    for pattern in _SECRETS:
        text = _without(pattern, text, lines)
    return Redacted(text, sorted(lines))


def _without_columns(text: str, lines: set[int]) -> str:
    """Return a text without what stands in the columns of its tables that are called after secrets."""
    rows = text.split("\n")
    columns: set[int] = set()
    for number, row in enumerate(rows):
        if _RULE.match(row) and number:
            columns = {place for place, cell in enumerate(_CELLS.split(rows[number - 1])) if _COLUMN.fullmatch(cell)}
        elif not row.strip():
            columns = set()
        elif columns:
            cells = _CELLS.split(row)
            for place in columns & {n for n, cell in enumerate(cells) if cell.strip(" \t\r`*-")}:
                if not _PLACEHOLDER.match(cells[place].strip(" `*")):
                    cells[place] = f" {SECRET} "
                    lines.add(number + 1)
            rows[number] = "|".join(cells)
    return "\n".join(rows)


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
