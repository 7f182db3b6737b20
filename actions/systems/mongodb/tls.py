"""How TLS is talked with a mongod: the options of the client library, of MongoDB's tools, and of its shell."""

from __future__ import annotations

from typing import Any, Protocol


class Tls(Protocol):
    """What is said of TLS: by an inventory's entry, or by a request."""

    @property
    def tls(self) -> bool:
        """Whether it is talked."""

    @property
    def tls_ca_file(self) -> str:
        """A file with the certificates to trust; empty: the usual ones."""

    @property
    def tls_certificate_file(self) -> str:
        """A file with our own certificate and its key; empty: none."""


def driver_options(say: Tls) -> dict[str, Any]:
    """Return the client library's options."""
    files = {"tlsCAFile": say.tls_ca_file or None, "tlsCertificateKeyFile": say.tls_certificate_file or None}
    return {"tls": True, **files} if say.tls else {}


def tool_options(say: Tls) -> list[str]:
    """Return the options of mongodump and mongorestore."""
    return _words(say, "--ssl", "--sslCAFile", "--sslPEMKeyFile")


def shell_options(say: Tls) -> list[str]:
    """Return the options of mongosh."""
    return _words(say, "--tls", "--tlsCAFile", "--tlsCertificateKeyFile")


def _words(say: Tls, on: str, trusted: str, own: str) -> list[str]:
    if not say.tls:
        return []
    files = ((trusted, say.tls_ca_file), (own, say.tls_certificate_file))
    return [on, *(word for name, path in files if path for word in (name, path))]
