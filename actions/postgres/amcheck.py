"""``pg_amcheck``: whether tables and indexes hold together, in every database."""

from __future__ import annotations

import re
from collections.abc import Mapping

from actions.outcome import ActionFailed
from actions.postgres.server import Server, last_words

_OBJECT = re.compile(r'^(?:heap table|btree index) "([^"]+)"(.*)$')
_HOURS_S = 6 * 3600.0
_REPORT_S = 300.0
_CORRUPT = 2


def check_structures(server: Server) -> list[str]:
    """Install the extension where it is missing, check everything, and return what is corrupt, a line each.

    Without ``--install-missing`` pg_amcheck leaves databases out and does not say so. Call it only where ``effect``
    said True.

    Raises:
        ActionFailed: the check itself could not be made.
    """
    done = server.run("amcheck", _argv(server, "--install-missing"), timeout_s=_HOURS_S, env=_password(server))
    if done.code not in (0, _CORRUPT):
        raise ActionFailed(f"pg_amcheck could not check {server.name}: {last_words(done)}", "Read its output above.")
    return parse_amcheck(done.out) or (["pg_amcheck found damage; read its output"] if done.code == _CORRUPT else [])


def check_without_installing(server: Server) -> tuple[list[str], str]:
    """Check what can be checked without changing anything; returns what is corrupt, and what was left out, in words."""
    done = server.query(_argv(server), timeout_s=_REPORT_S, env=_password(server))
    left_out = [line for line in done.err.splitlines() if "skipping database" in line or "not installed" in line]
    if done.code not in (0, _CORRUPT) and not left_out:
        left_out = [last_words(done)]
    return parse_amcheck(done.out), "; ".join(left_out)


def parse_amcheck(text: str) -> list[str]:
    """Return pg_amcheck's findings: each object with what is wrong with it."""
    findings: list[str] = []
    for line in text.splitlines():
        if found := _OBJECT.match(line.strip()):
            findings.append(f"{found[1]}{found[2].rstrip(':')}")
        elif findings and line.startswith("    ") and ": " not in findings[-1]:
            findings[-1] += f": {line.strip()}"
    return findings


def _argv(server: Server, *options: str) -> list[str]:
    settings = server.settings
    where = [f"--host={settings.address}", f"--port={settings.port}", f"--username={settings.user}", "--no-password"]
    return [server.program("pg_amcheck"), *where, "--all", "--jobs=2", "--heapallindexed", *options]


def _password(server: Server) -> Mapping[str, str]:
    if not server.settings.password:
        return {}
    return {"PGPASSWORD": server.ctx.secret(server.settings.password.read())}
