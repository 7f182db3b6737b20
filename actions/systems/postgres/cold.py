"""What a cold standby of PostgreSQL needs: pgBackRest's configuration on its host, and the same major version."""

from __future__ import annotations

import re
from collections.abc import Sequence

from actions.cold_standby.standby import NOTHING, ColdWay
from actions.context import ActionContext
from actions.machine.machine import last_words
from actions.outcome import ActionFailed, Cure, Finding
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


def what_fits(ctx: ActionContext) -> Sequence[Finding]:
    """Return nothing where the copies are of the server's major version.

    Raises:
        ActionFailed: they are of another one, or pgBackRest's list of backups is not there.
    """
    server = find_server(ctx)
    backups = server.settings.backups
    info = f"{backups.repository}/backup/{backups.stanza}/backup.info"
    text = server.read(info)
    if text is None:
        raise ActionFailed(
            f"{info} is not on {server.host}: what was copied is no repository with the stanza {backups.stanza}.",
            "Correct the inventory (stanza), or look what lies in the second place.",
        )
    found, own = _VERSION.findall(text), _version(server)
    if found and found[-1].partition(".")[0] != own:
        raise ActionFailed(
            f"The copies are of PostgreSQL {found[-1]}, and {server.host} has version {own}.",
            cures=[Cure(words=f"Install PostgreSQL {found[-1]} there (bin_directory), then run it again.")],
        )
    return ()


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


COLD = ColdWay(fenced=PROMOTING.old_fenced, require=require_prepared, fits=what_fits)
