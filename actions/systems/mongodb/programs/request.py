"""What a backup program is asked to do: a file, so that no password stands in a command line or an environment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from actions.backups.storage.storage import Where
from actions.systems.mongodb.tls import driver_options
from journal.errors import CleoError
from journal.structs import from_json

if TYPE_CHECKING:
    from pymongo import MongoClient
    from pymongo.errors import PyMongoError

_CONNECT_MS = 10_000
_ANSWER_MS = 120_000
"""How long a server that has stopped answering is waited for, in milliseconds."""


GAP, BETWEEN, WENT_AWAY, ROOM = "gap", "between", "went away", "room"
"""Why no backup can be taken: the oplog does not go on where the backups end; the server is neither primary nor
secondary now; it went away while it was read; there is no room for the backup."""


class CannotBackUp(CleoError):
    """No backup can be taken; ``why`` is the kind of reason, where a program goes by it."""

    def __init__(self, message: str, hint: str, why: str = "") -> None:
        super().__init__(message, hint)
        self.why = why


def refusal(error: PyMongoError, where: str, meanwhile: str = "") -> CannotBackUp:
    """Return what an error of the client library means for a backup, in the server's own words.

    Args:
        error: the error.
        where: where the server listens.
        meanwhile: what was being done, to be read after "while".
    """
    from pymongo.errors import ConnectionFailure

    words = (str(error).splitlines() or [type(error).__name__])[0].partition(", full error")[0]
    words = words.partition(" (configured timeouts")[0].removeprefix(f"{where}: ")
    return CannotBackUp(
        f"MongoDB at {where}{f', while {meanwhile}' if meanwhile else ''}: {words}.",
        "See the server's log; once it answers as a PRIMARY or SECONDARY, take the backup again.",
        WENT_AWAY if isinstance(error, ConnectionFailure) else "",
    )


class LogEnd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of the oplog that a backup ends with.

    Attributes:
        position: where it is.
        entry: its SHA-256; empty: not known.
    """

    position: str
    entry: str = ""


class Reached(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a program reaches a server.

    Attributes:
        address: the server's address; ``port``: its port.
        user: whom to log in as; empty: nobody. ``auth_database``: where that user lies.
        password: its password. ``password_file``: a file that holds it instead.
        tls: whether to talk TLS; ``tls_ca_file``: whose certificates to trust; ``tls_certificate_file``: our own.
        process: the id of the server process that is meant (``hello``'s ``topologyVersion.processId``); empty: any.
    """

    address: str = "127.0.0.1"
    port: int = 27017
    user: str = ""
    auth_database: str = "admin"
    password: str = ""
    password_file: str = ""
    tls: bool = False
    tls_ca_file: str = ""
    tls_certificate_file: str = ""
    process: str = ""

    @property
    def where(self) -> str:
        """Where the server listens."""
        return f"{self.address}:{self.port}"


class Request(Reached, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to back up, and where to.

    Attributes:
        repository: the repository's folder; ``bucket``: the repository where it is a bucket.
        system: the system's name in the inventory.
        kind: ``full`` or ``incremental``.
        heartbeat: the collection (``database.collection``) whose field ``at`` tells when it was written.
        tool: the path of mongodump; empty: documents are read by this program itself.
        since: where the backups' log ends; an incremental one begins with the first of them that the server's oplog
            still has.
        builds_on: the newest full backup.
    """

    system: str
    repository: str = ""
    bucket: Where | None = None
    kind: str = "full"
    heartbeat: str = ""
    tool: str = ""
    since: Sequence[LogEnd] = ()
    builds_on: str = ""

    @property
    def into(self) -> Where:
        """The repository that the backup is written into."""
        return self.bucket or Where(place=self.repository)


def read_request(path: Path, *, once: bool) -> Request:
    """Return what a file asks for, with the password in it.

    Args:
        path: the file.
        once: remove it as soon as it is read.

    Raises:
        CannotBackUp: it cannot be read, or is no request.
    """
    try:
        found = from_json(path.read_bytes(), Request)
        if once:
            path.unlink()
        if found.password_file:
            password = Path(found.password_file).read_text(encoding="utf-8").rstrip("\n")
            found = msgspec.structs.replace(found, password=password)
        return found
    except OSError as error:
        raise CannotBackUp(f"{error.filename} cannot be read: {error.strerror}.", "Check who may read it.") from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise CannotBackUp(f"{path} asks for no backup: {error}.", "Correct it.") from error


def client_of(request: Reached, name: str = "cleo backup") -> MongoClient[dict[str, Any]]:
    """Return a client of this one server, not of whichever of its set; ``name`` is what the server's log calls it."""
    from pymongo import MongoClient

    login: dict[str, Any] = {}
    if request.user:
        login = {"username": request.user, "password": request.password, "authSource": request.auth_database}
    secure = driver_options(request)
    return MongoClient(
        request.address,
        request.port,
        directConnection=True,
        appname=name,
        tz_aware=True,
        serverSelectionTimeoutMS=_CONNECT_MS,
        connectTimeoutMS=_CONNECT_MS,
        socketTimeoutMS=_ANSWER_MS,
        **login,
        **secure,
    )
