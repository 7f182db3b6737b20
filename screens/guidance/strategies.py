"""How long each recovery strategy would take and what it would lose, as far as that was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from actions.system_types import find_type
from journal.events.measured import Measured
from journal.events.run import Took
from journal.incident.affected import is_hit
from journal.incident.backup_catalogue import catalogue_of
from journal.incident.exposure import from_standby, without_site
from journal.incident.forecast import Forecast, forecasts, steps_left
from journal.incident.given_up import newest_seen
from journal.incident.lost_site import is_gone, lost_site
from journal.incident.records import Run
from journal.incident.restore_time import RestoreTime, expected_seconds, measured_times, restores
from journal.incident.state import Incident
from journal.incident.step_time import in_words as took_words
from journal.incident.step_time import slowest
from journal.incident.strategy_evidence import ACTIVATE
from journal.plan.applies import applies
from journal.store.rows import Reading
from journal.wording.counting import count
from journal.wording.durations import rough_duration, rough_minutes
from journal.wording.instants import age
from journal.wording.sanitize import sanitize

_STRATEGY = "strategy"
_MOST = 3
"""Steps that are named; of more their number is said."""


class Time(NamedTuple):
    """How long the steps that are left usually take, one after another.

    Attributes:
        seconds: all of them together.
        unknown: how many of them have no figure.
        measured: the last restores that were measured, by system: they count instead of the plan's figures.
        took: how long other steps took when they were done last, by the step's id: so do these.
    """

    seconds: float
    unknown: int
    measured: Mapping[str, RestoreTime] = {}
    took: Mapping[str, Took] = {}


class Loss(NamedTuple):
    """What one system would lose.

    Attributes:
        seconds: of data; None where it was not measured.
        why: what that rests on.
    """

    title: str
    seconds: float | None
    why: str


def expected(incident: Incident, strategy: str) -> Time:
    """Return how long this strategy's steps that are left take: as was measured, else by the plan's figures."""
    left = steps_left(incident, strategy)
    seconds = [expected_seconds(incident, step) for step in left]
    measured = {name: one for step in left for name, one in measured_times(incident, step).items()}
    took = {step.id: one for step in left if not restores(step) and (one := slowest(incident, step))}
    return Time(sum(seconds), sum(not each for each in seconds), measured, took)


def losses(incident: Incident, strategy: str, readings: Mapping[str, Reading], now: datetime) -> list[Loss]:
    """Return what each system that is hit and holds data would lose: from its backup, or from its standby."""
    answers = {**incident.answers, "strategy": strategy}
    found = []
    for plan_system, system in incident.plan.systems.items():
        own = (step for step in incident.plan.steps() if step.system == plan_system and "strategy" in step.when)
        actions = [step.action for step in own if applies(step, answers) is not False]
        restore = next((action for action in actions if action.endswith(".restore")), "")
        warm = next((action for action in actions if action.endswith(f".{ACTIVATE}")), "")
        hit = [name for name in incident.roster.players(plan_system) if is_hit(incident, name)] if system.data else []
        found += [
            _without_site(incident, name, readings, now, restore=bool(restore))
            if is_gone(incident, name)
            else _from_backup(incident, name, restore, readings.get(f"health:{name}"), now)
            if restore
            else _from_standby(incident, name, readings, now, warm)
            for name in hit
        ]
    return found


def _without_site(
    incident: Incident, name: str, readings: Mapping[str, Reading], now: datetime, *, restore: bool
) -> Loss:
    """Return what is lost of a system whose whole site is: what lies there, backups too, counts no more."""
    found, title = without_site(incident, name, readings, restore=restore), sanitize(incident.roster.title(name))
    old = f", seen {age(found.at, now)}" if found.at else ""
    why = f"site {sanitize(lost_site(incident))} is lost: {sanitize(found.by)}{old}"
    point = incident.recovery_point.of(name) if incident.recovery_point and restore else None
    if found.seconds is None or not point or not point.instant:
        return Loss(title, found.seconds, why)
    up_to = _since(incident, name, readings.get(f"health:{name}"), point.instant.isoformat(), "").seconds
    return Loss(title, max(found.seconds, up_to or 0.0), f"{why}, and up to the recovery point chosen")


def _from_backup(incident: Incident, name: str, restore: str, reading: Reading | None, now: datetime) -> Loss:
    title = sanitize(incident.roster.title(name))
    point = incident.recovery_point.of(name) if incident.recovery_point else None
    if point and point.instant:
        return _since(incident, name, reading, point.instant.isoformat(), "up to the recovery point chosen")
    told = _latest_look(incident, name, restore)
    if told is not None:
        until, at = told
        return _since(incident, name, reading, until, f"archived until {until[11:19]} UTC, found {age(at, now)}")
    found = _measured(title, reading, "exposure_s", "its exposure", now) or _last_known(incident, name, reading, now)
    return found or Loss(title, None, "nobody looked up to which write its backups reach")


def _last_known(incident: Incident, name: str, reading: Reading | None, now: datetime) -> Loss | None:
    """Return what is lost of a system that does not answer, by its last good look, else by the latest backup listed.

    It is a bound from below where only its exposure of then is known: more was written since.
    """
    last, seen_at = Measured.of(reading.payload.get("last") or {}) if reading else Measured(), _seen_at(reading)
    when = f" when it last answered, {age(seen_at, now)}" if seen_at else " when it last answered"
    until = last.archived_until or incident.ledger(name).archived_until
    if until:
        return _since(incident, name, reading, until.isoformat(), f"its backups reached to {until:%H:%M:%S} UTC{when}")
    if last.exposure_s is not None:
        title = sanitize(incident.roster.title(name))
        return Loss(title, last.exposure_s, f"at least: its exposure{when}, and what was written since")
    ended = catalogue_of(incident, name).ended
    if not ended:
        return None
    newest = max(ended.values())
    return _since(incident, name, reading, newest.isoformat(), f"its newest backup is of {newest:%H:%M:%S} UTC")


def _seen_at(reading: Reading | None) -> datetime | None:
    return Measured.of({"newest_commit_at": reading.payload.get("seen_at")}).newest_commit_at if reading else None


def _since(incident: Incident, name: str, reading: Reading | None, until: str, why: str) -> Loss:
    """Return what was committed after ``until``, as far as anybody saw it; the start that was typed tells nothing.

    Of a system that does not answer, that nobody saw a later write does not mean that there was none.
    """
    title = sanitize(incident.roster.title(name))
    newest, live = newest_seen(incident, name, reading)
    if newest is None:
        return Loss(title, None, f"{why}; nobody has seen the newest commit")
    known = incident.newest_known(name)
    lost = (newest - datetime.fromisoformat(until)).total_seconds()
    if lost < 0 and not live.newest_commit_at and not (known and known.exact):
        return Loss(title, None, f"{why}; the newest write that anybody saw is older: {newest:%H:%M:%S} UTC")
    return Loss(title, max(0.0, lost), why)


def _from_standby(
    incident: Incident, name: str, readings: Mapping[str, Reading], now: datetime, warm: str = ""
) -> Loss:
    """Return what the nearest standby lacks; without an inventory's standby (a tabletop), by the primary's own look.

    ``warm`` brings one that cannot be asked to the end of the archive: then it lacks what the archive does.
    """
    title = sanitize(incident.roster.title(name))
    found = from_standby(incident, name, readings)
    if found and found.seconds is None and warm:
        archive = _from_backup(incident, name, warm, readings.get(f"health:{name}"), now)
        return archive._replace(why=f"{sanitize(found.by)}: brought to the end of the archive, {archive.why}")
    if found:
        old = f", measured {age(found.at, now)}" if found.at and found.seconds is not None else ""
        return Loss(title, found.seconds, f"{sanitize(found.by)}{old}")
    measured = _measured(title, readings.get(f"health:{name}"), "replica_lag_s", "the standby's lag", now)
    return measured or Loss(title, None, "no standby's lag is known")


def _measured(title: str, reading: Reading | None, fact: str, what: str, now: datetime) -> Loss | None:
    """Return what a health probe measured, if it did."""
    seconds = (reading.payload.get("facts") or {}).get(fact) if reading else None
    if reading is None or not isinstance(seconds, int | float):
        return None
    return Loss(title, float(seconds), f"{what}, measured {age(reading.at, now)}")


def _latest_look(incident: Incident, name: str, restore: str) -> tuple[str, datetime] | None:
    """Return until when a system's log is archived, as the last look found, and when that was."""
    for run in sorted(incident.runs.values(), key=lambda run: run.id, reverse=True):
        until = _facts_of(run, name, restore).get("archived_until")
        if isinstance(until, str) and run.finished_at:
            return until, run.finished_at
    return None


