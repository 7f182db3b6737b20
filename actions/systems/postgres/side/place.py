"""Where a side instance lies, and the record in it that says whose it is and where it stands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import msgspec

from actions.outcome import ActionFailed
from actions.side_instance import make_first, read_record, write_record
from actions.systems.postgres.pgbackrest.options import options
from actions.systems.postgres.restore_record import name_in, record_folder
from actions.systems.postgres.server import Server
from actions.systems.postgres.settings import PostgresSettings, Service

Purpose = Literal["side", "drill", "scan"]
"""What it is for: people look and copy, a drill proves that the backup can be restored, or an intruder is looked for.
Each has its own place."""

DISCARD = "postgres.pitr_discard"
RECORD = "side.json"
"""Only a directory that has it is ever removed."""
_SOCKET_CHARACTERS = 107
"""The longest path of a Unix socket on Linux (unix(7): 108 bytes with its end)."""


class SideRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One side instance.

    Attributes:
        made: when it was begun, as digits: what tells it from one before it.
        of: the data directory of the server that it is beside.
        incident: whose it is.
        state: ``restoring``, ``recovering`` or ``ready``: it stands where it was wanted.
        point: the wanted point, as a recovery point is written.
        target: where replay ended, in words.
        backup: the label of the set it was restored from.
        database: the only database that it holds; empty: all.
        port: the port that its socket is named by.
        superuser: who owns the cluster.
        last_before: the last commit in it; None where the log has none since the backup.
        first_after: the first commit after it, which is not in it; None where the log has none.
        timeline: the timeline it was on before it was promoted to one of its own.
        seconds: how long it took to make it, also where it was gone on with.
        console: the machine that its incident is on.
        purpose: what it is for.
    """

    made: str
    of: str
    incident: str
    state: Literal["restoring", "recovering", "ready"]
    point: str
    target: str
    backup: str
    port: int
    superuser: str
    database: str = ""
    last_before: datetime | None = None
    first_after: datetime | None = None
    timeline: int = 0
    seconds: float = 0
    console: str = ""
    purpose: Purpose = "side"

    @property
    def begun_at(self) -> datetime:
        """When it was begun, by the clock of the machine that its incident is on."""
        return datetime.strptime(self.made, "%Y%m%d%H%M%S%f").replace(tzinfo=UTC)

    def __str__(self) -> str:
        """Say where it stands."""
        before = f"last commit {exact(self.last_before)}" if self.last_before else "no commit since the backup"
        after = f", first one not in it {exact(self.first_after)}" if self.first_after else ""
        return f"{self.target} ({before}{after})"


def exact(at: datetime) -> str:
    """Return an instant in UTC, to the microsecond: commits lie closer together than seconds."""
    return f"{at:%Y-%m-%d %H:%M:%S.%f} UTC"


class Side:
    """A side instance: its paths, and itself as a server that the house's functions can ask.

    Args:
        server: the real server.
        record: what is known of it.
    """

    def __init__(self, server: Server, record: SideRecord) -> None:
        self.of = server
        self.record = record
        self.root = side_root(server, record.purpose)
        self.server = Server(
            server.ctx, f"the {record.purpose} instance of {server.name}", self._settings(server.settings)
        )

    def _settings(self, settings: PostgresSettings) -> PostgresSettings:
        return msgspec.structs.replace(
            settings,
            data_directory=f"{self.root}/data",
            config_file=f"{self.root}/postgresql.conf",
            keep_in="",
            address=f"{self.root}/socket",
            port=self.record.port,
            user=self.record.superuser,
            password=None,
            service=Service(manager="pg_ctl", log=f"{self.root}/server.log"),
            app_roles=[],
        )

    @property
    def gently(self) -> list[str]:
        """What its programs are started with: only people's own do not give way to the real server's."""
        return ["nice", "-n", "19"] if self.record.purpose != "side" else []

    @property
    def databases(self) -> str:
        """The only database it holds, in words for the end of a sentence; empty: it holds all."""
        return f", database {self.record.database} alone" if self.record.database else ""


def side_root(server: Server, purpose: Purpose = "side") -> str:
    """Return the directory of a server's side instance."""
    folder = server.settings.scratch_in.rstrip("/") or record_folder(server)
    return f"{name_in(server, folder)}.{purpose}"


def load_side(server: Server, purpose: Purpose = "side") -> Side | None:
    """Return the side instance that is there, whatever state it is in; None where there is none.

    Raises:
        ActionFailed: its record cannot be understood.
    """
    record = read_record(server, f"{side_root(server, purpose)}/{RECORD}", SideRecord)
    return Side(server, record) if record else None


def save_side(side: Side) -> None:
    """Write its record. Call it only where ``effect`` said True."""
    write_record(side.of, f"{side.root}/{RECORD}", side.record)


def updated(side: Side, **changes: object) -> Side:
    """Return it with a changed record, which is written."""
    other = Side(side.of, msgspec.structs.replace(side.record, **changes))
    other.server.log_from = side.server.log_from
    save_side(other)
    return other


def new_port(server: Server, purpose: Purpose) -> int:
    """Return another port than the server's: nobody shall take the one for the other.

    Raises:
        ActionFailed: the socket's path would be too long.
    """
    port = server.settings.port + 1 if server.settings.port < 65535 else server.settings.port - 1
    path = f"{side_root(server, purpose)}/socket/.s.PGSQL.{port}"
    if len(path.encode()) > _SOCKET_CHARACTERS:
        raise ActionFailed(
            f"The side instance's socket {path} would have a longer path than Linux allows ({_SOCKET_CHARACTERS}).",
            "Name a folder with a shorter path for it (scratch_in: at this system in the inventory).",
        )
    return port


def superuser(server: Server) -> str:
    """Return who owns the cluster, as whom pgBackRest connects to it; everybody is trusted on the private socket."""
    return options(server).get("pg1-user") or server.settings.run_as or "postgres"


def require_ready(server: Server, *, at: str = "") -> Side:
    """Return the side instance, which stands where it was wanted.

    Args:
        server: the real server.
        at: the point it must stand at, as its record writes it; empty: wherever it stands.

    Raises:
        ActionFailed: there is none, it is not ready, or it stands elsewhere: with what makes it.
    """
    side = load_side(server)
    make = make_first("postgres.pitr", at)
    if side is None:
        raise ActionFailed(f"There is no side instance of {server.name} to compare with and copy from.", cures=[make])
    if side.record.state != "ready":
        raise ActionFailed(f"The side instance of {server.name} is not ready: it is {side.record.state}.", cures=[make])
    if at and at != side.record.point:
        words = f"The side instance of {server.name} stands {side.record}, and not where it is asked for."
        raise ActionFailed(words, cures=[make])
    return side
