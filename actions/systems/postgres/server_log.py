"""Reads the server's own log, wherever it is written, from a given start."""

from __future__ import annotations

import re

from actions.by_hand import CommandLine
from actions.systems.postgres.command_lines import as_server
from actions.systems.postgres.server import Server
from actions.systems.postgres.settings import PostgresSettings

_LINES = 200
_BEGINS = re.compile(r"starting PostgreSQL \d")
_WORDS = re.compile(r"\b(?:FATAL|PANIC|ERROR|WARNING|LOG):\s+(.*)")
_NOT_A_CAUSE = ("the database system is", "database system is shut down", "terminating connection")
_COLLECTED = 'cd "$1" && [ -f current_logfiles ] && tail -n "$2" "$(sed -n "s/^stderr //p" current_logfiles)"'


def mark(server: Server) -> None:
    """Remember where the log ends, just before the server is launched: what it says from here on is of this start."""
    log = log_file(server.settings)
    done = server.query(["stat", "-Lc", "%s", log]) if log else None
    server.log_from = int(done.out) if done and done.code == 0 and done.out.strip().isdigit() else 0


def new_lines(server: Server) -> list[str]:
    """Return what the server wrote since it was launched: by `mark`, else since it last began; its newest 200 lines."""
    log, service = log_file(server.settings), server.settings.service
    if log and server.log_from >= 0:
        done = server.query(
            ["sh", "-c", 'tail -c +"$1" "$2" | tail -n "$3"', "sh", str(server.log_from + 1), log, str(_LINES)]
        )
    elif log:
        done = server.query(["tail", "-n", str(_LINES), log])
    elif service.manager == "systemd":
        done = server.query(["journalctl", "-u", service.unit, "-n", "60", "-o", "cat", "--no-pager"])
    else:
        done = None
    said = done.out.splitlines() if done and done.code == 0 else []
    if server.log_from < 0 or not log:
        said = _since_begin(said)
    collected = server.query(["sh", "-c", _COLLECTED, "sh", server.data, str(_LINES)])
    return said + (_since_begin(collected.out.splitlines()) if collected.code == 0 else [])


def fatal_messages(lines: list[str]) -> str:
    """Return the newest FATAL or PANIC of a server's lines, without what only follows from another."""
    grave = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
    grave = [line for line in grave if not any(words in line for words in _NOT_A_CAUSE)]
    return words_of(grave[-1]) if grave else ""


def words_of(line: str) -> str:
    """Return a log line's message without its prefix."""
    found = _WORDS.search(line)
    return found[1].strip() if found else line.strip()


def tail_lines(settings: PostgresSettings, most: int) -> list[CommandLine]:
    """Return what prints the newest lines of the server's log: of what it is started with, and of its collector."""
    log, service = log_file(settings), settings.service
    found = [as_server(settings, "tail", "-n", str(most), log)] if log else []
    if not log and service.manager == "systemd":
        found = [as_server(settings, "journalctl", "-u", service.unit, "-n", str(most), "-o", "cat", "--no-pager")]
    data = settings.data_directory.rstrip("/")
    return [*found, as_server(settings, "sh", "-c", _COLLECTED, "sh", data, str(most))]


def log_file(settings: PostgresSettings) -> str:
    """Return the file that the server is started with for its log, or an empty string where none is known."""
    service = settings.service
    if service.manager == "pg_ctlcluster" and not service.log:
        return f"/var/log/postgresql/postgresql-{service.version}-{service.cluster}.log"
    return service.log


def _since_begin(lines: list[str]) -> list[str]:
    begins = [number for number, line in enumerate(lines) if _BEGINS.search(line)]
    return lines[begins[-1] :] if begins else lines
