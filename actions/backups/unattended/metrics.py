"""What is known of all backups, as a file in Prometheus' text format: for node_exporter's textfile collector.

Whether a backup succeeded is told by what lies in the repository, not by what a run said of itself: a backup that
is gone is no success. What could not be listed keeps the values it had. Where there is no backup, the time of the last
one is 0, so that an alert on its age fires; what never was verified, restored or copied has no time, and is absent.
`cleo exporter` serves the same values (`cleo_console.monitoring`), and none where one is not measured.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from actions.backups.catalogue import Listed
from actions.backups.engine import BackupList
from actions.backups.offsite.findings import covered_until
from actions.backups.offsite.look import Seen
from actions.backups.unattended.run import Ended
from journal.store.filelock import lock
from journal.store.whole_file import replace_whole

HELP = {
    "backup_last_success_timestamp": "When the newest backup that can be restored from ended, in seconds since 1970.",
    "backup_last_size_bytes": "What that backup restores.",
    "backup_last_duration_seconds": "How long it took.",
    "backup_usable_sets": "How many backups can be restored from.",
    "backup_last_verified_timestamp": "When every file of a backup was read last, and was whole.",
    "backup_last_restored_timestamp": "When a backup was restored last, and what came back was verified.",
    "backup_last_restored_duration_seconds": "How long that restore took, where it was measured.",
    "backup_archived_until_timestamp": "The last commit that is in the log beside the backups.",
    "backup_offsite_last_success_timestamp": "When the last whole copy to the second place began.",
    "backup_offsite_covered_until_timestamp": "What was committed by then is in the second place.",
    "backup_held": "Whether an incident holds the backups: none is taken, none expires.",
    "backup_findings": "How many findings there are; see cleo backup verify.",
    "backup_listed": "Whether the backups could be listed at the last look.",
    "backup_run_last_timestamp": "When a backup was asked for last by cleo backup run.",
    "backup_run_last_ok": "Whether there was a new backup then.",
}
_LINE = re.compile(r'(?P<name>[a-z_]+)\{system="(?P<system>[^"]+)",type="(?P<type>[^"]*)"\} (?P<value>\S+)')

Values = dict[str, dict[tuple[str, str], float]]
"""Values by the metric's name, then by system and type."""


def write_metrics(path: Path, listed: Sequence[Listed], ended: Mapping[str, Ended], now: datetime) -> None:
    """Replace the file whole, so that no half of it is ever read.

    Args:
        path: the file; its folder is made where it is missing.
        listed: every system's backups, as they are now.
        ended: what became of the backups that were just asked for.
        now: the time.

    Raises:
        OSError: it cannot be written; what was there before still is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("w", encoding="ascii") as turn:
        lock(turn.fileno())
        before = _read(path)
        values: Values = {name: {} for name in HELP}
        for one in listed:
            key = (one.system, one.type)
            for name, value in _of(one, ended.get(one.system), before, now).items():
                values[name][key] = value
        replace_whole(path, "".join(_lines(values)).encode(), 0o644)


def _of(one: Listed, ended: Ended | None, before: Values, now: datetime) -> dict[str, float]:
    """Return the values of one system."""
    key = (one.system, one.type)
    kept = {name: values[key] for name, values in before.items() if name in HELP and key in values}
    found = _that_are({"backup_last_success_timestamp": 0, **kept, **_looked_at(one)})
    found["backup_listed"] = float(one.backups is not None)
    if ended:
        found |= {"backup_run_last_timestamp": now.timestamp(), "backup_run_last_ok": float(ended.status == "ok")}
    return found


def measured_of_backups(one: Listed) -> dict[str, float]:
    """Return the values of one system's backups, by the metric's name, as far as they could be looked at.

    That there is no backup is known then, and 0; what never was verified, restored or copied has no value.
    """
    return _that_are(_looked_at(one))


def _that_are(values: Mapping[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in values.items() if value is not None}


def _looked_at(one: Listed) -> dict[str, float | None]:
    """Return what could be looked at; None: it never was so, and that is known."""
    found: dict[str, float | None] = {**_of_list(one, one.backups)} if one.backups else {}
    if one.backups and (one.marked or not one.trouble):
        found |= _of_marks(one)
    return found | (_away(one.offsite) if one.offsite else {})


def _of_list(one: Listed, backups: BackupList) -> dict[str, float]:
    newest = one.newest
    found: dict[str, float] = {
        "backup_last_success_timestamp": newest.ended_at.timestamp() if newest else 0,
        "backup_last_size_bytes": newest.size if newest else 0,
        "backup_usable_sets": len({each.label for each in backups.sets if not each.unusable}),
        "backup_held": float(bool(one.holders)),
        "backup_findings": len(one.findings),
    }
    if newest and newest.started_at:
        found["backup_last_duration_seconds"] = (newest.ended_at - newest.started_at).total_seconds()
    if backups.archived_until:
        found["backup_archived_until_timestamp"] = backups.archived_until.timestamp()
    return found


def _of_marks(one: Listed) -> dict[str, float | None]:
    marked = list(one.marked.values())
    verified = [mark.verified.at.timestamp() for mark in marked if mark.verified and mark.verified.ok]
    restored = [mark.restored for mark in marked if mark.restored and mark.restored.ok]
    last = max(restored, key=lambda mark: mark.at, default=None)
    return {
        "backup_last_verified_timestamp": max(verified, default=None),
        "backup_last_restored_timestamp": last.at.timestamp() if last else None,
        "backup_last_restored_duration_seconds": (last.seconds or None) if last else None,
    }


def _away(seen: Seen) -> dict[str, float | None]:
    began, until = seen.began_at, covered_until(seen)
    return {
        "backup_offsite_last_success_timestamp": began.timestamp() if began else None,
        "backup_offsite_covered_until_timestamp": until.timestamp() if until else None,
    }


def _lines(values: Values) -> Iterable[str]:
    for name, help_ in HELP.items():
        if values[name]:
            yield f"# HELP {name} {help_}\n# TYPE {name} gauge\n"
        for (system, type_), value in values[name].items():
            yield f'{name}{{system="{system}",type="{type_}"}} {value:.15g}\n'


def _read(path: Path) -> Values:
    """Return the values that the file had; none where there is no file, or another's."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    found: Values = {}
    for line in text.splitlines():
        if fits := _LINE.fullmatch(line):
            try:
                value = float(fits["value"])
            except ValueError:
                continue
            found.setdefault(fits["name"], {})[fits["system"], fits["type"]] = value
    return found
