"""A MongoDB server's entry in the inventory, with its backups."""

from __future__ import annotations

from typing import Annotated

import msgspec

from actions.backups.repository.settings import RepositorySettings
from actions.failover.settings import Fence
from actions.machine.service import Service
from actions.secrets import Secret
from actions.settings import Settings, SystemSettings

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]


class AppUser(Settings, frozen=True):
    """A user that the application logs in as.

    Attributes:
        user: its name.
        password: its password; without it, it is not tried whether it can log in.
        database: the one that the user lies in (``authSource``).
    """

    user: str
    password: Secret | None = None
    database: str = "admin"


class UserData(Settings, frozen=True):
    """Whose a document is.

    Attributes:
        field: the field with the user's key, in every collection that is not named below.
        fields: by collection, the field there where it is called otherwise (``owner.id``). Where nothing is said, it
            is ``_id`` in ``users``.
    """

    field: str = "user_id"
    fields: dict[str, str] = msgspec.field(default_factory=lambda: {"users": "_id"})


class MongodbSettings(SystemSettings, frozen=True, kw_only=True, tag="mongodb", tag_field="type"):
    """One mongod: a replica set of its own, or a member of one.

    Attributes:
        host: the host that it runs on.
        data_directory: its data directory (``dbPath``).
        config_file: mongod's own configuration file, from which every start of the server reads its settings: the TTL
            monitor is kept off there.
        keep_in: a folder of its host for what a restore keeps and writes down; empty: beside the data directory.
        scratch_in: a folder of its host for side instances and drills; empty: where what is kept lies.
        bin_directory: holds mongod, mongodump and mongorestore, where they are not on the host's PATH.
        run_as: the account that it runs as on its host; empty: the one that we log in as.
        address, port: where cleo reaches it from this machine.
        tls: whether it is talked to by TLS.
        tls_ca_file: a file with the certificates to trust, here and by the same path on its host; empty: the usual.
        tls_certificate_file: a file, here and there, with our own certificate and its key (PEM); empty: none is shown.
        replica_set: the set's name.
        members: the others of the set, ``host:port`` as they reach each other; with none it is a set of one.
        user: who we log in as. It needs the role root (to take backups alone: backup and clusterMonitor). To replay an
            oplog by hand (``mongorestore --oplogReplay``) it also needs one that may do anything to anything.
        password: that user's.
        auth_database: the database that the user lies in.
        app_users: the users that write for the application; without them nobody is kept out.
        database: the application's database.
        heartbeat: a collection (``database.collection``) whose field ``at`` gets an acknowledged time every second or
            so: it tells how much was lost.
        user_data: which documents are a user's.
        fence: how it is kept from writing from outside; its service on its host needs no entry.
        service: how it is started and stopped.
        backups: where its backups are.
    """

    host: str
    title: str = "MongoDB"
    data_directory: str
    config_file: str = ""
    keep_in: str = ""
    scratch_in: str = ""
    bin_directory: str = ""
    run_as: str = ""
    address: str = "127.0.0.1"
    port: Port = 27017
    tls: bool = False
    tls_ca_file: str = ""
    tls_certificate_file: str = ""
    replica_set: str = ""
    members: list[str] = []
    user: str = ""
    password: Secret | None = None
    auth_database: str = "admin"
    app_users: list[AppUser] = []
    database: str = ""
    heartbeat: str = ""
    user_data: UserData = UserData()
    fence: Fence = Fence()
    service: Service
    backups: RepositorySettings = RepositorySettings()

    def __post_init__(self) -> None:
        """Refuse a fence that ends with the host that it is to fence."""
        self.fence.require_elsewhere(self.host)

    def taking_over(self, other: SystemSettings) -> MongodbSettings:
        """Return it as it serves in its primary's place: whose data these are is said once, at the primary."""
        if not isinstance(other, MongodbSettings):
            return self
        return msgspec.structs.replace(
            self,
            app_users=self.app_users or other.app_users,
            database=self.database or other.database,
            heartbeat=self.heartbeat or other.heartbeat,
            user_data=other.user_data if self.user_data == UserData() else self.user_data,
        )

    def hosts(self) -> dict[tuple[str, ...], str]:
        """Return the server's host, those that fence it, and the repository's where that is another."""
        found: dict[tuple[str, ...], str] = {("host",): self.host} | self.fence.hosts()
        return found | ({("backups", "host"): self.backups.host} if self.backups.host else {})

    def place(self) -> str:
        """Return its data directory."""
        return self.data_directory.rstrip("/")
