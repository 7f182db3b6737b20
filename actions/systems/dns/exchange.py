"""One message to one name server and its answer; whatever is in the way is told apart in a word."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

from actions.systems.dns.settings import DnsSettings, Key, NameServer
from journal.errors import CleoError

if TYPE_CHECKING:
    from dns.message import Message
    from dns.tsig import Key as TsigKey

Why = Literal[
    "timeout", "refused connection", "unreachable", "wrong key", "unknown key", "clock", "REFUSED", "SERVFAIL",
    "NOTAUTH", "changed", "unusable", "bogus", "other",
]  # fmt: skip
"""What is in the way of an answer. ``REFUSED``, ``SERVFAIL``, ``NOTAUTH`` are the server's own words; ``changed``: a
prerequisite does not hold; ``bogus``: a resolver refuses the zone's signatures."""

_CONNECT_S = 0.3
"""Of a question's deadline: to look whether anybody listens, where no answer came."""

UNREACHED: frozenset[Why] = frozenset({"timeout", "refused connection", "unreachable"})
"""Nothing came back: of a server that is down, or of a network that does not lead there."""

_HINTS: Mapping[Why, str] = {
    "timeout": "Is its host up, and does a firewall let UDP and TCP through?",
    "refused connection": "Its host is up and the name server is not: start it there.",
    "unreachable": "No route leads there from this machine.",
    "wrong key": "The key's name is right and its secret is another one: compare it with the server's key file.",
    "unknown key": "The server knows no key of that name, or for another algorithm: compare it with its key file.",
    "clock": "The clocks of this machine and the server differ by more than five minutes: set them (chronyc tracking).",
    "REFUSED": "The server's policy allows it not: look at update-policy or allow-update, allow-query and views.",
    "SERVFAIL": "Look at the server's log: the zone is expired or not loaded, or its signatures are not valid.",
    "NOTAUTH": "The server does not have this zone, or not as its primary: name the right one in the inventory.",
}

_NOT_MADE = (
    "Look at the server's log: the zone is not loaded, its journal cannot be written, or it is signed and the private"
    " keys are not there, so that nothing new can be signed."
)


class NoAnswer(CleoError):
    """A name server gave no answer that can be used; ``why`` says so in a word.

    Args:
        why: the word.
        server: whom we asked.
        words: what was seen, in words.
        hint: what helps; empty: what helps against any of that word.
    """

    def __init__(self, why: Why, server: NameServer, words: str, hint: str = "") -> None:
        super().__init__(f"{server.name} ({server.address}:{server.port}): {words}", hint or _HINTS.get(why, ""))
        self.why = why
        self.words = words


def signing_key(key: Key) -> TsigKey:
    """Return the key as dnspython signs with it.

    Raises:
        SecretUnavailable: its secret cannot be read.
        CleoError: that is no base64.
    """
    import binascii

    import dns.tsig

    try:
        return dns.tsig.Key(key.name, key.secret.read(), key.algorithm)
    except (binascii.Error, ValueError) as error:
        raise CleoError(
            f"The secret of the key {key.name} is no base64.", "Take it as tsig-keygen prints it."
        ) from error


def keyring(settings: DnsSettings) -> TsigKey:
    """Return the key that a zone's updates are signed with.

    Raises:
        CleoError: it has none, or that cannot be read.
    """
    if settings.key is None:
        raise CleoError(f"The zone {settings.zone} has no key for updates.", "Give it key: in the inventory.")
    return signing_key(settings.key)


def ask(server: NameServer, query: Message, deadline_s: float) -> Message:
    """Return the answer to a question, whatever its rcode; by UDP, and by TCP where it does not fit.

    Args:
        server: who is asked.
        query: the question.
        deadline_s: seconds for all of it.

    Raises:
        NoAnswer: nothing came that can be used.
    """
    import dns.flags
    import dns.query

    end = time.monotonic() + deadline_s
    try:
        answer = _told(server, lambda: _udp(server, query, max(_left(end) - _CONNECT_S, _left(end) / 2)))
    except NoAnswer as error:
        if error.why == "timeout":
            _require_listener(server, _left(end), error)
        raise
    if answer.flags & dns.flags.TC:
        return _told(server, lambda: dns.query.tcp(query, server.address, _left(end), server.port))
    return answer


