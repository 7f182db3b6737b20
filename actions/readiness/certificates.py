"""Until when a certificate in a file of a host is good."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime

from actions.machine.machine import Machine, last_words
from journal.errors import CleoError
from journal.readiness.finding import ReadyFinding, State

_SOON_D = 21.0
"""Days before its end from which it is said: renewals that go by themselves are done by then."""


def certificate_finding(machine: Machine, path: str, about: str, system: str) -> ReadyFinding:
    """Return until when the first certificate of a PEM file is good, as openssl on its host reads it."""
    try:
        done = machine.query(["openssl", "x509", "-noout", "-enddate", "-in", path])
        ends = _ends(done.out) if done.code == 0 else None
        words = "" if ends else f"{path} cannot be read: {last_words(done)}"
    except CleoError as error:
        ends, words = None, error.message
    if ends is None:
        cure = f"Read it by hand on {machine.host}: openssl x509 -enddate -in {path}"
        return ReadyFinding(about=about, state="not measured", words=words, cure=cure, systems=[system], stops=False)
    return judged(about, ends, system)


def judged(about: str, ends: datetime, system: str) -> ReadyFinding:
    """Return what the end of a certificate or credential means: over, soon, or good."""
    left_d = (ends - datetime.now(UTC)).total_seconds() / 86400
    state: State = "ok" if left_d > _SOON_D else "wrong"
    words = f"good until {ends:%Y-%m-%d %H:%M} UTC" if left_d > 0 else f"over since {ends:%Y-%m-%d %H:%M} UTC"
    return ReadyFinding(
        about=about,
        state=state,
        words=words + (f": {left_d:.0f} days" if 0 < left_d <= _SOON_D else ""),
        cure="" if state == "ok" else "Renew it, and load it where it is used.",
        systems=[system],
        stops=left_d <= 0,
        expires_at=ends,
    )


def _ends(text: str) -> datetime | None:
    """Return the instant in ``notAfter=Nov 29 12:00:00 2027 GMT``."""
    try:
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(text.strip().partition("=")[2]), UTC)
    except ValueError:
        return None
