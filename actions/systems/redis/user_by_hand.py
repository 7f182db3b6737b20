"""The shell commands that bring a user's keys back from a backup, or erase them, as a person types them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import cast

from actions.by_hand import ByHand, CommandLine
from actions.recovery_point import label_of
from actions.systems.redis.backups.order import RDB_FILE
from actions.systems.redis.backups.scratch_server import scratch_line
from actions.systems.redis.by_hand import password_line, words
from actions.systems.redis.server import program
from actions.systems.redis.settings import RedisSettings, ToldKeys
from actions.systems.redis.warm_source import SqlServer

_OWN = "A server of its own on the backup, which nobody reaches:"
_MISSING = "Missing keys; those that are there stay"
_DATABASES = r"sed -n 's/^db\([0-9]*\):.*/\1/p'"
_OLD = """s=$1; shift; old() { env -u REDISCLI_AUTH "$c" -s "$s" -n "$d" "$@"; }; c=$1"""
_COPY = (
    """while IFS= read -r k; do t=$(old PTTL "$k"); [ "$t" = -2 ] || old DUMP "$k" | head -c -1 | """
    """"$@" -n "$d" -x RESTORE "$k" "$((t > 0 ? t : 0))"; done"""
)
"""A key that is told and is not in the backup (-2), or whose time is up by now, is passed over."""
_COPY_CALLED = f"""p=$1; shift; {_OLD}
for d in $(d=0; old INFO keyspace | {_DATABASES}); do old --scan --pattern "$p" | {_COPY}; done"""
_COPY_TOLD = f"""d=$1; shift; {_OLD}
{_COPY}"""
_UNLINK = """xargs -d '\\n' -r -n 500 "$@" -n "$d" UNLINK"""
_ERASE_CALLED = f"""p=$1; shift
for d in $("$@" INFO keyspace | {_DATABASES}); do "$@" -n "$d" --scan --pattern "$p" | {_UNLINK}; done"""
_ERASE_TOLD = f"""d=$1; shift; {_UNLINK}"""


def user_restore(known: ByHand) -> Sequence[CommandLine]:
    """Return what copies one user's missing keys out of a backup, by a server of its own."""
    settings = known.settings(RedisSettings)
    user = str(known.params.get("user_id") or "USER")
    folder, account = f"{settings.place()}.user", settings.run_as
    label = str(known.params.get("backup") or "") or (label_of(known.point) if known.point else "") or "BACKUP"
    stored = f"{settings.backups.repository}/{known.system}/{label}/{RDB_FILE}"
    socket, own = f"{folder}/socket", ["-o", account] if account else []
    here = ["env", "-u", "REDISCLI_AUTH", program(settings, "redis-cli"), "-s", socket]

    def line(*argv: str, what: str = "", user: str = "") -> CommandLine:
        return CommandLine(argv=argv, what=what, host=settings.host, user=user)

    start = scratch_line(program(settings, settings.program), folder, aof="", daemon=True)
    return [
        line("install", "-d", "-m", "700", *own, folder, what=_OWN),
        line("install", "-m", "600", *own, stored, f"{folder}/{RDB_FILE}"),
        line(*start, user=account),
        *password_line(settings),
        *_each(
            known,
            user,
            (_COPY_CALLED, _COPY_TOLD),
            [socket, *words(settings)],
            _MISSING,
        ),
        line(*here, "SHUTDOWN", "NOSAVE", what="Remove it:"),
        line("rm", "-r", folder),
    ]


def reapply_erasures(known: ByHand) -> Sequence[CommandLine]:
    """Return what removes the keys of a user who was erased."""
    settings = known.settings(RedisSettings)
    what = "For each USER whom the ledger of erasures names, before their rows go in PostgreSQL; keys"
    return [*password_line(settings), *_each(known, "USER", (_ERASE_CALLED, _ERASE_TOLD), words(settings), what)]


def _each(known: ByHand, user: str, scripts: tuple[str, str], rest: Sequence[str], what: str) -> Iterator[CommandLine]:
    """Yield what does something with a user's keys: those that are called so, and those that a database tells."""
    settings = known.settings(RedisSettings)
    called, told = scripts
    for pattern in settings.user_data.keys:
        argv = ["sh", "-c", called, "sh", pattern.replace("{id}", _plain(user)), *rest]
        yield CommandLine(argv=argv, what=f"{what} called {pattern}:", host=settings.host)
    for one in settings.user_data.told:
        script = f"{shlex.join(_asked(known, one, user))} | {{ {told}; }}"
        argv = ["sh", "-c", script, "sh", str(one.database), *rest]
        yield CommandLine(argv=argv, what=f"{what} of {one.name}:", host=settings.host)


def _plain(user: str) -> str:
    """Return a user's key as a pattern that stands for nothing else."""
    return "".join(f"\\{each}" if each in "*?[]\\" else each for each in user)


def _asked(known: ByHand, one: ToldKeys, user: str) -> list[str]:
    """Return what has a database tell a user's keys, one a line."""
    from psycopg import sql

    settings = cast("SqlServer", known.inventory.systems[one.system])
    question = one.sql.replace("{id}", sql.Literal(user).as_string())
    where = ["-h", settings.address, "-p", str(settings.port), "-U", settings.user, "-d", settings.database]
    return ["psql", "-X", "-A", "-t", *where, "-c", question]
