"""A file store's health: whether it is there and ours, can be written to, and how old its newest snapshot is."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from actions.backups.repository.watch import watched
from actions.exposure import since
from actions.health import Health, silent
from actions.outcome import ActionFailed
from actions.systems.files.bucket import LOOK_S, require_bucket
from actions.systems.files.restic import Snapshot, list_snapshots, snapshots_of
from actions.systems.files.settings import FilesSettings
from actions.systems.files.store import instant, last_words, look_argv, not_ours
from actions.transport import DeadlineExceeded, NothingStarted, Transport, TransportLost
from journal.events.measured import Measured
from journal.wording.counting import count
from journal.wording.durations import rough_duration

_WALK = 0.4
"""Of the deadline: for walking the tree, so that restic has the rest."""
_WALK_S = 3.0
"""Seconds for that at most; a store that is too large for it is judged by the age of its newest snapshot."""
_HANG_S = 5.0
"""Seconds beyond the walk after which whoever looks hangs: a dead disk or file server."""
_LOW = 0.05
"""Of what the store holds: less free space than that is low."""
_SPARE_S = 0.5
"""Seconds of the probe's that are kept for judging what was seen."""
_listed: dict[tuple[str, ...], datetime | None] = {}
_listing = threading.Lock()


class _CannotList(Exception):
    """restic does not say which snapshots there are."""


def probe(system: str, settings: FilesSettings, host: Transport, *, deadline_s: float) -> Health:
    """Return the store's health.

    Args:
        system: its name in the inventory.
        settings: what the inventory says of it.
        host: the way to its host.
        deadline_s: seconds for all of it.
    """
    end = time.monotonic() + deadline_s
    try:
        walk_s = min(deadline_s * _WALK, _WALK_S)
        argv = look_argv(settings, local=host.name == "local", walk_s=walk_s)
        done = host.query(argv, timeout_s=min(deadline_s, walk_s + _HANG_S), user=settings.run_as)
        if done.code:
            return Health(status="not measured", detail=f"nobody can look at it: {last_words(done)}")
        seen = json.loads(done.out)
        newest, stale = _newest_snapshot(settings, host, seen["snapshots"], end)
        return _judge(settings, seen, newest, stale=stale)
    except _CannotList as error:
        return _judge(settings, seen, None, str(error))
    except DeadlineExceeded as error:
        return silent(error.message, {})
    except (NothingStarted, TransportLost) as error:
        return Health(status="not measured", detail=f"its host cannot be asked: {error.message}")


def _newest_snapshot(
    settings: FilesSettings, host: Transport, ids: list[str] | None, end: float
) -> tuple[datetime | None, str]:
    """Return when the newest sound snapshot was begun, and why that was not seen anew; empty: it was.

    restic is asked where a local repository has others than before.

    Raises:
        _CannotList: restic does not say it.
    """
    if ids == []:
        return None, ""
    if settings.bucket():
        return _newest_in_bucket(settings, host, end)
    known = (host.address, settings.repository, settings.place(), *(ids or ()))
    if ids and known in _listed:
        return _listed[known], ""
    try:
        newest = _listed_by_restic(settings, host, max(end - time.monotonic(), 0.1))
    except DeadlineExceeded as error:
        raise _CannotList("restic did not list them in time") from error
    with _listing:
        _listed.clear() if len(_listed) > 100 else None
        _listed[known] = newest
    return newest, ""


def _listed_by_restic(settings: FilesSettings, host: Transport, timeout_s: float) -> datetime | None:
    """Return when the newest sound snapshot was begun, as restic lists them."""
    done = host.query(list_snapshots(settings), timeout_s=timeout_s, user=settings.run_as, env=settings.variables())
    if done.code:
        raise _CannotList(last_words(done))
    try:
        return _newest(snapshots_of(done.out, settings))
    except msgspec.DecodeError as error:
        raise _CannotList(f"restic's list cannot be read: {error}") from error


