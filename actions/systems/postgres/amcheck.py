"""Runs ``pg_amcheck`` to check the structure of tables and indexes in every database."""

from __future__ import annotations

import re
from collections.abc import Mapping

from actions.by_hand import CommandLine
from actions.machine.machine import last_words
from actions.outcome import ActionFailed
from actions.systems.postgres.causes import cure_for
from actions.systems.postgres.command_lines import amcheck_line
from actions.systems.postgres.server import Server
from actions.transport import DeadlineExceeded, NothingStarted

_OBJECT = re.compile(r'^(?:heap table|btree index) "([^"]+)"(.*)$')
_STOOD_IN_THE_WAY = re.compile(r"due to lock timeout|due to user request|permission denied|does not exist")
_HOURS_S = 6 * 3600.0
_REPORT_S = 300.0
_CORRUPT = 2


def check_structures(server: Server, *, limit_s: float = _HOURS_S) -> tuple[list[str], list[str]]:
    """Install the extension where it is missing, and check everything.

    A lock is waited for 3 s; what stays behind one was not checked, and is not corrupt.

    Args:
        server: the server.
        limit_s: seconds after which the check is ended.

    Returns:
        What is corrupt, and what could not be checked, a line each.

    Without ``--install-missing`` pg_amcheck leaves databases out and does not say so. Call it only where ``effect``
    said True.

    Raises:
        ActionFailed: the check itself could not be made.
    """
    line = amcheck_line(server.settings, "--install-missing")
    try:
        done = server.run("amcheck", line.argv, timeout_s=limit_s, env=_environment(server, line))
    except DeadlineExceeded:
        return [], ["pg_amcheck did not end within the time for it"]
    if done.code not in (0, _CORRUPT):
        cure = cure_for(done, done.err, "Its output says why (o): correct what it names.")
        raise ActionFailed(f"pg_amcheck could not check {server.name}: {last_words(done)}", cure)
    found, unchecked = parse_amcheck(done.out), parse_unchecked(done.out)
    if done.code == _CORRUPT and not found and not unchecked:
        return ["pg_amcheck found damage; read its output"], []
    return found, unchecked


def check_without_installing(server: Server) -> tuple[list[str], str]:
    """Check what can be checked without changing anything; returns what is corrupt, and what was left out, in words."""
    line = amcheck_line(server.settings)
    try:
        done = server.query(line.argv, timeout_s=_REPORT_S, env=_environment(server, line))
    except (DeadlineExceeded, NothingStarted) as error:
        return [], error.message
    left_out = [line for line in done.err.splitlines() if "skipping database" in line or "not installed" in line]
    if done.code not in (0, _CORRUPT) and not left_out:
        left_out = [last_words(done)]
    return parse_amcheck(done.out), "; ".join([*left_out, *parse_unchecked(done.out)])


def parse_amcheck(text: str) -> list[str]:
    """Return pg_amcheck's findings: each object with what is wrong with it."""
    return [line for line in _objects(text) if not _STOOD_IN_THE_WAY.search(line)]


def parse_unchecked(text: str) -> list[str]:
    """Return what pg_amcheck could not check, for a lock or a permission: that is no damage."""
    return [line for line in _objects(text) if _STOOD_IN_THE_WAY.search(line)]


def _objects(text: str) -> list[str]:
    findings: list[str] = []
    for line in text.splitlines():
        if found := _OBJECT.match(line.strip()):
            findings.append(f"{found[1]}{found[2].rstrip(':')}")
        elif findings and line.startswith("    ") and ": " not in findings[-1]:
            findings[-1] += f": {line.strip()}"
    return findings


def _environment(server: Server, line: CommandLine) -> Mapping[str, str]:
    if not server.settings.password:
        return line.env
    return {**line.env, "PGPASSWORD": server.ctx.secret(server.settings.password.read())}
