"""The certificate that users get: what is wrong with it, with its cure, and how long it still is good."""

from __future__ import annotations

import ssl
from urllib.parse import urlsplit

from actions.machine.certificate import Certificate, shown_at
from actions.machine.tls import Trouble
from actions.outcome import Finding
from actions.systems.validation.settings import ValidationSettings

_LOOK_S = 3.0
RENEW = (
    "Renew it where it is served. A renewal that proves itself by HTTP reaches the site that DNS names: where that is "
    "the other one, prove by DNS or bring a certificate with its key."
)
_STRANGER = "If nobody changed it, do not go on: somebody else may answer there."


def place_of(settings: ValidationSettings) -> tuple[str, int]:
    """Return address and port that are connected to."""
    base = urlsplit(settings.url)
    address, _, port = settings.connect_to.rpartition(":")
    usual = 443 if base.scheme == "https" else 80
    return address.strip("[]") or str(base.hostname), int(port or base.port or usual)


def trusted_context(settings: ValidationSettings) -> ssl.SSLContext:
    """Return what certificates are verified with.

    Raises:
        OSError: the file of the inventory cannot be read, or holds none.
    """
    return ssl.create_default_context(cafile=settings.tls_ca_file or None)


def tls_words(settings: ValidationSettings, trouble: Trouble, error: BaseException, left_s: float) -> Trouble:
    """Return what is wrong with a certificate, with what was shown, and what helps users: they would be refused.

    Args:
        settings: the API.
        trouble: the same for servers of any type.
        error: the client library's.
        left_s: seconds that there still are to look at what is shown.
    """
    wrong = _verification(error)
    if wrong is None:
        return trouble
    name = str(urlsplit(settings.url).hostname)
    shown = shown_at(*place_of(settings), name, deadline_s=min(_LOOK_S, left_s))
    words = f"{trouble.words}: {shown.words}" if shown else trouble.words
    return Trouble(words, _cure(settings, wrong, name, shown) or trouble.hint)


def certificate_findings(settings: ValidationSettings, shown: Certificate | None) -> list[Finding]:
    """Return that a certificate ends soon."""
    if shown is None or shown.days_left > settings.certificate_days:
        return []
    left = f"{shown.days_left:.0f} days" if shown.days_left >= 2 else f"{max(0.0, shown.days_left) * 24:.0f} h"
    text = f"ends in {left}: {shown.words}"
    return [Finding(severity="warning", about="certificate", text=text, cure=RENEW)]


def _verification(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """Return why a certificate was not taken; None: it is not about that."""
    seen: BaseException | None = error
    for _ in range(8):
        if seen is None or isinstance(seen, ssl.SSLCertVerificationError):
            return seen
        seen = seen.__cause__ or seen.__context__ or _within(seen)
    return None


def _within(error: BaseException) -> BaseException | None:
    """Return the error that urllib3 wraps as an argument."""
    return next((each for each in error.args if isinstance(each, BaseException)), None)


def _cure(settings: ValidationSettings, wrong: ssl.SSLError, name: str, shown: Certificate | None) -> str:
    """Return what helps, by what OpenSSL found; empty: what helps with any server."""
    said = str(wrong)
    if "expired" in said:
        return f"Is this machine's clock right? Else: {RENEW}"
    if "mismatch" in said:
        where = f"The site at {settings.connect_to}" if settings.connect_to else "Who answers there"
        return f"{where} has no certificate for {name}, and users are refused once it is theirs: add one there."
    if "unable to get" in said and shown and shown.issuer != shown.subject:
        return (
            f"Is {shown.issuer} a CA of your own? Name it (tls_ca_file). Else have the server show the whole chain, "
            f"with what lies between. {_STRANGER}"
        )
    if "self-signed" in said or "self signed" in said:
        return f"Users refuse it, too: serve one by a CA that they trust, or name that CA (tls_ca_file). {_STRANGER}"
    return ""
