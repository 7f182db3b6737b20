"""The configuration files in a backup, and the path of pg_hba.conf that they set; read without a restore."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from actions.systems.postgres.pgbackrest.command import Backup, command
from actions.systems.postgres.server import Server
from journal.structs import plain_json

_LINES = r"""
out=$("$@") || exit 3
printf '%s\n' "$out" | grep -E '^pg_data/(PG_VERSION|pg_hba[.]conf|postgresql[.]conf|postgresql[.]auto[.]conf)='
exit 0
"""
_UNPACKED = r"""
file=$1; shift
for kind in .gz:gzip .zst:zstd .lz4:lz4 .bz2:bzip2 :cat; do
    tool=${kind#*:}; at="$file${kind%%:*}"
    if found=$("$@" repo-ls "$at" 2>/dev/null) && [ -n "$found" ]; then
        [ "$tool" = cat ] || tool="$tool -dc"
        "$@" repo-get "$at" | $tool
        exit $?
    fi
done
exit 4
"""
_HBA_FILE = re.compile(r"^\s*hba_file\s*=?\s*'?([^'#\n]+?)'?\s*(?:#.*)?$", re.MULTILINE | re.IGNORECASE)


class Configuration(NamedTuple):
    """Whether the backup holds ``pg_hba.conf`` (None: unknown), and where its settings say that it is."""

    has_hba: bool | None
    hba_file: str


def configuration(server: Server, backup: Backup) -> Configuration:
    """Look into a backup's manifest, and into the settings that lie in it.

    Args:
        server: the server.
        backup: which one. Of files in bundles and in included folders nothing is known.
    """
    path = f"backup/{server.settings.backups.stanza}/{backup.label}/backup.manifest"
    done = server.query(["sh", "-c", _LINES, "sh", *_at(server, backup), "repo-get", path], timeout_s=60)
    files = dict(line.removeprefix("pg_data/").split("=", 1) for line in done.out.splitlines() if "=" in line)
    if "PG_VERSION" not in files:
        return Configuration(None, "")
    texts = [
        _text(server, backup, name, files[name])
        for name in ("postgresql.conf", "postgresql.auto.conf")
        if name in files
    ]
    named = [name for text in texts for name in _HBA_FILE.findall(text)]
    return Configuration("pg_hba.conf" in files, named[-1] if named else "")


def _at(server: Server, backup: Backup) -> list[str]:
    return command(server, repository=backup.repository)


def _text(server: Server, backup: Backup, name: str, described: str) -> str:
    known: dict[str, Any] = plain_json(described)
    if "bni" in known:
        return ""
    at = f"backup/{server.settings.backups.stanza}/{known.get('reference', backup.label)}/pg_data/{name}"
    return server.query(["sh", "-c", _UNPACKED, "sh", at, *_at(server, backup)], timeout_s=60).out
