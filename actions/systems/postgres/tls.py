"""How TLS is talked with PostgreSQL, and what is wrong with a server's certificate: libpq says no more than that."""

from __future__ import annotations

import socket
import ssl
from typing import Any

from actions.systems.postgres.settings import PostgresSettings

_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
"""What asks a server for TLS before anything else (SSLRequest in the protocol)."""
_YES = b"S"
_USUAL = "prefer"
"""What libpq does where nothing is said."""
_LOOK_S = 5.0


def tls_parameters(settings: PostgresSettings) -> dict[str, Any]:
    """Return libpq's parameters for TLS; those that the inventory does not say are left to libpq."""
    own = settings.tls_certificate_file
    mode = settings.sslmode if settings.sslmode != _USUAL else ""
    said = {"sslmode": mode, "sslrootcert": settings.tls_ca_file, "sslcert": own, "sslkey": own}
    return {name: value for name, value in said.items() if value}


def tls_environment(settings: PostgresSettings) -> dict[str, str]:
    """Return the same for PostgreSQL's programs, as variables."""
    return {f"PG{name.upper()}": value for name, value in tls_parameters(settings).items()}


def why_unverified(settings: PostgresSettings) -> BaseException | None:
    """Return why a server's certificate is not trusted; None: it is, or nobody can tell. Nobody logs in."""
    try:
        context = ssl.create_default_context(cafile=settings.tls_ca_file or None)
        context.check_hostname = settings.sslmode == "verify-full"
        with socket.create_connection((settings.address, settings.port), timeout=_LOOK_S) as plain:
            plain.sendall(_REQUEST)
            if plain.recv(1) == _YES:
                with context.wrap_socket(plain, server_hostname=settings.address):
                    return None
    except ssl.SSLError as error:
        return error
    except OSError:
        return None
    return None
