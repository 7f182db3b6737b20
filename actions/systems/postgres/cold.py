"""What a cold standby of PostgreSQL needs: pgBackRest's configuration on its host, and the same major version."""

from __future__ import annotations

import re

from actions.cold_standby.standby import NOTHING, ColdWay, CopiedThere
from actions.context import ActionContext
from actions.machine.machine import last_words
from actions.outcome import ActionFailed, Cure
from actions.systems.postgres.failover.promote import PROMOTING
from actions.systems.postgres.pgbackrest.options import options
from actions.systems.postgres.server import Server, find_server

_VERSION = re.compile(r'^db-version="([^"]+)"', re.MULTILINE)
_SERVER = re.compile(r"\(PostgreSQL\) (\d+)(?:\.(\d+))?")


def require_prepared(ctx: ActionContext) -> None:
    """Refuse a host on which the normal restore would not go to its end.

    Raises:
        ActionFailed: PostgreSQL's programs are not there, or pgBackRest is not told where its repository and data are.
    """
    server = find_server(ctx)
    _version(server)
    told, backups = options(server), server.settings.backups
    wanted = {"pg1-path": server.data, "repo1-path": backups.repository.rstrip("/")}
    for name, path in wanted.items():
        if told.get(name, "").rstrip("/") != path:
            raise ActionFailed(
                f"On {server.host} pgBackRest's {name} is {told.get(name) or 'not set'}, the inventory says {path}.",
                f"Correct {backups.config or 'its configuration'} there, or the inventory.",
                left_behind=NOTHING,
            )


def require_fitting(ctx: ActionContext, copied: CopiedThere) -> None:
    """Refuse copies that are not of the server's major version.

    Raises:
        ActionFailed: they are of another one, or pgBackRest's list of backups is not there.
    """
    server = find_server(ctx)
    text = copied.read(f"backup/{server.settings.backups.stanza}/backup.info")
    found, own = _VERSION.findall(text), _version(server)
    if found and found[-1].partition(".")[0] != own:
        raise ActionFailed(
            f"The copies are of PostgreSQL {found[-1]}, and {server.host} has version {own}.",
            left_behind=NOTHING,
            cures=[Cure(words=f"Install PostgreSQL {found[-1]} there (bin_directory), then run it again.")],
        )


def _version(server: Server) -> str:
    """Return the major version of the server's programs."""
    done = server.query([server.program("postgres"), "--version"])
    said = _SERVER.search(done.out)
    if done.code or not said:
        raise ActionFailed(
            f"{server.host} has no PostgreSQL that can be started: {last_words(done)}",
            "Install the version that was backed up there (bin_directory of the standby).",
            left_behind=NOTHING,
        )
    return said[1]


COLD = ColdWay(fenced=PROMOTING.old_fenced, require=require_prepared, fits=require_fitting, stop="postgres.stop")
