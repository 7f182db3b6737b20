"""The server that a restore runs by itself: its program, its options, and whether it is of the release backed up."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any

import yaml

from actions.backups.repository.entry import Entry
from actions.machine.machine import last_words
from actions.outcome import ActionFailed, Cure
from actions.systems.mongodb.server import Server
from actions.transport import LocalHost

_VERSION = re.compile(r"db version v(\d+\.\d+)\S*")
_OPTIONS = {
    "storage.engine": "--storageEngine",
    "storage.directoryPerDB": "--directoryperdb",
    "storage.wiredTiger.engineConfig.cacheSizeGB": "--wiredTigerCacheSizeGB",
    "storage.wiredTiger.engineConfig.journalCompressor": "--wiredTigerJournalCompressor",
    "storage.wiredTiger.engineConfig.directoryForIndexes": "--wiredTigerDirectoryForIndexes",
    "storage.wiredTiger.collectionConfig.blockCompressor": "--wiredTigerCollectionBlockCompressor",
    "storage.wiredTiger.indexConfig.prefixCompression": "--wiredTigerIndexPrefixCompression",
}
"""Settings that the form of its files depends on, or its memory (MongoDB's manual, configuration file options)."""
_CACHE = _OPTIONS["storage.wiredTiger.engineConfig.cacheSizeGB"]
_FLAGS = ("--directoryperdb", "--wiredTigerDirectoryForIndexes")
_ENCRYPTION = "security.enableEncryption"


def program_lines(server: Server, module: str, *words: str) -> list[str]:
    """Return the command line of one of our programs on the server's host.

    Raises:
        ActionFailed: the host is another machine, and the inventory names no Python there.
    """
    if python := server.settings.backups.python:
        return [python, "-m", module, *words]
    if isinstance(server.ctx.inventory.host(server.host), LocalHost):
        return [sys.executable, "-m", module, *words]
    raise ActionFailed(
        f"Nothing tells which program restores on {server.host}.",
        "Install Cleo there, and name its Python in the inventory (backups: python:).",
    )


def require_same_version(server: Server, backup: Entry) -> None:
    """Refuse to restore into another release than was backed up: metadata and oplog may be taken wrongly in silence.

    Raises:
        ActionFailed: the host has another release, or none.
    """
    done = server.query([server.program("mongod"), "--version"])
    found = _VERSION.search(done.out)
    if done.code != 0 or not found:
        raise ActionFailed(f"{server.program('mongod')} cannot be run: {last_words(done)}", "Install mongod there.")
    wanted = str(backup.server.get("version", ""))
    if not wanted:
        server.ctx.log(f"Backup {backup.id} does not say which version it is of; here is {found[1]}.", "err")
    elif wanted.split(".")[:2] != found[1].split("."):
        raise ActionFailed(
            f"Backup {backup.id} is of MongoDB {wanted}, and {server.host} has {found[1]}.",
            left_behind="Nothing was touched.",
            cures=[Cure(words=f"Install MongoDB {'.'.join(wanted.split('.')[:2])} there, then restore.")],
        )


def storage_options(server: Server) -> list[str]:
    """Return the options that the form of the server's files depends on, from its own configuration file.

    Raises:
        ActionFailed: the file cannot be read, or says that the files are encrypted.
    """
    path = server.settings.config_file
    if not path:
        return []
    text = server.read(path)
    try:
        found = yaml.safe_load(text or "") or {}
    except yaml.YAMLError as error:
        raise ActionFailed(f"{path} cannot be understood: {error}", "Correct it; nothing was touched.") from error
    if text is None or not isinstance(found, dict):
        raise ActionFailed(f"{path} is no configuration of a mongod.", "Correct config_file in the inventory.")
    if setting(found, _ENCRYPTION):
        raise ActionFailed(
            f"The data of {server.name} is encrypted ({_ENCRYPTION}): it cannot be restored here.",
            "Restore it by hand: into an empty server with that key, with mongorestore.",
        )
    return [word for name, option in _OPTIONS.items() for word in _words(option, setting(found, name))]


def side_options(server: Server, cache_gb: float) -> list[str]:
    """Return the same options with a cache of ``cache_gb`` GiB: the real server has the machine's memory.

    Raises:
        ActionFailed: as `storage_options` says.
    """
    words = storage_options(server)
    if _CACHE in words:
        at = words.index(_CACHE)
        del words[at : at + 2]
    return [*words, _CACHE, str(cache_gb)]


def setting(settings: Mapping[str, Any], name: str) -> Any:
    """Return a setting of a configuration file by its dotted name, whose parts may stand together there; None: none."""
    if name in settings:
        return settings[name]
    for key, inner in settings.items():
        if isinstance(inner, Mapping) and name.startswith(f"{key}."):
            return setting(inner, name.removeprefix(f"{key}."))
    return None


def _words(option: str, value: Any) -> list[str]:
    if value is None or (value is False and option in _FLAGS):
        return []
    if option in _FLAGS:
        return [option]
    return [option, str(value).lower() if isinstance(value, bool) else str(value)]
