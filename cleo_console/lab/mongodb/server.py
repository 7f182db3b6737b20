"""A lab's mongod: configured, started and stopped, its replica set initiated, its users made."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from signal import SIGTERM

from cleo_console.lab.clock import behind
from cleo_console.lab.mongodb.cluster import APPLICATION, CONSOLE, DATABASE, MEMBER, Member
from cleo_console.lab.processes import PROC, Process, lab_processes, signal_process
from cleo_console.lab.workspace import write_readable, write_secret
from journal.errors import CleoError

RECOVER = "Recover it first, or start over with `cleo lab down`."
_PATIENCE_S = 60.0

_CONFIG = """\
# One mongod of a lab. Every start reads this file.
storage:
  dbPath: {data}
  wiredTiger:
    engineConfig:
      cacheSizeGB: 0.25
      configString: log=(file_max=16MB,prealloc=false)
systemLog:
  destination: file
  path: {log}
  logAppend: true
net:
  bindIp: {addresses}
  port: {port}
  unixDomainSocket:
    enabled: false
processManagement:
  fork: true
  pidFilePath: {pid_file}
replication:
  replSetName: {set_name}
  oplogSizeMB: 64
security:
  authorization: enabled
  keyFile: {key}
setParameter:
  diagnosticDataCollectionEnabled: false
  shutdownTimeoutMillisForSignaledShutdown: 1000
