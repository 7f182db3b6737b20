"""Reads mongod's log: a JSON document a line (MongoDB's manual, structured logging)."""

from __future__ import annotations

import json
from typing import Any

from actions.machine.service import log_lines
from actions.systems.mongodb.server import Server

_NEWEST = 400
_LONGEST = 600
_STARTING = 4615611
"""The id of the message with which a mongod begins ("MongoDB starting")."""
_SAYS_NOTHING = ("Fatal assertion", "aborting after fassert", "Writing fatal message", "Got signal")
"""Messages of a server that ends, which follow from an earlier one."""


def log_size(server: Server) -> int:
    """Return how long its log is now, in bytes: what it says from here on is of the start that follows; 0: none."""
    log = server.settings.service.log
    done = server.query(["stat", "-Lc", "%s", log]) if log else None
    return int(done.out) if done and done.code == 0 and done.out.strip().isdigit() else 0


def lines_since(server: Server, size: int) -> list[str]:
    """Return its log's newest lines since it was ``size`` bytes long; of a log that was rotated since, all of it."""
    log = server.settings.service.log
    if not log:
        newest = log_lines(server.settings.service, server.host, server.run_as, 60)
        return server.query(newest.argv).out.splitlines()
    cut = '[ "$(stat -Lc %s "$2")" -ge "$1" ] || set -- 0 "$2" "$3"; tail -c +"$(($1 + 1))" "$2" | tail -n "$3"'
    return server.query(["sh", "-c", cut, "sh", str(size), log, str(_NEWEST)]).out.splitlines()


def lines_of_last_run(server: Server) -> list[str]:
    """Return its log's newest lines, those of runs before its last one left out."""
    lines = lines_since(server, 0)
    begins = [number for number, line in enumerate(lines) if _entry(line).get("id") == _STARTING]
    return lines[begins[-1] :] if begins else lines


def grave_messages(lines: list[str]) -> list[str]:
    """Return what errors and fatal messages say, each once, without those that only follow from another."""
    found = [_message(entry) for entry in map(_entry, lines) if entry.get("s") in ("E", "F")]
    kept = [words for words in found if words and not any(each in words for each in _SAYS_NOTHING)]
    return list(dict.fromkeys(kept))


def readable(line: str) -> str:
    """Return a line of the log as a person reads it: when, how grave, which part, what, and its figures."""
    entry = _entry(line)
    if "msg" not in entry:
        return line
    at = str((entry.get("t") or {}).get("$date", ""))
    figures = json.dumps(entry["attr"], ensure_ascii=False) if entry.get("attr") else ""
    words = f"{at} {entry.get('s', '')} {entry.get('c', '')} {str(entry['msg']).strip()} {figures}".rstrip()
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"


def _entry(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _message(entry: dict[str, Any]) -> str:
    """Return an error's own words: those of the storage engine or of the exception, where it carries such."""
    attributes = entry.get("attr") or {}
    inner, error = attributes.get("message"), attributes.get("error")
    if isinstance(inner, dict) and inner.get("msg"):
        about = f"{inner['session_dhandle_name']}: " if inner.get("session_dhandle_name") else ""
        return f"{about}{inner['msg']}"
    if isinstance(error, dict) and error.get("errmsg"):
        return f"{str(entry.get('msg', '')).strip()}: {error['errmsg']}"
    if isinstance(error, str):
        return error
    return str(entry.get("msg", "")).strip()
