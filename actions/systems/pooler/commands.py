"""The command lines that speak to PgBouncer's admin console, on its host."""

from __future__ import annotations

from collections.abc import Sequence

from actions.systems.pooler.seen import LOOK, MARK
from actions.systems.pooler.settings import PoolerSettings

_LOOK = r"""
export PGCONNECT_TIMEOUT="$1" PGAPPNAME=cleo; mark=$2; shift 2
psql=$1; shift
while [ "$1" != -- ]; do said="$said $1"; shift; done
shift
for each in "$@"; do
    echo "$mark"
    # shellcheck disable=SC2086
    "$psql" $said --csv -c "$each" </dev/null || exit 4
done
"""
_TURN = r"""
export PGCONNECT_TIMEOUT=5 PGAPPNAME=cleo
psql=$1 pause_s=$2 cut=$3; shift 3
while [ "$1" != -- ]; do said="$said $1"; shift; done
shift
admin() { "$psql" $said -c "$1" </dev/null; }
resume() { for one in $held; do admin "RESUME \"$one\"" >/dev/null 2>&1 && echo "RESUME $one"; done; held=; }
trap resume EXIT
trap 'exit 75' TERM INT HUP
held=
for one in "$@"; do
    held="$held $one"
    echo "PAUSE $one"
    timeout "$pause_s" "$psql" $said -c "PAUSE \"$one\"" </dev/null >/dev/null && continue
    [ "$cut" = yes ] || { echo "$one: transactions did not end within $pause_s s" >&2; exit 75; }
    echo "KILL $one: what did not end within $pause_s s is cut"
    admin "KILL \"$one\"" >/dev/null || exit 4
done
echo RELOAD
admin RELOAD >/dev/null || exit 4
resume
"""
"""Pauses each database, has PgBouncer read its file, and lets the clients go on, whatever comes between: it is one
program, so that neither a lost link nor a dead runner leaves clients waiting. 75: the transactions did not end."""
NOT_ENDED = 75


def connection(settings: PoolerSettings) -> list[str]:
    """Return psql's options for the admin console."""
    where = ["-h", settings.socket, "-p", str(settings.port), "-U", settings.admin, "-d", "pgbouncer"]
    return ["-X", "-q", "-w", *where]


def look_argv(settings: PoolerSettings, timeout_s: float) -> list[str]:
    """Return the command line of a look."""
    start = ["sh", "-c", _LOOK, "sh", str(max(1, int(timeout_s))), MARK]
    return [*start, settings.psql, *connection(settings), "--", *LOOK]


def turn_argv(settings: PoolerSettings, names: Sequence[str], *, cut: bool) -> list[str]:
    """Return the command line that pauses databases, reloads, and lets their clients go on."""
    start = ["sh", "-c", _TURN, "sh", settings.psql, f"{settings.pause_s:g}", "yes" if cut else "no"]
    return [*start, *connection(settings), "--", *names]


def admin_argv(settings: PoolerSettings, command: str) -> list[str]:
    """Return the command line of one command of the admin console."""
    return [settings.psql, *connection(settings), "-c", command]


def resume_words(name: str) -> str:
    """Return the command that lets a database's clients go on."""
    return f'RESUME "{name}"'