"""


def configure(member: Member, key: str) -> None:
    """Write a mongod's configuration and its set's key, into a folder that was made for it."""
    write_secret(member.key_file, key, member.account.uid, member.account.gid)
    text = _CONFIG.format(
        data=member.data_directory,
        log=member.server_log,
        addresses=",".join(dict.fromkeys(("127.0.0.1", member.station.address))),
        port=member.port,
        pid_file=member.run_directory / "mongod.pid",
        set_name=member.set_name,
        key=member.key_file,
    )
    write_readable(member.config_file, text)


def new_key() -> str:
    """A key for a new set: 6 to 1024 characters of base64 (MongoDB's manual, keyfiles)."""
    return secrets.token_urlsafe(90).replace("-", "+").replace("_", "/")


def start_argv(member: Member) -> list[str]:
    """What starts the server; it comes back once the server takes connections, or has failed."""
    return [str(member.mongod), "--config", str(member.config_file)]


def start(member: Member, environment: dict[str, str] | None = None) -> None:
    """Start the server, with further variables, and wait until it takes connections.

    Raises:
        CleoError: it did not start.
    """
    member.run([*behind(environment), *start_argv(member)], timeout=130)


def stop(member: Member) -> None:
    """Stop the server cleanly.

    Raises:
        CleoError: it did not stop.
    """
    found = process(member.data_directory)
    if found is None:
        return
    signal_process(found, SIGTERM, member.directory)
    wait_until_ended(member, found)


def wait_until_ended(member: Member, found: Process) -> None:
    """Wait until a server that was told to end is gone.

    Raises:
        CleoError: it goes on.
    """
    deadline = time.monotonic() + _PATIENCE_S
    while _lives(found.pid):
        if time.monotonic() > deadline:
            raise CleoError(f"{member.name} did not stop within {_PATIENCE_S:g} s.", f"See {member.server_log}.")
        time.sleep(0.02)


def process(data_directory: Path) -> Process | None:
    """The mongod that has this data directory open: it holds the lock file in it open as long as it runs."""
    mongods = [each for each in lab_processes(data_directory.parents[1]) if each.program == "mongod"]
    return next((each for each in mongods if _holds(each.pid, data_directory)), None)


def _lives(pid: int) -> bool:
    """Whether a process goes on: its first thread may be a zombie while others still hold its port."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[0] not in "ZX" or int(fields[17]) > 1


def _holds(pid: int, data_directory: Path) -> bool:
    lock = f"{data_directory / 'mongod.lock'}"
    return lock in (each.removesuffix(" (deleted)") for each in _open_files(pid))


def _open_files(pid: int) -> Iterator[str]:
    with suppress(OSError):  # the process has just ended
        for each in (PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):  # it has just closed this one
                yield str(each.readlink())


def require_running(member: Member) -> None:
    """Refuse what needs a server that runs.

    Raises:
        CleoError: it does not.
    """
    if process(member.data_directory) is None:
        raise CleoError(f"{member.name} does not run in the lab.", RECOVER)


def initiate(members: Sequence[Member]) -> None:
    """Make a replica set of running mongods, and wait until the first is its primary.

    Raises:
        CleoError: it did not become one.
    """
    first = members[0]
    seats = [
        {"_id": number, "host": each.name_in_set, "priority": 2 if each is first else 1}
        for number, each in enumerate(members)
    ]
    with first.session(MEMBER) as client:
        client.admin.command("replSetInitiate", {"_id": first.set_name, "members": seats})
    wait_until_primary(first)


def wait_until_primary(member: Member) -> None:
    """Wait until a mongod is its set's primary.

    Raises:
        CleoError: it does not become one.
    """
    deadline = time.monotonic() + _PATIENCE_S
    with member.session("") as client:
        while not client.admin.command("hello")["isWritablePrimary"]:
            if time.monotonic() > deadline:
                raise CleoError(f"{member.name} does not become primary.", f"See {member.server_log}.")
            time.sleep(0.02)


def take_in(primary: Member, new: Member, *, leads: bool = True) -> None:
    """Have a set take in an empty mongod, and wait until that has all of its data, and votes.

    A new member has no vote until the primary saw it as a secondary, and changed the configuration again (MongoDB's
    manual, replica set reconfiguration): where the primary stops before that, nobody can take its place.

    Args:
        primary: who leads the set.
        new: the empty one.
        leads: whether it may lead the set one day.

    Raises:
        CleoError: it is refused, or does not come so far.
    """
    with primary.session() as client:
        config = client.admin.command("replSetGetConfig")["config"]
        number = max(each["_id"] for each in config["members"]) + 1
        seat = {"_id": number, "host": new.name_in_set, "priority": 1 if leads else 0}
        changed = {**config, "version": config["version"] + 1, "members": [*config["members"], seat]}
        client.admin.command("replSetReconfig", changed)
    deadline = time.monotonic() + _PATIENCE_S
    while not (_is_secondary(new) and all(_voters(each) == len(changed["members"]) for each in (primary, new))):
        if time.monotonic() > deadline:
            raise CleoError(f"{new.name} does not follow {primary.name}.", f"See {new.server_log}.")
        time.sleep(0.1)


def _is_secondary(member: Member) -> bool:
    with member.session("") as client:
        return bool(client.admin.command("hello").get("secondary"))


def _voters(member: Member) -> int:
    """Return how many members have a vote, as one member knows it."""
    with member.session() as client:
        return int(client.admin.command("replSetGetStatus")["votingMembersCount"])


def create_users(member: Member) -> None:
    """Make the console's and the application's user, in a set that has none yet.

    The console's may do everything: replaying an oplog takes a role that may do anything to anything (MongoDB's manual,
    mongorestore, required access).
    """
    passwords = {user: secrets.token_urlsafe(24) for user in (CONSOLE, APPLICATION)}
    for user, password in passwords.items():
        write_secret(member.password_file(user), password, os.geteuid(), os.getegid())
    with member.session(MEMBER) as client:
        client.admin.command("createUser", CONSOLE, pwd=passwords[CONSOLE], roles=["root"])
    with member.session() as client:
        everything = {"resource": {"anyResource": True}, "actions": ["anyAction"]}
        client.admin.command("createRole", "replay", privileges=[everything], roles=[])
        client.admin.command("grantRolesToUser", CONSOLE, roles=["replay"])
        writes = {"role": "readWrite", "db": DATABASE}
        client.admin.command("createUser", APPLICATION, pwd=passwords[APPLICATION], roles=[writes])
