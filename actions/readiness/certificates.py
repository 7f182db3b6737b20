"""Until when a certificate is good: the one in a file of a host, and the one that its server shows."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from actions.context import ActionContext
from actions.machine.certificate import Shown, shown_by
from actions.machine.machine import Machine, last_words
from actions.machine.tls import TlsSettings
from journal.errors import CleoError
from journal.readiness.finding import ReadyFinding, State

_SOON_D = 21.0
"""Days before its end from which it is said: renewals that go by themselves are done by then."""
_SHOWN_S = 4.0


def certificate_finding(
    machine: Machine, path: str, about: str, system: str, shown: Shown | None = None
) -> ReadyFinding:
    """Return until when the first certificate of a PEM file is good, as openssl on its host reads it.

    Args:
        machine: the host that has the file, with an account that may read it.
        path: the file.
        about: what it is called.
        system: the system that needs it.
        shown: where its server shows it: one that was not told of a new file goes on showing the one of before.
    """
    try:
        done = machine.query(["openssl", "x509", "-noout", "-enddate", "-in", path])
        ends = _ends(done.out) if done.code == 0 else None
        words = "" if ends else f"{path} cannot be read: {last_words(done)}"
    except CleoError as error:
        ends, words = None, error.message
    if ends is None:
        cure = f"Read it by hand on {machine.host}: openssl x509 -enddate -in {path}"
        return ReadyFinding(about=about, state="not measured", words=words, cure=cure, systems=[system], stops=False)
    found = judged(about, ends, system)
    return _beside_shown(found, ends, shown) if shown else found


def own_certificate(ctx: ActionContext, settings: TlsSettings, system: str) -> Iterator[ReadyFinding]:
    """Yield until when the certificate is good that we show a server ourselves, where the inventory names one."""
    if path := settings.tls_certificate_file:
        yield certificate_finding(Machine(ctx, "local"), path, f"our own certificate for {system}", system)


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


def _beside_shown(found: ReadyFinding, ends: datetime, shown: Shown) -> ReadyFinding:
    """Return a finding on a file with what its server shows, where that is another certificate."""
    served = shown_by(shown, shown.address, deadline_s=_SHOWN_S)
    if served is None or abs(served.ends - ends.timestamp()) < 1:
        return found
    now, over = datetime.fromtimestamp(served.ends, UTC), served.days_left < 0
    words = f"the server still shows another one, {'over since' if over else 'good until'} {now:%Y-%m-%d %H:%M} UTC"
    return msgspec.structs.replace(
        found,
        state="wrong",
        words=f"its file is {found.words}; {words}",
        cure=" ".join(filter(None, [found.cure, "Have the server read its file anew."])),
        stops=found.stops or over,
        expires_at=min(ends, now),
    )


def _ends(text: str) -> datetime | None:
    """Return the instant in ``notAfter=Nov 29 12:00:00 2027 GMT``."""
    try:
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(text.strip().partition("=")[2]), UTC)
    except ValueError:
        return None
