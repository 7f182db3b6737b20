"""Service impact: how long each system was down, silent, degraded, or read-only while writers were kept out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from journal.events import types as e
from journal.incident.late import happened_at
from journal.report.model import ImpactSpan, SystemImpact
from journal.wording.durations import exact_duration

if TYPE_CHECKING:
    from journal.incident.state import Incident

NOT_MEASURED = "not measured"
NOT_ANSWERING = "not answering"
READ_ONLY = "read-only"
GRAVEST_FIRST = ("down", NOT_ANSWERING, READ_ONLY, "degraded", NOT_MEASURED, "up")
"""The states of a system, the gravest first. What was not measured is never better than what was."""
_ALLOW = ".allow_writers"
"""How the name of an action ends that lets writers in again; what it takes back is that they are kept out."""
_TAKEN = frozenset(
    {e.RunnerStarted, e.RunnerStopped, e.HealthChanged, e.ActionStarted, e.ActionFinished, e.StepMarkedDone}
)


class ServiceLog:
    """Collects what service impact is made of: health, when it was watched, and when writers were kept out."""

    def __init__(self) -> None:
        self.health: dict[str, list[tuple[datetime, str]]] = {}
        self.watches: list[tuple[datetime, datetime | None]] = []
        self.kept_out: dict[str, list[tuple[datetime, datetime | None]]] = {}
        self._watcher, self._watcher_wrote = "", datetime.min
        self._asked: dict[int, tuple[str, datetime]] = {}

    def take(self, event: e.Event, incident: Incident) -> None:
        """Take up an event, before ``incident`` knows of it."""
        if event.actor == self._watcher and not isinstance(event.body, e.RunnerStarted):
            self._watcher_wrote = event.at
        if type(event.body) not in _TAKEN:
            return
        match event.body:
            case e.RunnerStarted():
                self._watch(event)
            case e.RunnerStopped():
                self._unwatch(event.at)
            case e.HealthChanged() as body:
                if not self.watches or self.watches[-1][1] is not None:
                    self._watch(event)
                self.health.setdefault(body.system, []).append((event.at, body.status))
            case e.ActionStarted(dry_run=False, probe_of=0) as body if body.undone_by.endswith(_ALLOW):
                self._asked[body.run] = (body.system or _system(incident, body.step), event.at)
            case e.ActionFinished(status="succeeded") as body:
                self._ended(event, body, incident)
            case e.StepMarkedDone() as body:
                self._by_hand(event, body, incident)

    def _watch(self, event: e.Event) -> None:
        """Begin a watch. What a runner that died had measured counts until it last wrote."""
        self._unwatch(self._watcher_wrote)
        self.watches.append((event.at, None))
        self._watcher, self._watcher_wrote = event.actor, event.at

    def _unwatch(self, at: datetime) -> None:
        if self.watches and self.watches[-1][1] is None:
            self.watches[-1] = (self.watches[-1][0], at)

    def _ended(self, event: e.Event, body: e.ActionFinished, incident: Incident) -> None:
        run = incident.runs.get(body.run)
        if run is None or not run.changes_step:
            return
        if body.run in self._asked:
            system, since = self._asked.pop(body.run)
            spans = self.kept_out.setdefault(system, [])
            if not spans or spans[-1][1] is not None:
                spans.append((since, None))
        elif run.action.endswith(_ALLOW):
            self._let_in(run.system or _system(incident, run.step), event.at)

    def _by_hand(self, event: e.Event, body: e.StepMarkedDone, incident: Incident) -> None:
        step = incident.plan.by_id.get(body.step)
        if step and step.action.endswith(_ALLOW):
            for system in list(self.kept_out):
                self._let_in(system, happened_at(body) or event.at)

    def _let_in(self, system: str, at: datetime) -> None:
        spans = self.kept_out.get(system, [])
        if spans and spans[-1][1] is None:
            spans[-1] = (spans[-1][0], at)


def _system(incident: Incident, step_id: str) -> str:
    step = incident.plan.by_id.get(step_id)
    return incident.roster.players(step.system)[0] if step and step.system else ""


def impacts(log: ServiceLog, incident: Incident, affected: Iterable[str]) -> list[SystemImpact]:
    """Return the impact on every system that is affected, or that was ever seen not to be well.

    Args:
        log: what was collected.
        incident: its state.
        affected: the systems that were named as affected, as the inventory calls them.
    """
    unwell = [name for name, seen in log.health.items() if {status for _, status in seen} - {"up", NOT_MEASURED}]
    end = max(incident.closed_at or incident.last_at, incident.began_at)
    shown = dict.fromkeys([*affected, *unwell, *log.kept_out])
    return [_impact(log, incident, name, end) for name in shown if name]


def _impact(log: ServiceLog, incident: Incident, system: str, end: datetime) -> SystemImpact:
    spans = list(_spans(log, system, incident.began_at, end))
    return SystemImpact(
        system=system,
        title=incident.roster.title(system),
        totals=_totals(spans),
        last=_last(log, system, end),
        spans=spans,
    )


def _last(log: ServiceLog, system: str, end: datetime) -> str:
    """Return the state at the end, also one that only began there."""
    states = [state for at, state in _states(log, system) if at <= end]
    return states[-1] if states else NOT_MEASURED


def _spans(log: ServiceLog, system: str, begin: datetime, end: datetime) -> Iterator[ImpactSpan]:
    """Yield the spans from ``begin`` to ``end`` in each of which the system was in one state."""
    since, state = begin, NOT_MEASURED
    for at, changed in _states(log, system):
        at = min(max(at, since), end)
        if changed == state:
            continue
        if at > since:
            yield ImpactSpan(state=state, begin=since, end=at)
        since, state = at, changed
    if end > since:
        yield ImpactSpan(state=state, begin=since, end=end)


def _states(log: ServiceLog, system: str) -> Iterator[tuple[datetime, str]]:
    """Yield every moment at which something changed, and the system's state from then on."""
    changes = [(at, "health", status) for at, status in log.health.get(system, [])]
    for name, spans in (("watched", log.watches), ("kept out", log.kept_out.get(system, []))):
        for begin, end in spans:
            changes.append((begin, name, "yes"))
            changes += [(end, name, "")] if end else []
    now = {"health": NOT_MEASURED, "watched": "", "kept out": ""}
    for at, name, value in sorted(changes, key=lambda change: change[0]):
        now[name] = value
        yield at, _state(now)