def _newest_in_bucket(settings: FilesSettings, host: Transport, end: float) -> tuple[datetime | None, str]:
    """Return the same of a bucket, as it was seen last: it is asked once a minute at most, and may hang.

    Raises:
        _CannotList: nobody has seen it yet, and why.
    """

    def look() -> datetime | None:
        require_bucket(
            settings,
            host.name == "local",
            lambda argv: host.query(argv, timeout_s=LOOK_S, user=settings.run_as, env=settings.variables()),
        )
        try:
            return _listed_by_restic(settings, host, LOOK_S)
        except _CannotList as error:
            raise ActionFailed(str(error)) from error

    key = (host.address, settings.repository, settings.place())
    known = watched(key, look, end - time.monotonic() - _SPARE_S)
    if known.seen_at is None:
        raise _CannotList(known.words())
    return known.value, known.words()


def _newest(found: list[Snapshot]) -> datetime | None:
    return next((each.time for each in reversed(found) if not each.unusable), None)


def _judge(
    settings: FilesSettings, seen: Mapping[str, Any], snapshot: datetime | None, unknown: str = "", stale: str = ""
) -> Health:
    age_s = (datetime.now(UTC) - snapshot).total_seconds() if snapshot else None
    said = unknown or (
        "there is no sound snapshot" if age_s is None else f"newest snapshot {rough_duration(age_s)} old"
    )
    if why := not_ours(settings, seen):
        return Health(status="down" if not seen["mounted"] else "not measured", detail=why)
    if seen["kind"] == "missing":
        measured = Measured(backup_age_s=age_s).facts()
        return Health(status="down", detail=f"{settings.place()} is missing; {said}", facts=measured)
    old = [f"snapshots not seen anew: {stale}"] if stale else []
    troubles = [
        *_troubles(settings, seen),
        *old,
        *([said] if unknown or age_s is None or _late(settings, age_s) else []),
    ]
    figures = [f"{count(seen['files'], 'file')}{'' if seen['walked'] else ' and more'}", said]
    return Health(
        status="degraded" if troubles else "up",
        detail="; ".join(dict.fromkeys([*troubles, *figures])),
        facts=_measured(seen, snapshot, age_s, unknown).facts(),
    )


def _late(settings: FilesSettings, age_s: float) -> bool:
    return age_s > 2 * 60 * settings.every_minutes


def _troubles(settings: FilesSettings, seen: Mapping[str, Any]) -> list[str]:
    """Return what is not as it should be, in a few words each."""
    marker = settings.marker
    lost = f"it is empty: {settings.place()}" if seen["empty"] else ""
    unmarked = f"its marker {marker.file} is lost" if marker and seen["marker"] != marker.says and not lost else ""
    shut = "writers are kept out" if seen["door"] else "" if seen["writable"] else "it cannot be written to"
    low = f"{seen['free'] / 1e6:,.0f} MB free" if seen["free"] < _LOW * seen["bytes"] else ""
    ahead = f"{count(seen['ahead'], 'file')} dated after now" if seen["ahead"] else ""
    return [word for word in (lost, unmarked, shut, low, ahead) if word]


def _measured(seen: Mapping[str, Any], snapshot: datetime | None, age_s: float | None, unknown: str) -> Measured:
    """Return what clocks and RPO need. Where the tree was not walked to its end, all since the snapshot is at risk."""
    newest = instant(seen["newest"]) if seen["walked"] else None
    whole = None if unknown else snapshot
    at_risk = since(newest or datetime.now(UTC), whole, "newest sound snapshot of")
    walked = "" if seen["walked"] else "; it was too large to be walked: all since then counts"
    none = unknown or "there is no sound snapshot: all of it would be lost"
    return Measured(
        backup_age_s=age_s,
        exposure_s=at_risk.seconds if at_risk else None,
        exposure_by=f"{at_risk.by}{walked}" if at_risk else none,
        newest_commit_at=newest,
        archived_until=whole,
    )
