"""A mongod of a lab: what lies where, and how to talk to it."""

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
    from pymongo import MongoClient

DATABASE = "cleoai"
CONSOLE, APPLICATION = "cleo", "cleo_app"
"""The users of the console and of the application; both lie in the database `admin`."""
MEMBER = "__system"
"""Who a set's members are to each other, with the key: also where there is no user yet, and from elsewhere."""


@dataclass(frozen=True)
class Member(Workspace):
    """One mongod's folder and everything needed to run it.

    Args:
        mongod: the program.
        port: its port at its station's address.
        set_name: its replica set.
        primary: the service that the set was made with: its own name, where it is that one.
        bucket: the bucket that has the backups; None: they lie in a folder.
        cold: whether it stands by for what is restored there: it is in nobody's set, and has its own repository.
    """

    mongod: Path
    port: int
    set_name: str
    primary: str
    bucket: Where | None = None
    cold: bool = False

    @property
    def name_in_set(self) -> str:
        """What the other members call it."""
        return f"{self.station.address}:{self.port}"

    @property
    def fellows(self) -> list[str]:
        """The other members of its set that the lab has, as they reach each other."""
        texts = {path.parent.name: path.read_text() for path in sorted(self.lab.glob("*/mongod.conf"))}
        ours = {name: text for name, text in texts.items() if f"replSetName: {self.set_name}\n" in text}
        return [_name_in_set(text) for name, text in ours.items() if name != self.name]

    @property
    def data_directory(self) -> Path:
        """The data directory (dbPath)."""
        return self.directory / "data" / "db"

    @property
    def config_file(self) -> Path:
        """The file that every start reads its settings from; of a member, where its fellows find it."""
        return self.directory / ("etc/mongod.conf" if self.cold else "mongod.conf")

    @property
    def server_log(self) -> Path:
        """The server's log."""
        return self.log("mongod")

    @property
    def repository(self) -> Path:
        """The folder of the set's backups, where no bucket has them."""
        return self.lab / self._keeper / "repo"

    @property
    def backups(self) -> Repository:
        """The set's backups."""
        return Repository(self.bucket or Where(place=str(self.repository)), self._keeper)

    @property
    def hold_file(self) -> Path:
        """While this file exists, no scheduled backup and no expiry takes place."""
        return self.lab / self._keeper / "run" / "hold"

    @property
    def key_file(self) -> Path:
        """The key by which the members of the set know each other."""
        return self.secrets / "key"

    def password_file(self, user: str) -> Path:
        """The file of a user's password, as it was when the set was made."""
        return self.lab / self.primary / "secrets" / user

    @property
    def _keeper(self) -> str:
        """The service in whose folder its backups are."""
        return self.name if self.cold else self.primary

    def _password(self, user: str) -> Path:
        return self.key_file if user == MEMBER else self.password_file(user)

    @contextmanager
    def session(self, user: str = CONSOLE, *, deadline_s: float = 30.0) -> Iterator[MongoClient[dict[str, Any]]]:
        """A session with this mongod as a user, as another member of its set (`MEMBER`), or, where empty, as nobody.

        Raises:
            CleoError: it cannot be talked to, or refuses a command.
        """
        import pymongo
        from pymongo.errors import PyMongoError

        wait_ms = int(deadline_s * 1000)
        named = {"username": user, "password": self._password(user).read_text().strip()} if user else {}
        source = {"authSource": "local"} if user == MEMBER else {}
        client: MongoClient[dict[str, Any]] = pymongo.MongoClient(
            self.station.address,
            self.port,
            directConnection=True,
            tz_aware=True,
            serverSelectionTimeoutMS=wait_ms,
            appname="cleo-lab",
            **named,  # type: ignore[arg-type]
            **source,  # type: ignore[arg-type]
        )
        try:
            with pymongo.timeout(deadline_s):
                yield client
        except PyMongoError as error:
            raise CleoError(f"{self.name}: {error}", f"See {self.server_log}.") from error
        finally:
            client.close()


def _name_in_set(configuration: str) -> str:
    """Return what the other members call the mongod of a configuration: by its last address."""
    addresses, port = (configuration.split(f"\n  {key}: ", 1)[1].split("\n", 1)[0] for key in ("bindIp", "port"))
    return f"{addresses.split(',')[-1]}:{port}"
