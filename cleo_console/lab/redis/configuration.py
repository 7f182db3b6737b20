"""The configuration and the users of a Redis server of a lab."""

from __future__ import annotations

import os
import secrets

from cleo_console.lab.redis.node import APPLICATION, CONSOLE, DATABASES, REPLICATION, Node
from cleo_console.lab.workspace import write_secret

CONFIG = """\
# redis in the lab
bind {addresses}
protected-mode yes
port {port}
dir {data}
daemonize yes
pidfile {run}/redis.pid
logfile {log}
databases {databases}
aclfile {users}
dbfilename dump.rdb
save 300 10 60 10000
appendonly yes
appendfsync everysec
repl-diskless-sync-delay 0
maxmemory {maxmemory}
maxmemory-policy allkeys-lru
"""
FOLLOWS = """\
replicaof {address} {port}
masteruser {user}
masterauth {password}
"""
USERS = """\
user default off
user {console} on >{console_password} ~* &* +@all
user {application} on >{application_password} ~* &* +@all -@dangerous -@admin +info
user {replication} on >{replication_password} +psync +replconf +ping
"""


def write_passwords(node: Node) -> None:
    """Make the users' passwords; only whoever started the lab can read them."""
    for user in (CONSOLE, APPLICATION, REPLICATION):
        write_secret(node.password_file(user), secrets.token_urlsafe(24), os.geteuid(), os.getegid())


def configure(node: Node, maxmemory: int) -> None:
    """Write the server's configuration and users. A replica's users are its primary's."""
    text = CONFIG.format(
        addresses=" ".join(dict.fromkeys(("127.0.0.1", node.station.address))),
        port=node.port,
        data=node.data_directory,
        run=node.run_directory,
        log=node.server_log,
        databases=DATABASES,
        users=node.acl_file,
        maxmemory=maxmemory,
    )
    if node.primary != node.name and not node.cold:
        where = {"address": node.primary_address, "port": node.primary_port}
        text += FOLLOWS.format(**where, user=REPLICATION, password=_password(node, REPLICATION))
    users = USERS.format(
        console=CONSOLE,
        console_password=_password(node, CONSOLE),
        application=APPLICATION,
        application_password=_password(node, APPLICATION),
        replication=REPLICATION,
        replication_password=_password(node, REPLICATION),
    )
    for path, content in ((node.config_file, text), (node.acl_file, users)):
        write_secret(path, content.rstrip("\n"), node.account.uid, node.account.gid)


def _password(node: Node, user: str) -> str:
    return node.password_file(user).read_text().strip()
