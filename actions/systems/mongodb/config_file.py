"""mongod's own configuration file: where it lies, what it says, and one parameter that is set in it for a while.

What is set here holds for every start of the server, whoever starts it: cleo, systemd after a crash, a person.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from actions.outcome import ActionFailed
from actions.systems.mongodb.connection import CannotConnect
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.verified_connection import connect_verified
from journal.errors import CleoError

MARK = "# cleo: until the restored data is verified"
"""Ends each line that is ours."""
_WAS = f"{MARK}, was:"
_TTL = "ttlMonitorEnabled"


class CannotEdit(CleoError):
    """A configuration file cannot be changed without changing what else it says."""


def find_config_file(server: Server) -> str:
    """Return the path of the file that every start of the server reads; empty where nobody knows.

    The inventory says it, else the command that starts the server, else the running server.
    """
    if server.settings.config_file:
        return server.settings.config_file
    argv = server.settings.service.start
    for before, word in pairwise(argv):
        if before in ("--config", "-f"):
            return word
    if found := next((word.partition("=")[2] for word in argv if word.startswith("--config=")), ""):
        return found
    try:
        with connect_verified(server, deadline_s=5) as client:
            return str(client.admin.command("getCmdLineOpts")["parsed"].get("config", ""))
    except CannotConnect:
        return ""


def read_config(server: Server, path: str) -> dict[str, Any]:
    """Return what a configuration file says; nothing where there is no such file.

    Raises:
        ActionFailed: it cannot be read, or is not YAML.
    """
    text = server.read(path) if path else None
    return _parsed(text, path) if text else {}


def replica_set_of(server: Server) -> str | None:
    """Return the replica set that a start of the server would be a member of; None where nobody can tell.

    Empty: of none. A member's data started so shows less than was acknowledged: what lies in its oplog alone is not
    replayed (MongoDB's manual, recoverFromOplogAsStandalone).
    """
    argv = server.settings.service.start
    for before, word in pairwise(argv):
        if before == "--replSet":
            return word
    path = find_config_file(server)
    if not path or server.read(path) is None:
        return None
    return str((read_config(server, path).get("replication") or {}).get("replSetName", ""))


def with_ttl_off(text: str, path: str = "the file") -> str:
    """Return a configuration file's text with the TTL monitor off, and nothing else changed; once is enough.

    Raises:
        CannotEdit: it is written in a way in which a line cannot be added to it.
    """
    said = _parsed(text, path)
    if (said.get("setParameter") or {}).get(_TTL) is False:
        return text
    new, wanted = _added(text), {**said, "setParameter": {**(said.get("setParameter") or {}), _TTL: False}}
    if _load(new) != wanted:
        raise CannotEdit(
            f"{path} cannot be changed by adding a line to it.",
            f"Write `{_TTL}: false` under setParameter: there yourself, then run this step again.",
        )
    return new


def without_ttl_off(text: str) -> str:
    """Return a configuration file's text without what `with_ttl_off` did to it."""
    lines = [re.sub(rf"^.*{re.escape(_WAS)} ", "", line) if _WAS in line else line for line in text.split("\n")]
    return "\n".join(line for line in lines if not line.endswith(MARK))


def _added(text: str) -> str:
    was = re.search(rf"^([ \t]+){_TTL}:.*$", text, re.MULTILINE)
    if was:
        return text.replace(was[0], f"{was[1]}{_TTL}: false {_WAS} {was[0]}", 1)
    block = re.search(r"^setParameter:[ \t]*(?:#.*)?\n(?:[ \t]*(?:#.*)?\n)*([ \t]+)\S", text, re.MULTILINE)
    if block:
        head = block[0].split("\n", 1)[0]
        return text.replace(f"{head}\n", f"{head}\n{block[1]}{_TTL}: false {MARK}\n", 1)
    end = "" if text.endswith("\n") or not text else "\n"
    return f"{text}{end}setParameter: {MARK}\n  {_TTL}: false {MARK}\n"


def _parsed(text: str, path: str) -> dict[str, Any]:
    said = _load(text)
    if said is None or isinstance(said, dict):
        return said or {}
    raise ActionFailed(f"{path} is no configuration of a mongod: {str(said).splitlines()[0]}", "Correct the file.")


def _load(text: str) -> Any:
    """Return what a YAML text says; the error in words where it is none."""
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        return str(error)