def send(server: NameServer, message: Message, deadline_s: float) -> Message:
    """Send an update by TCP, so that it is not sent twice, and return the answer where that is yes.

    Args:
        server: who takes it.
        message: the update, signed.
        deadline_s: seconds for all of it.

    Raises:
        NoAnswer: it was refused, or nobody knows (`UNREACHED`).
    """
    import dns.query
    import dns.rcode

    answer = _told(server, lambda: dns.query.tcp(message, server.address, deadline_s, server.port))
    code = answer.rcode()
    if code == dns.rcode.NOERROR:
        return answer
    raise NoAnswer(*_of_update(dns.rcode.to_text(code), server))


def _of_update(code: str, server: NameServer) -> tuple[Why, NameServer, str, str]:
    if code in ("NXRRSET", "YXRRSET", "NXDOMAIN", "YXDOMAIN"):
        return "changed", server, f"a record is not as it was read ({code}); nothing was changed", ""
    if code in ("REFUSED", "SERVFAIL", "NOTAUTH"):
        hint = _NOT_MADE if code == "SERVFAIL" else ""
        return code, server, f"refuses the update: {code}", hint  # type: ignore[return-value]
    return "other", server, f"refuses the update: {code}", ""


def _udp(server: NameServer, query: Message, timeout_s: float) -> Message:
    """Ask by UDP through a connected socket: so the kernel tells that nobody listens there."""
    import dns.query

    family = socket.AF_INET6 if ":" in server.address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as link:
        link.setblocking(False)
        link.connect((server.address, server.port))
        return dns.query.udp(query, server.address, timeout_s, server.port, sock=link, ignore_errors=True)


def _require_listener(server: NameServer, timeout_s: float, silence: NoAnswer) -> None:
    """Tell silence from a port that is closed: kernels say that of UDP only so often, of TCP always.

    Raises:
        NoAnswer: it is closed.
    """
    try:
        socket.create_connection((server.address, server.port), timeout_s).close()
    except ConnectionRefusedError as error:
        raise NoAnswer("refused connection", server, "nobody listens there") from error
    except OSError as error:
        raise silence from error


def _told(server: NameServer, exchange: Callable[[], Message]) -> Message:
    """Return what an exchange does; what it raises is told in a word."""
    import dns.exception
    import dns.tsig

    try:
        return exchange()
    except dns.exception.Timeout as error:
        raise NoAnswer("timeout", server, "no answer in time") from error
    except OSError as error:
        refused = error.errno == errno.ECONNREFUSED
        words = "nobody listens there" if refused else f"cannot be reached ({error.strerror or error})"
        why: Why = "refused connection" if refused else "timeout" if isinstance(error, TimeoutError) else "unreachable"
        raise NoAnswer(why, server, words) from error
    except (dns.tsig.PeerBadSignature, dns.tsig.BadSignature) as error:
        raise NoAnswer("wrong key", server, "the key's secret is not the server's (BADSIG)") from error
    except (dns.tsig.PeerBadKey, dns.tsig.BadKey, dns.tsig.BadAlgorithm) as error:
        raise NoAnswer("unknown key", server, "it does not know the key (BADKEY)") from error
    except (dns.tsig.PeerBadTime, dns.tsig.BadTime) as error:
        raise NoAnswer("clock", server, "the clocks differ too much for a signature (BADTIME)") from error
    except (dns.exception.DNSException, EOFError) as error:
        raise NoAnswer("unusable", server, f"what came back is no answer ({type(error).__name__}: {error})") from error


def _left(end: float) -> float:
    return max(end - time.monotonic(), 0.01)
