"""MongoDB's own mongodump, as a command line: the same for the program that runs it and for a person who types it."""

from __future__ import annotations

from typing import Protocol

MONGODUMP = "mongodump"


class Reached(Protocol):
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

    @property
    def tls(self) -> bool:
        """Whether to talk TLS."""

    @property
    def tls_ca_file(self) -> str:
        """Whose certificates to trust."""


def mongodump_argv(program: str, server: Reached, folder: str) -> list[str]:
    """Return what dumps all of a server, with the oplog of that time, into a folder.

    It reads the password from its standard input, or asks for it on a terminal.
    """
    argv = [program, "--host", server.address, "--port", str(server.port)]
    if server.user:
        argv += ["--username", server.user, "--authenticationDatabase", server.auth_database]
    if server.tls:
        argv += ["--ssl", *(["--sslCAFile", server.tls_ca_file] if server.tls_ca_file else [])]
    return [*argv, "--oplog", "--out", folder]
