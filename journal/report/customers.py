"""The report for customers: times, impact and loss as measured, and what a person wrote for them; no internal names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from journal.events.types import Kind
from journal.report.evidence import Part
from journal.report.fields import FOR_CUSTOMERS
from journal.report.impact import NOT_ANSWERING, NOT_MEASURED, together
from journal.report.internal_names import InternalNames
from journal.report.model import FORMAT, Report, SystemImpact
from journal.report.results import RpoResult, RtoResult
from journal.report.summary import KINDS
from journal.wording.counting import count
from journal.wording.durations import exact_duration, loss_duration

if TYPE_CHECKING:
    from journal.incident.state import Incident


class CustomerReport(Part, frozen=True, kw_only=True):
    """What customers are told. What is not known is said as not known.

    Attributes:
        exercise: what the incident was, in words, if it was no real one; else empty.
        statement: what a person wrote for customers, a paragraph each, internal names struck out.
        began_at, ended_at: the disruption and the close; the latter null while the incident is open.
        impact: all affected systems as one, at each moment the gravest of their states.
        proven: whether the journal's chain holds.
    """

    format: int = FORMAT
    title: str
    exercise: str
    zone: str
    as_of: datetime
    began_at: datetime
    ended_at: datetime | None
    proven: bool
    statement: list[str]
    happened: list[str]
    impact: SystemImpact
    impaired: list[str]
    cause: str
    data: list[str]
    follows: list[str]


def for_customers(report: Report, incident: Incident) -> tuple[CustomerReport, list[str]]:
    """Return the report for customers, and the internal names that were struck out of what a person wrote for them.

    Args:
        report: the whole report.
        incident: the state it was made of.
    """
    names = InternalNames.of(report, incident)
    written = next((field.text for field in report.fields if field.name == FOR_CUSTOMERS), "")
    statement = [names.strike(line.strip()) for line in written.splitlines() if line.strip()]
    impact = together(report.impact, "Service")
    made = CustomerReport(
        title=names.unless_named(report.incident.scenario_title, "Service disruption"),
        exercise="" if report.incident.kind == Kind.REAL else KINDS[Kind(report.incident.kind)],
        zone=report.zone,
        as_of=report.as_of,
        began_at=incident.began_at,
        ended_at=incident.closed_at,
        proven=report.verification.ok,
        statement=statement,
        happened=list(_happened(report, incident, names)),
        impact=impact,
        impaired=list(_impaired(impact)),
        cause=_cause(report, bool(statement)),
        data=list(_data(report.rpo)),
        follows=list(_follows(report)),
    )
    return made, list(names.struck)


def _happened(report: Report, incident: Incident, names: InternalNames) -> Iterator[str]:
    noticed = (incident.discovered_at - incident.began_at).total_seconds()
    yield (
        f"It was noticed {exact_duration(noticed)} after it began."
        if noticed >= 1
        else "It is recorded as noticed when it began."
    )
    for number, result in enumerate(report.rto, 1):
        yield _working(result, names.unless_named(result.title, f"Part {number} of the service"))
    if incident.closed_at is None:
        yield "It is not over: this is what is known so far."
        return
    yield f"We closed it {exact_duration((incident.closed_at - incident.began_at).total_seconds())} after it began."


def _working(result: RtoResult, title: str) -> str:
    if result.achieved_s is None:
        return f"{title}: not confirmed to work as before."
    how = "stated by our staff to work again" if result.by_hand else "tested and found to work again"
    led = result.reached_s is not None and result.reached_s > result.achieved_s
    reached = f" You were led to it after {exact_duration(result.reached_s or 0)}." if led else ""
    return f"{title}: {how} {exact_duration(result.achieved_s)} after it began.{reached}"


_WORDS = {
    "down": "unavailable",
    NOT_ANSWERING: "not answering in time",
    "read-only": "read-only: nothing could be changed",
    "degraded": "impaired",
}


def _impaired(impact: SystemImpact) -> Iterator[str]:
    """Yield how long the service was impaired, and for how long nobody knows."""
    for state, words in _WORDS.items():
        if span := impact.totals.get(state):
            yield f"For {exact_duration(span)} it was {words}."
    if (blind := impact.totals.get(NOT_MEASURED, 0.0)) >= 1 and set(impact.totals) != {NOT_MEASURED}:
        yield f"For {exact_duration(blind)} it was not measured: how it was then is not known."
    if not set(impact.totals) - {NOT_MEASURED}:
        yield "How the service was is not known: it was not measured."
    elif not set(impact.totals) & set(_WORDS):
        yield "It was not found to be unavailable or impaired while it was measured."
    if impact.last in _WORDS:
        yield f"When it was last measured it was {_WORDS[impact.last]}."


def _cause(report: Report, told: bool) -> str:
    known = next((field.text for field in report.fields if field.name == "contributing factors"), "")
    if not known:
        return "Why it happened is not known."
    return "" if told else "What led to it was analysed; nobody has written it down for customers."


def _data(results: list[RpoResult]) -> Iterator[str]:
    """Yield what is known of lost data, for each store; the stores have no names here."""
    if not results:
        yield "Whether data was lost was not measured."
    for number, result in enumerate(results, 1):
        where = f"Data store {number}: " if len(results) > 1 else ""
        lost = f"{_lost(result)}{_doubt(result)}"
        yield f"{where}{lost}" if where else lost[0].upper() + lost[1:]


def _lost(result: RpoResult) -> str:
    if result.achieved_s is None:
        return "whether data was lost is not known: it was not measured."
    if result.bound == "at least":
        if not result.achieved_s:
            return "whether data was lost, and how much, is not known."
        return f"at least the newest {exact_duration(result.achieved_s)} of data were lost; how much more is not known."
    if not result.achieved_s:
        return "no data was lost."
    return f"{result.bound} the newest {loss_duration(result.achieved_s)} of data were lost.".strip()


def _doubt(result: RpoResult) -> str:
    told = result.achieved_s is not None and result.bound != "at least"
    return " This is not proven yet." if told and result.verdict == "not proven" else ""


def _follows(report: Report) -> Iterator[str]:
    items = report.action_items
    if not items:
        yield "No measures are recorded yet."
        return
    days = sorted(item.due for item in items if item.due)
    until = f"; the last is due {days[-1]}" if len(days) == len(items) else f"; {len(days)} with a date"
    dated = until if days else ", none with a date"
    yield f"{count(len(items), 'measure is', 'measures are')} planned against it happening again{dated}."
    if done := sum(item.done_at is not None for item in items):
        yield f"Of these, {count(done, 'is', 'are')} done."
