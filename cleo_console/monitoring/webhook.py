"""Reads the body of a webhook of Alertmanager or PagerDuty. Nothing in it is trusted: it becomes short, inert text."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from json import detect_encoding
from typing import Any

import msgspec

from journal.commands.offer import Offer
from journal.errors import CleoError
from journal.structs import plain_json
from journal.wording.counting import count
from journal.wording.sanitize import sanitize

MOST_BYTES = 1_000_000
"""Bytes of a body that are read."""
_TITLE, _NAME = 160, 80
"""Characters of a title, and of a name, that are kept."""
_OLDEST_DAYS = 366
_OPEN, _OVER = ("triggered", "acknowledged"), "resolved"
"""The states of an incident of PagerDuty's (webhooks version 3)."""
_REOPENED = "incident.reopened"


class NotAnAlert(CleoError):
    """What was sent is no alert that is known."""


class Told(msgspec.Struct, frozen=True):
    """What a webhook said. ``offer`` is None where what ``id`` names is over."""

    id: str
    offer: Offer | None


def read_webhook(body: bytes, now: datetime) -> Told:
    """Return what a body says.

    Args:
        body: JSON, as Alertmanager (webhook version 4) or PagerDuty (webhook version 3) sends it.
        now: the time.

    Raises:
        NotAnAlert: it is neither.
    """
    hint = "Give the body that Alertmanager or PagerDuty (webhooks version 3) sent, as JSON."
    if len(body) > MOST_BYTES:
        raise NotAnAlert(f"It has more than {MOST_BYTES:,} bytes.", hint)
    try:
        data = plain_json(body.decode(detect_encoding(body)))  # PowerShell writes UTF-16, or a mark in front
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotAnAlert(f"It is no JSON: {error}.", hint) from error
    if isinstance(data, list) and len(data) > 1:
        raise NotAnAlert(f"It is a list of {len(data)}.", "Give one body of a webhook, as it was sent.")
    data = data[0] if isinstance(data, list) and data else data
    for read in (_alertmanager, _pagerduty):
        if isinstance(data, dict) and (told := read(data, now)):
            return told
    raise NotAnAlert("It is JSON, but tells no state of an alert of Alertmanager's or PagerDuty's.", hint)


def _alertmanager(data: dict[str, Any], now: datetime) -> Told | None:
    alerts = [one for one in _list(data.get("alerts")) if isinstance(one, dict)]
    if not alerts:
        return None
    key = _text(data.get("groupKey")) or _text(alerts[0].get("fingerprint"))
    told_as = _id("alertmanager", f"{_text(data.get('externalURL'))} {key}")
    firing = [one for one in alerts if one.get("status") == "firing"]
    if not firing:
        return Told(told_as, None) if all(one.get("status") == "resolved" for one in alerts) else None
    worst = next((one for one in firing if _labels(one).get("severity") == "critical"), firing[0])
    labels = _labels(worst)
    summary = _text(_dict(worst.get("annotations")).get("summary")) or _text(labels.get("alertname"))
    others = len(firing) - 1 + _number(data.get("truncatedAlerts"))
    more = f" (and {count(others, 'more alert')})" if others else ""
    began = [at for one in firing if (at := _instant(one.get("startsAt"), now))]
    offer = Offer(
        id=told_as,
        source="Alertmanager",
        title=(summary[: _TITLE - len(more)] or "an alert without a name") + more,
        told_at=now,
        began_at=min(began, default=None),
        system=_text(labels.get("system"))[:_NAME],
        scenario=_text(labels.get("scenario"))[:_NAME],
        newest_at=max(began, default=None),
    )
    return Told(told_as, offer)


def _pagerduty(data: dict[str, Any], now: datetime) -> Told | None:
    """Return what PagerDuty says of an incident's state, by whatever event: a note or a new priority ends nothing."""
    event = _dict(data.get("event"))
    about = _dict(event.get("data"))
    kind, state = _text(event.get("event_type")), _text(about.get("status"))
    if not kind.startswith("incident.") or about.get("type", "incident") != "incident":
        return None
    told_as = _id("pagerduty", _text(about.get("id")))
    if _OVER in (state, kind.removeprefix("incident.")):
        return Told(told_as, None)
    if state not in _OPEN:
        return None
    began = _instant(about.get("created_at"), now)
    offer = Offer(
        id=told_as,
        source="PagerDuty",
        title=_text(about.get("title"))[:_TITLE] or "an incident without a title",
        told_at=now,
        began_at=began,
        newest_at=_instant(event.get("occurred_at"), now) if kind == _REOPENED else began,
    )
    return Told(told_as, offer)


def _id(source: str, named: str) -> str:
    """Return a name that may be a file's, whatever was sent."""
    return f"{source}-{hashlib.sha256(named.encode(errors='replace')).hexdigest()[:16]}"


def _instant(value: Any, now: datetime) -> datetime | None:
    """Return an instant that something can have begun at; Go's zero time and clocks that are ahead tell nothing."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) and len(value) < _NAME else None
        at = at.astimezone(UTC) if at and at.tzinfo else None  # without a zone nobody knows whose clock that is
    except (ValueError, OverflowError):
        return None
    return at if at and at <= now and (now - at).days <= _OLDEST_DAYS else None


def _number(value: Any) -> int:
    return value if isinstance(value, int) and 0 < value < MOST_BYTES else 0


def _text(value: Any) -> str:
    return sanitize(value).strip() if isinstance(value, str) else ""


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _labels(alert: dict[str, Any]) -> dict[str, Any]:
    return _dict(alert.get("labels"))
