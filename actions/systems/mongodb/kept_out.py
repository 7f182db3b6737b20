"""Remembers beside the data directory that the application is to be kept out, also of a server that is down."""

from __future__ import annotations

from pathlib import PurePosixPath

from actions.systems.mongodb.server import Server


def promise_file(server: Server) -> str:
    """Return the path of the file; while it is there, every start by cleo keeps the writers out."""
    data = PurePosixPath(server.data)
    return str(PurePosixPath(server.settings.keep_in or data.parent) / f"{data.name}.cleo-writers-kept-out")


def promise(server: Server) -> None:
    """Write it down. Call it only where ``effect`` said True; again does no harm.

    Raises:
        ActionFailed: it cannot be written.
    """
    if not is_promised(server):
        server.write(promise_file(server), f"{server.ctx.incident.id}\n")


def forget_promise(server: Server) -> None:
    """Take it back. Call it only where ``effect`` said True."""
    server.remove(promise_file(server))


def is_promised(server: Server) -> bool:
    """Whether it is written down."""
    return server.exists(promise_file(server))
