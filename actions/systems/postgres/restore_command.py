"""pgBackRest's command line for a restore, and the configuration by which the restored server fetches its log."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from actions.systems.postgres.pgbackrest.command import command_line
from actions.systems.postgres.settings import Backups

READY = """
[ -e "$1/PG_VERSION" ] || [ -e "$1/backup.manifest" ] || { mkdir -p -m 700 "$1" && : >"$1/PG_VERSION"; }
"""
"""pgBackRest restores over existing files only where the data directory holds one of these two files."""


def restore_command(
    backups: Backups,
    label: str,
    *,
    timeline: str,
    repository: int = 0,
    sources: Mapping[int, Sequence[str]] | None = None,
    survived: str = "",
) -> list[str]:
    """Return the command line. ``--delta`` goes on with what an unfinished restore left.

    The server is left as a standby, which promotes nothing if somebody starts it.

    Args:
        backups: what the inventory says of the backups.
        label: the set that is restored.
        timeline: the one that is replayed, by its number, or ``latest``.
        repository: the number of the repository that the set lies in; 0: the first.
        sources: the repositories that log is taken from, each with the segments that are damaged there.
        survived: the file that lists the segments which only survived in a copy; empty: there are none.
    """
    get = fetch_words(backups, sources or {0: []}, survived)
    return command_line(
        backups,
        "restore",
        f"--set={label}",
        "--delta",
        "--type=standby",
        f"--target-timeline={timeline}",
        f"--recovery-option=restore_command={in_configuration(get)}",
        "--log-level-console=detail",
        repository=repository,
    )


def fetch_words(
    backups: Backups, sources: Mapping[int, Sequence[str]], survived: str = "", options: Sequence[str] = ()
) -> str:
    """Return the shell's words by which a recovering server fetches its log: PostgreSQL's ``restore_command``.

    Args:
        backups: what the inventory says of the backups.
        sources: the repositories that log is taken from, in this order, each with the segments that are damaged there.
        survived: the file that lists the segments which only survived in a copy; empty: there are none.
        options: further options of pgBackRest.
    """
    get = " || ".join(_from_repository(backups, key, names, options) for key, names in sources.items())
    if not survived:
        return get
    listed = _literally(shlex.quote(survived))
    return f"""{get} || {{ at=$(sed -n 's|^%f ||p' {listed}) && test -n "$at" && cp "$at" "%p"; }}"""


def _from_repository(backups: Backups, key: int, damaged: Sequence[str], options: Sequence[str]) -> str:
    """Return the shell's words that fetch a segment from one repository, unless it is damaged there."""
    line = command_line(backups, "--log-level-console=error", *options, "archive-get", repository=key)
    get = f'{_literally(shlex.join(line))} %f "%p"'
    return f"{{ case %f in {'|'.join(damaged)}) false;; *) {get};; esac; }}" if damaged else get


def _literally(words: str) -> str:
    """Return the shell's words so that PostgreSQL puts nothing in them: ``%`` names what it would put there."""
    return words.replace("%", "%%")


def in_configuration(words: str) -> str:
    """Return a value as it stands between quotes in PostgreSQL's configuration: pgBackRest adds the quotes only."""
    return words.replace("\\", "\\\\").replace("'", "''")
