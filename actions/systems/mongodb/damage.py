"""Data on the disk that mongod cannot read: how that is known, what it is called, and what helps.

A mongod that reads a damaged block ends itself (seen on 6.0.5), whoever makes it read, and starts again until it reads
that once more. So its log is what tells damage from a server that somebody stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from actions.outcome import ActionFailed, Cure, Finding
from actions.systems.mongodb.causes import RESTORE, cause_of
from actions.systems.mongodb.connection import CannotConnect
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.server_log import grave_messages, lines_of_last_run, lines_since, log_size

CORRUPT = "corrupt"
"""The fact that lists damage on the disk (see `journal.incident.decisions.physical_evidence`)."""


def damage_in_log(server: Server) -> str:
    """Return what the last run of a server that is down said of damaged data as it ended; empty: nothing."""
    return _damage(lines_of_last_run(server))


def damage_since(server: Server, log_from: int) -> str:
    """Return what a server said of damaged data since its log was ``log_from`` bytes long; empty: nothing."""
    return _damage(lines_since(server, log_from))


def damage_cure(server: Server) -> Cure:
    """Return what helps where the data is damaged: not `mongod --repair`, which throws away what it cannot read."""
    return Cure(
        words="Its data is damaged: restore it (`mongod --repair` would throw away what it cannot read).",
        action=RESTORE,
        cost="what was written since the recovery point",
    )


def damage_found(server: Server, line: str) -> Finding:
    """Return what is proven by a server that ended over damaged data, with its own words."""
    return Finding(
        severity="wrong",
        about=server.name,
        text=f"it ended over damaged data: {line}",
        cure="Started again, it ends when it reads that.",
        system=server.name,
    )


def damage_facts(lines: Iterable[str]) -> dict[str, Any]:
    """Return damage as the facts that decisions go by: it is of the disk, and a log does not carry it."""
    found = list(lines)
    return {CORRUPT: found} if found else {}


def ended_over_damage(server: Server, message: str, line: str, *, left_behind: str) -> ActionFailed:
    """Return the error of an action that made the server read what it cannot.

    Args:
        server: the server.
        message: what failed, as a sentence.
        line: the server's own words.
        left_behind: in what state the system is now.
    """
    found = damage_found(server, line)
    return ActionFailed(
        f"{message} It ended over damaged data, and ends again as soon as that is read: {line}",
        left_behind=left_behind,
        facts=damage_facts([line]),
        cures=[damage_cure(server)],
        findings=[found],
    )


@contextmanager
def telling_damage(server: Server) -> Iterator[None]:
    """Read the server's data in the block; where that ended the server over damage, say so.

    Raises:
        ActionFailed: it did.
        CannotConnect: it went away over something else.
    """
    log_from = log_size(server)
    try:
        yield
    except CannotConnect as error:
        if damage := damage_since(server, log_from):
            left = "The server ended as it was read. Nothing was changed."
            raise ended_over_damage(server, f"{error.message}.", damage, left_behind=left) from error
        raise


def _damage(lines: list[str]) -> str:
    line, cure = cause_of(grave_messages(lines))
    return line if cure == RESTORE else ""
