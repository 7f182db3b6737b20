"""pgBackRest's effective options, as it reports them itself."""

from __future__ import annotations

import re

from actions.machine.machine import last_words
from actions.outcome import ActionFailed
from actions.systems.postgres.causes import cure_for
from actions.systems.postgres.pgbackrest.command import DEFAULT_FILES, DEFAULT_INCLUDED, command
from actions.systems.postgres.server import Server
from actions.transport import Completed

_BEGIN = re.compile(r"(?:archive-get|restore) command begin \S+: (?:\[\] )?(.*)")
_OPTION = re.compile(r'--([\w-]+)(?:=("[^"]*"|\S*))?')
"""A value with a space is put between double quotes; nothing else in it is quoted."""
_FIND = r"""
stanza=$1 mark=$2 included=$3; shift 3
[ -z "$included" ] || set -- "$@" "$included"/*.conf
for file in "$@"; do grep -lxF -e "$mark" -- "$file" 2>/dev/null; done
for file in "$@"; do grep -lxF -e "[$stanza]" -- "$file" 2>/dev/null; done
for file in "$@"; do [ -e "$file" ] && echo "$file"; done
exit 0
"""


def options(server: Server) -> dict[str, str]:
    """Return the options that pgBackRest takes for the stanza's server, from its files and its own defaults.

    It says them before it does anything; without the name of a segment it then does nothing, and asks no repository.

    Raises:
        ActionFailed: it cannot read its configuration, or knows no such stanza.
    """
    done = server.query(command(server, "archive-get", "--log-level-console=info", "--log-level-file=off"))
    found = said_options(done)
    if found is None:
        raise ActionFailed(
            f"pgBackRest does not know the stanza {server.settings.backups.stanza}: {last_words(done)}",
            cure_for(done, "", "Does the inventory name its configuration (config, config_include), and the stanza?"),
        )
    return dict(found)


def said_options(done: Completed) -> list[tuple[str, str]] | None:
    """Return the options that pgBackRest said as it began, some more than once; None where it did not begin."""
    begun = _BEGIN.search(done.out)
    return [(name, value.strip('"')) for name, value in _OPTION.findall(begun[1])] if begun else None


def config_file(server: Server, mark: str) -> str:
    """Return the file of pgBackRest's configuration that has the line ``mark``, else the one that has the stanza.

    Where none has it, the first that there is; an empty string where there is none.
    """
    backups = server.settings.backups
    files = [backups.config] if backups.config else list(DEFAULT_FILES)
    included = backups.config_include or ("" if backups.config else DEFAULT_INCLUDED)
    done = server.query(["sh", "-c", _FIND, "sh", backups.stanza, mark, included, *files])
    return next(iter(done.out.splitlines()), "")
