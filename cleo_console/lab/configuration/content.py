"""The repository of a lab's configuration: CleoAI's three folders, and a little history."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

from cleo_console.lab.configuration.place import BRANCH, PATHS, Place

_FIRST = {
    "configs/dr/postgres.conf": "max_connections = 200\nshared_buffers = 2GB\nwal_level = replica\n",
    "configs/dr/redis.conf": "maxmemory 2gb\nmaxmemory-policy noeviction\nappendonly yes\n",
    "configs/dr/api.yaml": "database:\n  host: postgres.dr.internal\n  password: not-the-real-one\nworkers: 8\n",
    "network/dr/haproxy.cfg": "backend api\n  server dr1 10.2.0.11:8080 check\n  server dr2 10.2.0.12:8080 check\n",
    "network/dr/zone.txt": "api IN A 203.0.113.10\nttl 60\n",
    "k8s/disaster-recovery/api.yaml": "kind: Deployment\nmetadata: {name: cleo-api}\nspec: {replicas: 4}\n",
    "README.md": "What runs at the DR site.\n",
}
_LATER = (
    ({"configs/dr/postgres.conf": "max_connections = 400\nshared_buffers = 2GB\nwal_level = replica\n"}, 20),
    ({"k8s/disaster-recovery/api.yaml": "kind: Deployment\nmetadata: {name: cleo-api}\nspec: {replicas: 6}\n"}, 2),
)


def make(place: Place) -> None:
    """Make the remote with its history, a clone, and what runs."""
    place.clone.mkdir()
    place.git("init", "--quiet", "--bare", f"--initial-branch={BRANCH}", str(place.remote))
    place.git("init", "--quiet", f"--initial-branch={BRANCH}")
    place.git("remote", "add", "origin", str(place.remote))
    place.commit(_FIRST, "The DR site's configuration", _days_ago(40))
    _add_program(place)
    for files, days in _LATER:
        place.commit(files, f"Change {next(iter(files)).rpartition('/')[2]}", _days_ago(days))
    deploy(place)


def _add_program(place: Place) -> None:
    """Add a file that can be executed, and a link."""
    program = place.clone / "network" / "dr" / "check.sh"
    program.write_text("#!/bin/sh\nexec haproxy -c -f haproxy.cfg\n")
    program.chmod(0o755)
    (place.clone / "configs" / "dr" / "current.yaml").symlink_to("api.yaml")
    place.commit({}, "A check before the load balancer is started", _days_ago(30))


def deploy(place: Place) -> None:
    """Have the clone's head run."""
    for path in PATHS:
        shutil.copytree(place.clone / path, place.directory / path, symlinks=True, dirs_exist_ok=True)


def _days_ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")