def _facts_of(run: Run, name: str, restore: str) -> Mapping[str, Any]:
    """Return what a run says of a system: by its name, or plainly, where it looked at the backups of this one.

    A run that was aimed at none, as in a tabletop, looked at the backups that there are: those of types with an engine.
    """
    named = run.facts.get(name)
    if isinstance(named, Mapping):
        return named
    if not run.action.startswith("backups."):
        return {}
    if run.system:
        return run.facts if run.system == name else {}
    type_ = find_type(restore.partition(".")[0])
    return run.facts if type_ and type_.backups else {}


def in_words(incident: Incident, strategy: str, readings: Mapping[str, Reading], now: datetime) -> list[str]:
    """Return a strategy's expected time and loss, a line each."""
    time = expected(incident, strategy)
    unknown = f"{count(time.unknown, 'step')} not measured" if time.unknown else ""
    by = f"{_measured_by(time)}by the plan's figures"
    taking = f"about {rough_duration(time.seconds)} {by}" if time.seconds else ""
    lines = [f"time  {', '.join(part for part in (taking, unknown) if part) or 'nothing is left to do'}"]
    lines += [
        f"      {sanitize(incident.roster.title(name))}: {sanitize(str(one))}" for name, one in time.measured.items()
    ]
    lines += _steps(incident, strategy, time)
    lines += [f"rto   {_against(one)}" for one in _tightest(forecasts(incident, strategy, now))]
    for loss in losses(incident, strategy, readings, now):
        lost = "not measured" if loss.seconds is None else f"{rough_minutes(loss.seconds)} of data"
        lines.append(f"loss  {lost}  {loss.title}: {loss.why}")
    return lines


