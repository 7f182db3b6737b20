"""What the stores of a lab hold: rows, documents, keys and files, each asked past all of our own code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cleo_console.lab import Lab
from cleo_console.lab.configuration.service import ConfigurationService
from cleo_console.lab.files.service import FilesService
from cleo_console.lab.mongodb.cluster import DATABASE
from cleo_console.lab.mongodb.service import MemberService
from cleo_console.lab.postgres.cluster_service import cluster_of
from cleo_console.lab.redis.node import HEARTBEAT
from cleo_console.lab.redis.service import NodeService

if TYPE_CHECKING:
    from cleo_console.lab.mongodb.cluster import Member
    from cleo_console.lab.postgres.cluster import Cluster
    from cleo_console.lab.redis.node import Node

Held = Mapping[str, str]
"""By table, collection or key: what it holds."""

CACHE = "db0 "
"""What the names of Redis' keys begin with that are warmed again from PostgreSQL."""
_WRITTEN = "heartbeat"
"""What the lab's own writers change all the time."""
_UPLOADED = re.compile(r"uploads/\d{8}T\d{6}-\d+\.txt|tmp/.*")
"""What the lab's writer puts into a file store, a file a second: what came after the last snapshot is lost."""
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
_DIGEST = "SELECT count(*) || ' rows ' || coalesce(sum(hashtextextended((t.*)::text, 0)::numeric), 0) FROM {} t"


def held(lab: Lab, system: str) -> Held:
    """Return what one store holds; what the lab's writers change all the time is left out."""
    service = lab.services[system]
    if isinstance(service, MemberService):
        return dict(_documents(service.member))
    if isinstance(service, FilesService):
        return dict(_files(service.place.directory))
    if isinstance(service, ConfigurationService):  # Git counts a link among the files
        return dict([*_files(service.place.directory), *_links(service.place.directory)])
    if isinstance(service, NodeService):
        return dict(_keys(service.node))
    return dict(_rows(cluster_of(service)))


def number(holds: Held) -> int:
    """Return how many rows or documents that are, or keys, where each has a line of its own."""
    counts = [value.split(" ")[0] for value in holds.values()]
    return sum(map(int, counts)) if all(count.isdecimal() for count in counts) else len(holds)


def _files(directory: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(directory.rglob("*")):
        name = str(path.relative_to(directory))
        if path.is_file() and not path.is_symlink() and not _UPLOADED.fullmatch(name):
            yield name, f"sha256:{sha256(path.read_bytes()).hexdigest()} {path.owner()} {path.stat().st_mode:o}"


def _links(directory: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(directory.rglob("*")):
        if path.is_symlink():
            yield str(path.relative_to(directory)), f"-> {path.readlink()}"


def _rows(cluster: Cluster) -> Iterator[tuple[str, str]]:
    for table in cluster.psql(_TABLES).split():
        if table != _WRITTEN:
            yield table, cluster.psql(_DIGEST.format(table))


def _documents(member: Member) -> Iterator[tuple[str, str]]:
    from bson.json_util import dumps

    with member.session() as client:
        for one in sorted(client[DATABASE].list_collections(), key=lambda one: str(one["name"])):
            if one["name"] != _WRITTEN and not one["name"].startswith("system."):
                yield one["name"], f"{_collection(client[DATABASE], one)}, {dumps(one['options'])}"


def _collection(database: Any, listed: Mapping[str, Any]) -> str:
    """Return number and digest of a collection's documents, and its indexes; a view has none of its own."""
    from bson.json_util import dumps

    if listed["type"] == "view":
        return "0 documents"
    digest, count = sha256(), 0
    for document in database[listed["name"]].find().sort("_id", 1):
        digest.update(dumps(document).encode())
        count += 1
    indexes = dumps(sorted(database[listed["name"]].index_information().items()))
    return f"{count} documents {digest.hexdigest()[:16]}, indexes {indexes}"


def _keys(node: Node) -> Iterator[tuple[str, str]]:
    databases = [name for name in node.info("keyspace") if name.startswith("db")]
    for database in sorted(databases):
        with node.client(database=int(database.removeprefix("db")), deadline_s=60) as client:
            for key in client.scan_iter(count=1000):
                if not key.startswith(HEARTBEAT):
                    yield f"{database} {key}", json.dumps(_value(client, key), sort_keys=True)


def _value(client: Any, key: str) -> Any:
    """Return a key's value; of those that a warming writes anew, nothing but that it is there."""
    read = {"string": lambda: client.get(key), "hash": lambda: client.hgetall(key)}.get(client.type(key))
    return read() if read and client.connection_pool.connection_kwargs["db"] else "there"
