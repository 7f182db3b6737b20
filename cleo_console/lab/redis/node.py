"""One Redis server of a lab: what lies where, and how to talk to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actions.backups.storage.storage import Where
from cleo_console.lab.repository import Repository
from cleo_console.lab.workspace import Workspace
from journal.errors import CleoError

if TYPE_CHECKING:
    import redis

CONSOLE, APPLICATION, REPLICATION = "cleo", "cleo_app", "replicator"
"""The users of the console, of the application, and of replicas."""
HEARTBEAT = "heartbeat"
"""The key that receives the time once a second."""
DATABASES = 4


@dataclass(frozen=True)
class Node(Workspace):
    """A server's folder and everything needed to talk to it.

    Args:
        programs: the folder of Redis' programs.
        port: its port at its station's address.
        primary: the server whose users and backups it has: its own name, where it is no replica.
        primary_port: that one's port.
        primary_address: where that one listens.
        bucket: the bucket that has the backups; None: they lie in a folder.
        cold: whether it has backups of its own, though not users: it stands by for what is restored there.
    """

    programs: str
    port: int
    primary: str
    primary_port: int
    bucket: Where | None = None
    primary_address: str = "127.0.0.1"
    cold: bool = False

    @property
    def data_directory(self) -> Path:
        """Where the RDB file and the append-only files lie (`dir`)."""
        return self.directory / "data"

    @property
    def dump(self) -> Path:
        """The RDB file."""
        return self.data_directory / "dump.rdb"

    @property
    def append_only(self) -> Path:
        """The folder of the append-only files."""
        return self.data_directory / "appendonlydir"

    @property
    def config_file(self) -> Path:
        """The server's configuration; its folder is the server's, which rewrites it (`CONFIG REWRITE`)."""
        return self.directory / "etc" / "redis.conf"

    @property
    def acl_file(self) -> Path:
        """The server's users."""
        return self.directory / "etc" / "users.acl"

    @property
    def repository(self) -> Path:
        """The folder of those backups, where no bucket has them."""
        return self.lab / self.backed_up / "repository"

    @property
    def backed_up(self) -> str:
        """Whose backups it has: its primary's, or its own."""
        return self.name if self.cold else self.primary

    @property
    def backups(self) -> Repository:
        """The backups of this server and of its replicas."""
        return Repository(self.bucket or Where(place=str(self.repository)), self.backed_up)

    @property
    def hold_file(self) -> Path:
        """While this file exists, no scheduled backup and no expiry takes place."""
        return self.lab / self.backed_up / "run" / "hold"

    @property
    def server_log(self) -> Path:
        """The server's log."""
        return self.log("redis")

    def password_file(self, user: str) -> Path:
        """The file of a user's password, which a primary and its replicas share."""
        return self.lab / self.primary / "secrets" / user

    def program(self, name: str) -> str:
        """The path of one of Redis' programs."""
        return str(Path(self.programs) / name)

    @contextmanager
    def client(self, user: str = CONSOLE, *, database: int = 0, deadline_s: float = 20.0) -> Iterator[redis.Redis]:
        """A connection as one of the users.

        Raises:
            CleoError: there is no answer, or a command is refused.
        """
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        client = redis.Redis(
            host=self.station.address,
            port=self.port,
            db=database,
            username=user,
            password=self.password_file(user).read_text().strip(),
            socket_timeout=deadline_s,
            decode_responses=True,
            retry=Retry(NoBackoff(), 0),
        )
        try:
            yield client
        except redis.RedisError as error:
            raise CleoError(f"{self.name} on port {self.port} says: {error}", f"See {self.server_log}.") from error
        finally:
            client.close()

    def info(self, section: str = "everything") -> dict[str, Any]:
        """What the server says of itself."""
        with self.client() as client:
            return dict(client.info(section))
