"""What a warm standby lacks to fetch log from the archive, and to be asked; written into its own configuration."""

from __future__ import annotations

import re
from typing import NamedTuple

from actions.outcome import ActionFailed, Cure
from actions.systems.postgres.configured import configured
from actions.systems.postgres.connection import CannotConnect
from actions.systems.postgres.fence_guard import guard_file
from actions.systems.postgres.process import control, describe_data
from actions.systems.postgres.restore_command import fetch_words, in_configuration
from actions.systems.postgres.server import Server
from actions.systems.postgres.verified_connection import connect_verified

_BEGIN = "# cleo: how this standby fetches archived log (begin)"
_END = "# cleo: how this standby fetches archived log (end)"
_BLOCK = re.compile(rf"^{re.escape(_BEGIN)}\n.*?^{re.escape(_END)}\n?", re.MULTILINE | re.DOTALL)
_TARGETS = re.compile(r"^\s*recovery_target(?:_time|_lsn|_xid|_name|_immediate)?\s*=.*\n?", re.MULTILINE)
_SINCE_14 = 140000
_RELOAD = "SELECT pg_reload_conf()"


class Missing(NamedTuple):
    """Settings to be written, and whether a running server must be restarted for them; false where there are none."""

    settings: dict[str, str]
    restart: bool

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.settings)

    @property
    def words(self) -> str:
        """Their names."""
        return " and ".join(self.settings)


def require_standby(server: Server) -> None:
    """Look at a standby that is down: whether it comes up as a standby, and as nothing else.

    Raises:
        ActionFailed: it would come up as a primary, or there is nothing to start.
    """
    found = control(server)
    cold = [Cure(words="Choose another strategy: there is no standby to activate.", decision="strategy")]
    if found is None:
        raise ActionFailed(
            f"{server.name} has no data to start: they are {describe_data(server)}.",
            left_behind="Nothing was changed.",
            cures=cold,
        )
    if not server.exists(f"{server.data}/standby.signal"):
        raise ActionFailed(
            f"{server.name} is no standby: {server.data} has no standby.signal (its state: {found.state}). Started, it "
            "would be a second primary, with a history of its own.",
            "If it was one, and was never started as a primary since: make that file, empty, and run this again.",
            left_behind="Nothing was changed.",
            cures=cold,
        )


def lacking(server: Server, *, running: bool) -> Missing:
    """Return what its configuration lacks: where log is fetched from, and that it lets itself be asked."""
    wanted = {}
    if not configured(server, "restore_command"):
        wanted["restore_command"] = in_configuration(fetch_words(server.settings.backups, {0: []}))
    if configured(server, "hot_standby") == "off":
        wanted["hot_standby"] = "on"
    return Missing(wanted, running and bool(wanted) and not _reloadable(server, wanted))


def configure(server: Server, missing: Missing) -> None:
    """Write what it lacks; a target of an old restore goes, which would stop it. Where it runs, it reads that again.

    Call it only where ``effect`` said True.
    """
    path = guard_file(server)
    kept = _TARGETS.sub("", _BLOCK.sub("", server.read(path) or ""))
    parted = kept if not kept or kept.endswith("\n") else f"{kept}\n"
    lines = [f"{name} = '{value}'" for name, value in missing.settings.items()]
    server.write(path, parted + "\n".join([_BEGIN, *lines, _END]) + "\n")
    if not missing.restart:
        try:
            with connect_verified(server, deadline_s=30) as session:
                session.execute(_RELOAD)
        except CannotConnect:
            server.ctx.log(f"{server.name} reads its configuration as it starts.")


def _reloadable(server: Server, wanted: dict[str, str]) -> bool:
    if "hot_standby" in wanted:
        return False
    with connect_verified(server, deadline_s=30) as session:
        return session.info.server_version >= _SINCE_14
