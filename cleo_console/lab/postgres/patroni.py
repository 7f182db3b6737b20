"""Patroni in a lab: its configuration, its processes, and the etcd behind it, all on loopback."""

from __future__ import annotations

import json
import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cleo_console.lab.postgres.cluster import Cluster
from cleo_console.lab.postgres.configuration import REPLICATION_ROLE
from cleo_console.lab.processes import Process, lab_processes
from cleo_console.lab.workspace import SYSTEM_PATH, write_secret
from journal.errors import CleoError

PROGRAMS = {"patroni": "patroni python3-etcd", "etcd": "etcd-server"}
"""The programs, and the Debian packages that have them."""

START_S = 60.0
_FAST = {"ttl": 20, "loop_wait": 2, "retry_timeout": 5}
"""The least that Patroni takes: a dead leader is replaced after 20 s."""


def require_programs() -> None:
    """Refuse where one of the programs is missing.

    Raises:
        CleoError: so it is.
    """
    path = f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}"
    missing = [packages for program, packages in PROGRAMS.items() if not shutil.which(program, path=path)]
    if missing:
        sudo = "" if os.geteuid() == 0 else "sudo "
        raise CleoError(
            "Patroni in a lab needs programs that are not installed.",
            f"Install them: {sudo}apt-get install --no-install-recommends {' '.join(missing)}",
        )


def configuration(cluster: Cluster) -> Path:
    """Where a member's configuration is."""
    return cluster.directory / "patroni.yml"


def write_configuration(cluster: Cluster, ports: dict[str, int]) -> None:
    """Write a member's configuration; it holds passwords, and nobody but the servers' account reads it.

    Args:
        cluster: the member.
        ports: ``rest``: where its interface listens; ``etcd``: where the store does.
    """
    replication = cluster.replication_password_file.read_text().strip().rpartition(":")[2]
    console = cluster.console_password_file.read_text().strip()
    pgbackrest = f"{cluster.programs.pgbackrest} --config={cluster.backup_config} --stanza={cluster.stanza}"
    here = {"listen": f"127.0.0.1:{ports['rest']}", "connect_address": f"127.0.0.1:{ports['rest']}"}
    parameters = {"max_connections": 60, "track_commit_timestamp": "on"}
    dynamic = {**_FAST, "postgresql": {"use_pg_rewind": True, "use_slots": True, "parameters": parameters}}
    postgresql = {
        "listen": f"127.0.0.1:{cluster.port}",
        "connect_address": f"127.0.0.1:{cluster.port}",
        "data_dir": str(cluster.data_directory),
        "bin_dir": str(cluster.programs.bin_directory),
        "pgpass": str(cluster.run_directory / "patroni.pgpass"),
        "use_unix_socket": True,
        "authentication": {
            "superuser": {"username": "postgres"},
            "replication": {"username": REPLICATION_ROLE, "password": replication},
            "rewind": {"username": "cleo", "password": console},
        },
        "parameters": {
            "unix_socket_directories": str(cluster.run_directory),
            "archive_command": f"{pgbackrest} archive-push %p",
        },
        "basebackup": ["no-sync", {"checkpoint": "fast"}],
    }
    whole = {
        "scope": cluster.primary,
        "namespace": "/cleo/",
        "name": cluster.name,
        "restapi": {**here, "authentication": {"username": "lab", "password": console}},
        "etcd3": {"hosts": [f"127.0.0.1:{ports['etcd']}"]},
        "bootstrap": {"dcs": dynamic},
        "postgresql": postgresql,
        "watchdog": {"mode": "off"},
    }
    text = json.dumps(whole, indent=1)  # what is JSON is YAML, too
    write_secret(configuration(cluster), text, cluster.account.uid, cluster.account.gid)


def start_etcd(cluster: Cluster, ports: dict[str, int]) -> None:
    """Start the store in the first member's folder, and wait until it answers.

    Raises:
        CleoError: it does not.
    """
    if etcd_process(cluster) is None:
        here, peer = f"http://127.0.0.1:{ports['etcd']}", f"http://127.0.0.1:{ports['etcd_peer']}"
        client = ["--listen-client-urls", here, "--advertise-client-urls", here, "--listen-peer-urls", peer]
        peers = ["--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"]
        data = ["--data-dir", str(cluster.directory / "etcd"), "--unsafe-no-fsync", "--log-level", "error"]
        cluster.spawn(["etcd", *data, *client, *peers], cluster.log("etcd"))
    wait(lambda: answers(ports["etcd"], "/health"), "etcd does not answer", cluster.log("etcd"))


def start_patroni(cluster: Cluster) -> None:
    """Start a member's Patroni, which starts its server."""
    if patroni_process(cluster) is None:
        cluster.spawn(["patroni", str(configuration(cluster))], cluster.log("patroni"))


def restart(cluster: Cluster) -> None:
    """Have Patroni restart the member's server.

    Raises:
        CleoError: it did not.
    """
    cluster.run(["patronictl", "-c", str(configuration(cluster)), "restart", cluster.primary, cluster.name, "--force"])


def patroni_process(cluster: Cluster) -> Process | None:
    """The member's Patroni; None where it does not run."""
    wanted = str(configuration(cluster))
    return next((each for each in lab_processes(cluster.directory) if each.arguments[-1:] == (wanted,)), None)


def etcd_process(cluster: Cluster) -> Process | None:
    """The store's process in the first member's folder; None where it does not run."""
    return next((each for each in lab_processes(cluster.directory) if each.program == "etcd"), None)


def answers(port: int, path: str) -> bool:
    """Whether an interface on loopback says 200."""
    return ask(port, path)[0] == 200


def ask(port: int, path: str, timeout: float = 2.0) -> tuple[int, Any]:
    """Status and answer of an interface on loopback; 0 where nobody answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}{path}", timeout=timeout) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, None
    except (OSError, ValueError):
        return 0, None


def wait(wanted: Callable[[], bool], otherwise: str, log: Path, seconds: float = START_S) -> None:
    """Wait until something is so.

    Raises:
        CleoError: it is not, in time.
    """
    deadline = time.monotonic() + seconds
    while not wanted():
        if time.monotonic() > deadline:
            raise CleoError(f"{otherwise} after {seconds:g} s.", f"See {log}.")
        time.sleep(0.1)
