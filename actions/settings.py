"""What an inventory says of every system, whatever its type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec

from actions.secrets import Secret, secrets_of


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of an inventory."""


class OffsiteSettings(Settings, frozen=True, kw_only=True):
    """The second place, to which the repositories of all systems are copied.

    Attributes:
        place: a folder that is mounted on each host with a repository, or ``s3://BUCKET/PREFIX``.
        site: where it lives; exposure is told for it.
        endpoint: the address of S3-compatible storage; empty: Amazon's.
        credentials: a file on each of those hosts that only its owner can read, as AWS's own programs have it; empty:
            whatever boto3 finds there (a role).
        profile: which section of it.
        certificates: a file there with the certificates to trust; empty: the usual ones.
        kept_credentials: the same file as it is kept off site, on the hosts where drills fetch from there: they take
            no other.
    """

    place: str
    site: str = "dr"
    endpoint: str = ""
    credentials: str = ""
    profile: str = "default"
    certificates: str = ""
    kept_credentials: str = ""


class ErasureSettings(Settings, frozen=True, kw_only=True):
    """The ledger of erasure requests (GDPR): a file that no restore takes back, as it would a database's own table.

    Attributes:
        host: the inventory's name of the host that has it.
        file: its path there: JSON lines, ``.json`` (an array of objects) or ``.csv`` (with a line of names).
        user: the field with the user's key, as the databases have it.
        at: the field that says when the user was erased: ISO 8601 with its zone, or seconds since 1970.
        run_as: the account that may read it; empty: our own.
        margin_minutes: requests up to this long before the recovery point count, too: a ledger may be ahead of the
            databases.
    """

    host: str
    file: str
    user: str = "user_id"
    at: str = "at"
    run_as: str = ""
    margin_minutes: Annotated[int, msgspec.Meta(ge=0)] = 60


class EvidenceSettings(Settings, frozen=True, kw_only=True):
    """Where evidence of a break-in is kept, before a restore replaces it.

    Attributes:
        folder: a folder on each system's own host, better on a disk that whoever broke in does not reach (a share that
            can only be added to): the journal has the digest, so that a change is seen, not prevented.
        run_as: the account that copies there, which must be able to read data, logs and other accounts' processes;
            empty: the one that we log in as.
    """

    folder: str
    run_as: str = ""

    def __post_init__(self) -> None:
        """Refuse a folder that leads to another place on each host."""
        if not self.folder.startswith("/") or not self.folder.strip("/"):
            raise ValueError("the folder is to be a whole path, and not /")


class DrillSettings(Settings, frozen=True, kw_only=True):
    """Where a restore drill tries the backups, and what opens them that lies off site.

    Attributes:
        host: another host of the inventory, where drills work; empty: the system's own.
        folder: a folder there, for what is fetched and restored; of the system's own host: beside its data.
        run_as: the account that the scratch instance runs as there; empty: the system's.
        bin_directory: holds the programs there; empty: as the system has them.
        python: the Python there that has Cleo's modules; a local host needs none.
        password: what opens an encrypted repository, as it is kept off site: a file there that only its owner can
            read. A drill from the second place takes no other.
        credentials: of a repository that is a bucket at another site: the file with its credentials there, as it is
            kept off site. A drill from off site takes no other.
        environment: variables that git or restic get there, instead of the system's in a drill from the second place.
            No secrets.
    """

    host: str = ""
    folder: str = ""
    run_as: str = ""
    bin_directory: str = ""
    python: str = ""
    password: Secret | None = None
    credentials: str = ""
    environment: dict[str, str] = {}

    def __post_init__(self) -> None:
        """Refuse what no program there could use."""
        if self.password and not self.password.file.startswith("/"):
            raise ValueError("the password is to be a file, by its whole path on the host where drills work")
        if self.folder and not self.folder.startswith("/"):
            raise ValueError("the folder is to be a whole path")


class Credential(Settings, frozen=True, kw_only=True):
    """A user whose password is changed after a break-in.

    Attributes:
        user: its name.
        database: of MongoDB, the database that the user lies in.
        password: what its password is from then on; whoever responds puts a new one there first.
        previous: what it was: tried, it must be refused. Without it that is not tried.
    """

    user: str
    database: str = "admin"
    password: Secret
    previous: Secret | None = None


class SystemSettings(Settings, frozen=True, kw_only=True):
    """One system. A type of system adds its own fields, and gives ``tag_field="type"`` and ``tag`` its name.

    Attributes:
        title: what people call it.
        host: the host that its programs run on; empty where it has none (a cloud's service).
        site: where it itself lives: ``primary``, ``dr``; another word (``outside``) for a cloud's service that is lost
            with neither. Fencing, exposure and what is gone with a site are told by it.
        plays: the plan's system that it is, where its own name is another.
        standby_of: the system that it follows, or in whose place it is restored where it is ``cold``.
        cold: nothing runs or lies there until copies from the second place are restored: it has programs, account and
            configuration, on a host of another site. `cold_standby.activate` has it take its primary's place.
        backups_site: where its backups lie (of a configuration, the Git remote), if that is not its own site.
        drill: where restore drills try its backups, if not on its own host, and what they take that lies off site.
        logins: the users whose passwords are changed after a break-in; cleo's own may be one of them.
        accounts: further users that belong there, and are no strangers.
    """

    title: str = ""
    host: str = ""
    site: str = "primary"
    plays: str = ""
    standby_of: str = ""
    cold: bool = False
    backups_site: str = ""
    drill: DrillSettings = DrillSettings()
    logins: list[Credential] = []
    accounts: list[str] = []

    @property
    def type(self) -> str:
        """The name of its type."""
        return str(self.__struct_config__.tag)

    def taking_over(self, other: SystemSettings) -> SystemSettings:  # a type may take something
        """Return it as it serves in the place of a system that it stood by for."""
        return self

    def secrets(self) -> Iterator[Secret]:
        """Yield every secret that it names."""
        yield from secrets_of(self)

    def hosts(self) -> dict[tuple[str, ...], str]:
        """Return the hosts that it names, by the field that does."""
        return {("host",): self.host} if self.host else {}

    def place(self) -> str:
        """Return what tells it from others on its host, in words that two inventories share; empty: nothing does."""
        return ""
