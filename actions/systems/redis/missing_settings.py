"""Brings back the files of settings that are gone: configuration and users, which no RDB file has.

A file that is there stays as it is: it may be newer than the backup, and keeps the application out meanwhile.
"""

from __future__ import annotations

from actions.backups.repository.place import Place
from actions.outcome import ActionFailed
from actions.systems.redis.backups.order import ACL_FILE, CONFIG_FILE
from actions.systems.redis.config_file import Wanted
from actions.systems.redis.placing import bring_back
from actions.systems.redis.server import Server


def bring_back_configuration(server: Server, place: Place) -> None:
    """Bring back the configuration file from the newest backup that has one, where it is missing.

    Raises:
        ActionFailed: no backup has it, the inventory names none, or this is a dry run.
    """
    path = server.settings.config_file
    if not path:
        raise ActionFailed(
            f"The inventory names no configuration file of {server.name}: nothing keeps a start from saving over data.",
            "Name it (config_file), and start the server with it.",
        )
    if not server.exists(path):
        _bring_back(server, place, CONFIG_FILE, path)


def bring_back_users(server: Server, place: Place, wanted: Wanted, label: str) -> None:
    """Bring back the users' file, where it is missing: from the backup ``label``, else from the newest that has one."""
    path = server.settings.acl_file or wanted.acl_file
    if path and not server.exists(path):
        _bring_back(server, place, ACL_FILE, path, label)


def _bring_back(server: Server, place: Place, name: str, path: str, label: str = "") -> None:
    found = {
        one.entry.id: file
        for one in place.listing().stored
        for file in one.entry.files
        if file.name == name and not one.wrong
    }
    if not found:
        raise ActionFailed(
            f"{path} is gone, and no backup in {place.folder} has a {name}.",
            "Bring it back (configuration management, another copy), then run the step again.",
        )
    chosen = label if label in found else list(found)[-1]
    if not server.ctx.effect(f"bring back {path}, which is missing, from backup {chosen}"):
        raise ActionFailed(
            f"{path} is missing: the restore begins with bringing it back from backup {chosen}.",
            "What it says decides what comes next: the dry run ends here.",
        )
    bring_back(server, place, chosen, found[chosen], path)
