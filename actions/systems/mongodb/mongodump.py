"""MongoDB's own mongodump, as a command line: the same for the program that runs it and for a person who types it."""

from __future__ import annotations

from typing import Protocol

from actions.systems.mongodb.tls import Tls, tool_options

MONGODUMP = "mongodump"


class Reached(Tls, Protocol):
    """What leads to a server: an inventory's entry, or a request."""

    @property
    def address(self) -> str:
        """Its address."""

    @property
    def port(self) -> int:
        """Its port."""

    @property
    def user(self) -> str:
        """Whom to log in as; empty: nobody."""

    @property
    def auth_database(self) -> str:
        """Where that user lies."""


def mongodump_argv(program: str, server: Reached, folder: str) -> list[str]:
    """Return what dumps all of a server, with the oplog of that time, into a folder.

    It reads the password from its standard input, or asks for it on a terminal.
    """
    argv = [program, "--host", server.address, "--port", str(server.port)]
    if server.user:
        argv += ["--username", server.user, "--authenticationDatabase", server.auth_database]
    argv += tool_options(server)
    return [*argv, "--oplog", "--out", folder]
