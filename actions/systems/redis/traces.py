"""What an intruder leaves in a Redis server: users, functions, payloads in keys, settings that write or load files.

The usual way from an open Redis to its host (seen since 2015): a key with a line of a crontab, or with an SSH key, and
``dir`` and ``dbfilename`` set so that the next save writes it where cron or sshd reads it; or a module is loaded.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

from actions.intrusion.traces import Thing, digest

LOOKED_FOR = (
    "users and what they may",
    "functions and modules",
    "strings that are a crontab line, an SSH key or a shell command",
    "settings that write, load or open something",
)
NOT_LOOKED_FOR = ("what other keys say, sessions among them", "passwords (they are changed)", "keys of other types")
SETTINGS = (
    *("dir", "dbfilename", "appenddirname", "appendfilename", "aclfile", "loadmodule", "include", "bind", "port"),
    *("protected-mode", "enable-debug-command", "enable-module-command", "enable-protected-configs", "logfile"),
    *("replicaof", "slaveof", "rename-command", "unixsocket", "unixsocketperm", "masteruser", "tls-port"),
)
"""Settings by which files are written or loaded, data goes elsewhere, or doors are opened."""
_PAYLOAD = re.compile(
    rb"(^|\n)\s*(\*(/\d+)?|\d[\d,/-]*)\s+(\*(/\d+)?|\d[\d,/-]*)\s+\S+\s+\S+\s+\S+\s+\S*(/|curl|wget|bash|sh )"
    rb"|ssh-(rsa|ed25519|dss) AAAA|ecdsa-sha2-\S+ AAAA"
    rb"|(curl|wget)\s[^\n]{0,200}\|\s*(ba)?sh\b|/dev/tcp/|base64\s+-d[^\n]{0,80}\|\s*(ba)?sh\b"
)
_LONGEST = 8192
"""Bytes of a string that are looked at."""
_BATCH = 500


def keys(client: Any, databases: Sequence[int], deadline_s: float) -> tuple[dict[str, Thing], str]:
    """Return the strings that look like a payload, by name and never by what they say; and why not all were looked at.

    Args:
        client: a session whose answers are decoded.
        databases: the numbers of the databases that have keys.
        deadline_s: seconds after which it is given up: a running server has others to serve.
    """
    end, found = time.monotonic() + deadline_s, dict[str, Thing]()
    for number in databases:
        client.execute_command("SELECT", number)
        for batch in _batches(client):
            for key, value in zip(batch, _values(client, number, batch), strict=True):
                if isinstance(value, bytes) and _PAYLOAD.search(value):
                    said = Thing(digest=digest(value.hex()), suspect="looks like a payload: cron, SSH or shell")
                    found[f"key {key} of db{number}"] = said
            if time.monotonic() > end:
                return found, f"strings from db{number} on: after {deadline_s:.0f} s the others were left"
    return found, ""


def _batches(client: Any) -> Iterator[list[str]]:
    cursor: Any = None
    while cursor != 0:
        cursor, batch = client.scan(cursor or 0, count=_BATCH, _type="string")
        if batch:
            yield list(batch)


def _values(client: Any, number: int, batch: Sequence[str]) -> list[Any]:
    pipeline = client.pipeline(transaction=False)
    pipeline.execute_command("SELECT", number)  # it may be another connection than the session's own
    for key in batch:
        pipeline.execute_command("GETRANGE", key, 0, _LONGEST, NEVER_DECODE=True)
    found: list[Any] = pipeline.execute(raise_on_error=False)
    return found[1:]


def functions(client: Any) -> dict[str, Thing]:
    """Return the libraries of functions; none of a server that knows no functions (before 7.0)."""
    from redis import ResponseError

    try:
        libraries = client.execute_command("FUNCTION", "LIST", "WITHCODE")
    except ResponseError:
        return {}
    said = [dict(zip(each[::2], each[1::2], strict=True)) if isinstance(each, list) else each for each in libraries]
    return {
        f"function library {one['library_name']}": Thing(
            what=str(one.get("engine", "")), digest=digest(str(one.get("library_code", ""))), suspect="is code"
        )
        for one in said
    }


def users(lines: Sequence[str]) -> dict[str, Thing]:
    """Return users by their lines of an ACL (``ACL LIST``, or the file), without passwords and whether they are off."""
    found = {}
    for line in lines:
        words = line.split()
        if words[:1] != ["user"] or len(words) < 2:
            continue
        rules = _rules(words[2:])
        mighty = words[1] != "default" and any(
            rule in ("+@all", "allcommands", "+@admin", "+@dangerous") for rule in rules
        )
        suspect = "may use every command" if mighty else ""
        found[f"user {words[1]}"] = Thing(what=" ".join(rules), digest=digest(" ".join(sorted(rules))), suspect=suspect)
    return found


_SAME = {"allkeys": "~*", "allchannels": "&*", "allcommands": "+@all", "nocommands": "-@all"}
_NO_RULES = (
    "on",
    "off",
    "sanitize-payload",
    "skip-sanitize-payload",
    "resetchannels",
    "resetkeys",
    "reset",
    "resetpass",
)


def _rules(words: Sequence[str]) -> list[str]:
    """Return what a user may: a server writes the same rules in other words than a person did."""
    kept = [_SAME.get(word, word) for word in words if word[:1] not in ("#", ">", "<", "!") and word not in _NO_RULES]
    return list(dict.fromkeys(word for word in kept if word != "-@all"))


def settings(text: str) -> dict[str, Thing]:
    """Return what a configuration file sets of `SETTINGS`; users that it has as well."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found = users(lines)
    for line in lines:
        name, _, value = line.partition(" ")
        if name.lower() in SETTINGS:
            value = value.strip().strip('"')
            several = (
                f" {value.split()[0]}" if name.lower() in ("loadmodule", "include", "rename-command") and value else ""
            )
            found[f"setting {name.lower()}{several}"] = Thing(what=value, digest=digest(value))
    return found


def at_runtime(client: Any, text: str) -> dict[str, Thing]:
    """Return what a running server goes by otherwise than its configuration file says: nobody sees it in a backup.

    Args:
        client: a session whose answers are decoded.
        text: the file.
    """
    found = dict[str, Thing]()
    for line in text.splitlines():
        name, _, value = line.strip().partition(" ")
        value = value.strip().strip('"')
        now = client.config_get(name).get(name) if name in _AT_RUNTIME else None
        if now is not None and now.rstrip("/") != value.rstrip("/"):
            what = f"{now}, and {value} by its file"
            found[f"setting {name} at runtime"] = Thing(
                what=what, digest=digest(what), suspect="was changed while it ran"
            )
    loaded = [line.split()[1] for line in text.splitlines() if line.split()[:1] == ["loadmodule"]]
    return found | {name: thing for name, thing in _modules(client).items() if thing.what not in loaded}


_AT_RUNTIME = ("dir", "dbfilename", "aclfile", "logfile", "protected-mode")


def _modules(client: Any) -> dict[str, Thing]:
    """Return the modules that a running server has loaded, by their paths."""
    found = {str(one["name"]): str(one.get("path", "")) for one in client.module_list()}
    return {f"module {name}": Thing(what=path, digest=digest(path), suspect="is code") for name, path in found.items()}
