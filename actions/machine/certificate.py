"""What certificate a server shows, trusted or not: whose it is, by whom, and until when."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

_NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which the ssl module has no name for."""
_DAY_S = 86_400


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """A server's certificate.

    Attributes:
        names: the host names and addresses that it is for.
        issuer: who signed it.
        subject: its own common name.
        ends: when it ends, in seconds since the epoch.
    """

    names: list[str]
    issuer: str
    subject: str
    ends: float

    @classmethod
    def of(cls, peer: Mapping[str, Any]) -> Certificate:
        """Read it from what the ssl module tells of a peer."""
        return cls(
            names=[str(value) for _, value in peer.get("subjectAltName", ())],
            issuer=_common_name(peer.get("issuer", ())),
            subject=_common_name(peer.get("subject", ())),
            ends=float(ssl.cert_time_to_seconds(peer["notAfter"])),
        )

    @property
    def days_left(self) -> float:
        """Days until it ends, by this machine's clock; negative: it has ended."""
        return (self.ends - time.time()) / _DAY_S

    @property
    def words(self) -> str:
        """For whom it is, by whom, and until when."""
        named = ", ".join(self.names[:3]) + (f" and {len(self.names) - 3} more" if self.names[3:] else "")
        by = "itself" if self.issuer == self.subject else self.issuer or "nobody named"
        until = datetime.fromtimestamp(self.ends, UTC).strftime("%Y-%m-%d")
        return f"it is for {named or 'no name'}, signed by {by}, good until {until}"


class Shown(NamedTuple):
    """Where a server shows its certificate.

    Attributes:
        address: where to connect to; ``port``: its port.
        ours: a file with our own certificate and its key, for a server that wants one; empty: none is shown.
        begin: what is said before TLS begins; None: nothing.
    """

    address: str
    port: int
    ours: str = ""
    begin: Callable[[socket.socket], None] | None = None


def shown_at(address: str, port: int, name: str, *, deadline_s: float) -> Certificate | None:
    """Return what is shown to who asks for a name; None: nothing that can be read. Nothing is sent behind it.

    Args:
        address: where to connect to.
        port: its port.
        name: whom one asks for (SNI): a front door has several certificates.
        deadline_s: seconds for all of it.
    """
    return shown_by(Shown(address, port), name, deadline_s=deadline_s)


def shown_by(where: Shown, name: str, *, deadline_s: float) -> Certificate | None:
    """Return the same of a server that wants a certificate of ours, or words before TLS begins."""
    end = time.monotonic() + deadline_s
    try:
        with _session(_any_context(), where, name, end) as untrusted:
            raw = untrusted.getpeercert(binary_form=True)
        if not raw:
            return None
        with _session(_context_of(raw), where, name, end) as session:
            peer = session.getpeercert()
    except OSError:
        return None
    return Certificate.of(peer) if peer else None


@contextmanager
def _session(context: ssl.SSLContext, where: Shown, name: str, end: float) -> Iterator[ssl.SSLSocket]:
    left_s = max(0.05, end - time.monotonic())
    if where.ours:
        context.load_cert_chain(where.ours)
    with socket.create_connection((where.address, where.port), timeout=left_s) as plain:
        if where.begin:
            where.begin(plain)
        with context.wrap_socket(plain, server_hostname=name) as session:
            yield session


def _any_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _context_of(raw: bytes) -> ssl.SSLContext:
    """Return one that takes this certificate alone, at any time: the ssl module reads only what was verified."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(cadata=raw)
    context.verify_flags |= ssl.VerifyFlags(ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME)
    return context


def _common_name(subject: Any) -> str:
    fields = dict(field for part in subject for field in part)
    return str(fields.get("commonName") or fields.get("organizationName") or "")