def _state(now: dict[str, str]) -> str:
    if not now["watched"] or now["health"] not in GRAVEST_FIRST:
        return NOT_MEASURED
    return READ_ONLY if now["kept out"] and now["health"] in ("up", "degraded") else now["health"]


def impact_words(impacts: Iterable[SystemImpact]) -> list[str]:
    """Return impacts as sentences: ``PostgreSQL: found down for 42 s, read-only for 6 s; not measured for 2 s.``

    Systems of which the same is to be said share a sentence.
    """
    said: dict[str, list[str]] = {}
    for impact in impacts:
        said.setdefault(_words(impact), []).append(impact.title)
    return [f"{', '.join(titles)}: {words}." for words, titles in said.items()]


def _words(impact: SystemImpact) -> str:
    unseen = impact.totals.get(NOT_MEASURED, 0.0)
    if not set(impact.totals) - {NOT_MEASURED} and impact.last == NOT_MEASURED:
        return NOT_MEASURED
    seen = [f"{state} for {exact_duration(span)}" for state, span in impact.totals.items() if state in _IMPAIRED]
    parts = [f"found {', '.join(seen)}"] if seen else []
    parts += [f"{NOT_MEASURED} for {exact_duration(unseen)}"] if unseen >= 1 else []
    parts += (
        [] if seen or impact.last in _IMPAIRED else [f"found up for {exact_duration(impact.totals.get('up', 0.0))}"]
    )
    return "; ".join([*parts, *([f"{impact.last} at the end"] if impact.last != "up" else [])])


_IMPAIRED = ("down", NOT_ANSWERING, READ_ONLY, "degraded")


def together(impacts: list[SystemImpact], title: str) -> SystemImpact:
    """Return the impact on all of the systems as one: at each moment the gravest of their states."""
    spans: list[ImpactSpan] = []
    for begin, end, state in _gravest(impacts):
        if spans and spans[-1].state == state:
            begin = spans.pop().begin
        spans.append(ImpactSpan(state=state, begin=begin, end=end))
    last = next((state for state in GRAVEST_FIRST if state in {impact.last for impact in impacts}), NOT_MEASURED)
    return SystemImpact(system="", title=title, totals=_totals(spans), last=last, spans=spans)


def _gravest(impacts: list[SystemImpact]) -> Iterator[tuple[datetime, datetime, str]]:
    """Yield every span in which no system changes its state, with the gravest of their states; all begin at once."""
    moments = sorted({at for impact in impacts for span in impact.spans for at in (span.begin, span.end)})
    walks = [iter(impact.spans) for impact in impacts]
    now = [next(walk, None) for walk in walks]
    for begin, end in pairwise(moments):
        now = [next(walk, None) if span and span.end <= begin else span for walk, span in zip(walks, now, strict=True)]
        states = {span.state for span in now if span}
        yield begin, end, next((state for state in GRAVEST_FIRST if state in states), NOT_MEASURED)


def _totals(spans: Iterable[ImpactSpan]) -> dict[str, float]:
    """Return the seconds in each state, the gravest first."""
    totals: dict[str, float] = {}
    for span in spans:
        totals[span.state] = totals.get(span.state, 0.0) + span.seconds
    return {state: totals[state] for state in GRAVEST_FIRST if state in totals}
