"""The rules of expectations: each tells from an exercise's moments whether one was met, and why.

Found and repaired is neither met nor missed; harm is what reached users, or what let them in over a failed check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

from journal.exercise.moments import Moments, say
from journal.exercise.script import Expectation

if TYPE_CHECKING:
    from journal.incident.state import Incident

Result = Literal["met", "repaired", "missed", "harmed"]


class Verdict(NamedTuple):
    """How an expectation turned out, when that was settled (None where nothing happened), and why."""

    result: Result
    at: datetime | None
    why: str


def judge(expectation: Expectation, found: Moments, incident: Incident) -> Verdict:
    """Return the verdict on one expectation."""
    return _RULES[expectation.rule](expectation, found, incident)


def _happened(expectation: Expectation, found: Moments, incident: Incident) -> Verdict:
    at = first(found, expectation.happened)
    if at is None:
        wanted = " or ".join(say(name, incident.plan) for name in expectation.happened)
        return Verdict("missed", None, f"It never came to: {wanted}.")
    return Verdict("met", at, f"Done at {_clock(at)}.")


def _before(expectation: Expectation, found: Moments, incident: Incident) -> Verdict:
    one, two = (first(found, [name]) for name in expectation.before)
    earlier, later = (say(name, incident.plan) for name in expectation.before)
    if one is None:
        but = f". But at {_clock(two)}: {later}" if two else ""
        return Verdict("missed", two, f"It never came to: {earlier}{but}.")
    if two is None:
        return Verdict("met", one, f"At {_clock(one)}: {earlier}.")
    if one <= two:
        return Verdict("met", one, f"At {_clock(one)}: {earlier}. At {_clock(two)}: {later}.")
    return Verdict("missed", two, f"The other way round. At {_clock(two)}: {later}. At {_clock(one)}: {earlier}.")


def _within(expectation: Expectation, found: Moments, incident: Incident) -> Verdict:
    at = first(found, [expectation.within])
    if at is None:
        return Verdict("missed", None, f"It never came to: {say(expectation.within, incident.plan)}.")
    minutes = (at - incident.declared_at) / timedelta(minutes=1)
    words = f"After {minutes:.1f} min; expected within {expectation.minutes:g} min."
    return Verdict("met" if minutes <= expectation.minutes else "missed", at, words)


def _never(expectation: Expectation, found: Moments, incident: Incident) -> Verdict:
    at = first(found, expectation.never)
    if at is None:
        return Verdict("met", None, "It did not happen.")
    name = next(name for name in expectation.never if found.get(name, [None])[0] == at)
    why = f"At {_clock(at)}: {say(name, incident.plan)}."
    if expectation.harm:
        return Verdict("harmed", at, why)
    last = max(found[name][-1] for name in expectation.never if name in found)
    repaired = min((t for name in expectation.repaired for t in found.get(name, []) if t > last), default=None)
    if repaired is None:
        return Verdict("missed", at, why)
    return Verdict("repaired", at, f"{why} Found and put right by {_clock(repaired)}.")


def _passed(expectation: Expectation, found: Moments, incident: Incident) -> Verdict:
    """Each check's last run before every moment of ``into`` had succeeded; one that had failed is harm."""
    into = say(expectation.into, incident.plan)
    times = found.get(expectation.into, [])
    if not times:
        return Verdict("missed", None, f"It never came to: {into}.")
    for at in times:
        last = {check: _last_run(check, at, found) for check in expectation.passed}
        if failed := [check for check, passed in last.items() if passed is False]:
            return Verdict("harmed", at, f"At {_clock(at)}: {into}, over what had failed: {_named(failed, incident)}.")
        if lacking := [check for check, passed in last.items() if passed is None]:
            return Verdict("missed", at, f"At {_clock(at)}: {into}, without: {_named(lacking, incident)}.")
    return Verdict("met", times[-1], f"At {_clock(times[-1])}: {into}, after every check had passed.")


def _last_run(check: str, before: datetime, found: Moments) -> bool | None:
    """Return whether a check's last run until then had succeeded; None where there was none."""
    ran = max((at for at in found.get(f"ran:{check}", []) if at <= before), default=None)
    failed = max((at for at in found.get(f"failed:{check}", []) if at <= before), default=None)
    if ran is None or failed is None:
        return None if ran is failed else ran is not None
    return ran > failed


def _named(actions: list[str], incident: Incident) -> str:
    titles = {step.action: step.title for step in incident.plan.steps() if step.action}
    return "; ".join(titles.get(action, action) for action in actions)


_RULES: dict[str, Callable[[Expectation, Moments, Incident], Verdict]] = {
    "happened": _happened,
    "before": _before,
    "within": _within,
    "never": _never,
    "passed": _passed,
}


def first(found: Moments, names: Iterable[str]) -> datetime | None:
    """Return when the first of some moments was reached, or None."""
    return min((at for name in names for at in found.get(name, [])), default=None)


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S} UTC"