def _measured_by(time: Time) -> str:
    if time.took:
        return "as was measured, else "
    return "as restores were measured, else " if time.measured else ""


def _steps(incident: Incident, strategy: str, time: Time) -> Iterator[str]:
    """Yield what is known of the steps that this strategy alone has: as they were done last, or that none ever was."""
    own = [(name, one) for name, one in time.took.items() if _STRATEGY in incident.plan.by_id[name].when]
    for name, one in own[:_MOST]:
        yield f"      {sanitize(incident.plan.by_id[name].title)}: {sanitize(took_words(one))}"
    if len(own) > _MOST:
        yield f"      measured too: {count(len(own) - _MOST, 'further step')}"
    left = (step for step in steps_left(incident, strategy) if step.is_run and _STRATEGY in step.when)
    names = [sanitize(one.title) for one in left if one.id not in time.took and not measured_times(incident, one)]
    if names and (own or time.measured):
        more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
        yield f"      never measured: {', '.join(names[:_MOST])}{more}"


def _tightest(found: list[Forecast]) -> list[Forecast]:
    """Return the objective that would be missed by most, or that has least left; none where nothing has a figure."""
    return sorted((one for one in found if one.seconds), key=lambda one: -one.over)[:1]


def _against(one: Forecast) -> str:
    """Return whether an objective would be met: not said to be where steps on the way have no figure."""
    left = f"{rough_minutes(one.clock.left)} left" if one.clock.left > 0 else "MISSED already"
    takes = f"{'at least' if one.unknown else 'about'} {rough_duration(one.seconds)}"
    unknown = f" and {count(one.unknown, 'step')} not measured" if one.unknown else ""
    spare = "" if one.unknown else f", {rough_minutes(-one.over)} to spare"
    verdict = f", {rough_minutes(one.over)} OVER" if one.over > 0 else spare
    return f"{sanitize(one.clock.title)}: {left}, takes {takes}{unknown}{verdict}"
