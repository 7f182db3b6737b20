"""What the inventory says of a lab's mongod: what the console needs to reach it, and nothing the lab does not own."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from cleo_console.lab.mongodb.cluster import APPLICATION, CONSOLE, DATABASE, Member
from cleo_console.lab.mongodb.data import OWNERS
from cleo_console.lab.mongodb.server import start_argv
from cleo_console.lab.new_secrets import login


def describe(member: Member, title: str, others: Sequence[str] = ()) -> dict[str, Any]:
    """A mongod's entry as data; secrets are only referred to.

    Args:
        member: the mongod.
        title: what people call it.
        others: the other members of its set, as they reach each other.
    """
    entry = {
        "host": member.station.host,
        "title": title,
        "data_directory": str(member.data_directory),
        "config_file": str(member.config_file),
        "bin_directory": str(member.mongod.parent),
        "run_as": member.account.name,
        "address": member.station.address,
        "port": member.port,
        "replica_set": member.set_name,
        "members": list(others),
        "user": CONSOLE,
        "password": {"file": str(member.password_file(CONSOLE))},
        "app_users": [{"user": APPLICATION, "password": {"file": str(member.password_file(APPLICATION))}}],
        "logins": [login(APPLICATION, member.password_file(APPLICATION))],
        "database": DATABASE,
        "heartbeat": f"{DATABASE}.heartbeat",
        "user_data": {"fields": OWNERS},
        "service": {"manager": "command", "start": start_argv(member), "log": str(member.server_log)},
        "backups": {
            **member.backups.inventory_entry(),
            "python": sys.executable,
            **({} if member.bucket else {"hold_file": str(member.hold_file)}),
        },
    }
    return {name: value for name, value in entry.items() if value}
