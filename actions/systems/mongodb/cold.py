"""What a cold standby of MongoDB needs: mongod, its configuration, and the release that was backed up."""

from __future__ import annotations

from actions.backups.repository.entry import ENTRY, decode_entry
from actions.cold_standby.standby import NOTHING, ColdWay, CopiedThere
from actions.context import ActionContext
from actions.machine.machine import last_words
from actions.outcome import ActionFailed
from actions.systems.mongodb.config_file import find_config_file, read_config
from actions.systems.mongodb.failover.promote import PROMOTING
from actions.systems.mongodb.launch import require_member_of_its_set
from actions.systems.mongodb.restored_server import require_same_version, setting, storage_options
from actions.systems.mongodb.server import find_server

_DEFAULTS = {"storage.dbPath": "/data/db", "net.port": "27017"}
"""What mongod takes where its configuration says nothing (MongoDB's manual, configuration file options)."""


def require_prepared(ctx: ActionContext) -> None:
    """Refuse a host on which the normal restore would not go to its end.

    Raises:
        ActionFailed: mongod is not there, or its configuration is not, or leads elsewhere than the inventory says.
    """
    server = find_server(ctx)
    done = server.query([server.program("mongod"), "--version"])
    if done.code:
        raise ActionFailed(
            f"{server.host} has no mongod that can be started: {last_words(done)}",
            "Install the release that was backed up there (bin_directory of the standby).",
            left_behind=NOTHING,
        )
    path = find_config_file(server)
    if not path or server.read(path) is None:
        raise ActionFailed(
            f"On {server.host} mongod's configuration {path or '(config_file)'} is not there.",
            "Put it there, and name it in the inventory (config_file): every start of the restored server reads it.",
            left_behind=NOTHING,
        )
    said = read_config(server, path)
    for name, wanted in {"storage.dbPath": server.data, "net.port": str(server.settings.port)}.items():
        found = str(setting(said, name) or _DEFAULTS[name]).rstrip("/")
        if found != wanted:
            raise ActionFailed(
                f"By {path} on {server.host} {name} is {found}, the inventory says {wanted}.",
                "Correct it there, or the inventory.",
                left_behind=NOTHING,
            )
    require_member_of_its_set(server)
    storage_options(server)


def require_fitting(ctx: ActionContext, copied: CopiedThere) -> None:
    """Refuse copies of another release than the host has: metadata and oplog may be taken wrongly in silence.

    Raises:
        ActionFailed: they are of another one, or the newest one's entry cannot be read.
    """
    name = f"{copied.newest}/{ENTRY}"
    require_same_version(find_server(ctx), decode_entry(copied.read(name), name))


COLD = ColdWay(fenced=PROMOTING.old_fenced, require=require_prepared, fits=require_fitting, stop="mongodb.stop")
