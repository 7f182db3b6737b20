"""What stands in the way of TLS with a server: told apart from a server that is down, each with its cure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol


class TlsSettings(Protocol):
    """What an inventory says of TLS, as far as every type of system has it."""

    @property
    def tls_ca_file(self) -> str:
        """A file here with the certificates to trust; empty: the usual ones."""

    @property
    def tls_certificate_file(self) -> str:
        """A file here with our own certificate and its key; empty: none."""


class Trouble(NamedTuple):
    """What is wrong, in words, and what helps."""

    words: str
    hint: str


NO_TLS = Trouble(
    "TLS: it does not talk TLS there",
    "Correct the port, take tls (sslmode) out of the inventory, or switch TLS on in the server.",
)
WANTS_OURS = Trouble(
    "TLS: the server ends the session as it begins: it may want a client certificate",
    "Name one that it trusts (tls_certificate_file); its log says why it ended.",
)
_EXPIRED = "Renew it on the server's host, and have the server read it anew; or this machine's clock is wrong."
_CAUSES: tuple[tuple[str, str, str], ...] = (
    ("certificate has expired|certificate expired", "the server's certificate has expired", _EXPIRED),
    ("not yet valid", "the server's certificate is not valid yet", "Is this machine's clock right, or the server's?"),
    (
        "mismatch|does not match host name|is not valid for",
        "the server's certificate is for another name",
        "Give the inventory an address that the certificate names, or the server a certificate for this address.",
    ),
    (
        "alert unknown ca|alert certificate unknown|alert bad certificate|alert certificate required|"
        "handshake failure|peer did not return a certificate|valid client certificate",
        "the server takes no login without a client certificate that it trusts",
        "Name a certificate that the server's CA signed, with its key (tls_certificate_file).",
    ),
    (
        "unable to get (local )?issuer|self[- ]signed|unable to verify|verify failed|unknown ca",
        "the server's certificate is not by a CA that is trusted here",
        "Name the CA that signed it (tls_ca_file). If nobody changed it, do not go on: somebody else may answer there.",
    ),
    (
        "wrong version number|record layer failure|unexpected eof while|does not support SSL|packet length too long",
        NO_TLS.words.removeprefix("TLS: "),
        NO_TLS.hint,
    ),
    ("eof occurred in violation of protocol", WANTS_OURS.words.removeprefix("TLS: "), WANTS_OURS.hint),
    (
        "key values mismatch|no start line|PEM lib|bad decrypt|private key",
        "our own certificate or its key cannot be used",
        "One file must hold both, as PEM, the key without a password and readable for cleo alone.",
    ),
)
_CLOSED = re.compile("connection closed|closed (the connection|by server)|reset by peer", re.IGNORECASE)
_PLAIN = "It may take TLS alone: then say tls in the inventory, and name its CA (tls_ca_file)."


def tls_trouble(error: BaseException | str) -> Trouble | None:
    """Return what an error of a client library says of TLS; None: it is about something else."""
    said = " ".join(_words(error)) if isinstance(error, BaseException) else error
    for pattern, words, hint in _CAUSES:
        if re.search(pattern, said, re.IGNORECASE):
            return Trouble(f"TLS: {words}", hint)
    return None


def plain_hint(error: BaseException) -> str:
    """Return what helps where a server closed a connection without TLS; empty: it did not."""
    return _PLAIN if _CLOSED.search(" ".join(_words(error))) else ""


def unreadable(settings: TlsSettings) -> Trouble | None:
    """Return which of the files cannot be read here; None: all can."""
    for path in filter(None, (settings.tls_ca_file, settings.tls_certificate_file)):
        try:
            with Path(path).open("rb"):
                pass
        except OSError as error:
            words = f"TLS: {path} cannot be read: {error.strerror}"
            return Trouble(words, "Correct tls_ca_file or tls_certificate_file in the inventory, or its permissions.")
    return None


def _words(error: BaseException) -> Iterator[str]:
    """Yield an error's words, and those of what it came of."""
    seen: BaseException | None = error
    for _ in range(8):
        if seen is None:
            return
        yield str(seen)
        seen = seen.__cause__ or seen.__context__
