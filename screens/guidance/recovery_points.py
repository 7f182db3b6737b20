"""The ways in which a recovery point can be named, for the dialog, line mode and paper. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from journal.incident.affected import is_hit
from journal.incident.decisions import refusal
from journal.incident.given_up import given_up
from journal.incident.last_good import last_good
from journal.incident.reach import reach
from journal.incident.recovery_point import LATEST, Forms, RecoveryPoint, read, some
from journal.incident.scanned import concerns
from journal.incident.state import Incident
from journal.plan.model import RECOVERY_POINT
from journal.store.rows import Reading

_INSTANT = "2026-11-22T14:05:00Z"


class Way(NamedTuple):
    """One way to name a recovery point.

    Attributes:
        title: what it is.
        help: when to choose it; empty where that is plain.
        example: what its value looks like; empty where it wants none.
        typed: the same as a command line has it.
    """

    title: str
    help: str
    example: str
    typed: str


def ways(forms: Forms) -> dict[str, Way]:
    """Return the ways by name: ``latest``, ``time``, each form of a position, and ``mixed`` where there is any.

    Args:
        forms: which positions which system understands.
    """
    least, times = "Loses least. Brings damage back if there was any.", f"14:05, yesterday 23:40, {_INSTANT}"
    found = {
        "latest": Way("Latest: all that was archived", least, "", "latest"),
        "time": Way("Before a time", "The last moment known to be good.", times, _INSTANT),
    }
    for name in dict.fromkeys(name for known in forms.values() for name in known):
        systems = [system for system, known in forms.items() if name in known]
        form = forms[systems[0]][name]
        example = form.example if len(systems) == 1 else f"{systems[0]} {form.example} (of: {some(systems)})"
        found[name] = Way(form.title, form.help, example, f"{systems[0]} {name}:{form.example}")
    for system, known in forms.items():
        name, form = next(iter(known.items()))
        example = f"{_INSTANT} {system} {name}:{form.example}"
        found.setdefault("mixed", Way("A time, and a position of single systems", "", example, example))
    return found


def ways_here(incident: Incident, forms: Forms) -> dict[str, Way]:
    """Return the ways for the systems that were named as affected; all of them where none of those has a position."""
    return ways({name: known for name, known in forms.items() if is_hit(incident, name)} or forms)


def written(way: str, value: str) -> str:
    """Return a recovery point as `journal.incident.recovery_point.parse` reads it.

    Args:
        way: one of `ways` but ``latest`` and ``time``.
        value: its value; a position's system may come before it.
    """
    if way == "mixed":
        return value
    system, _, position = value.rpartition(" ")
    return f"{system} {way}:{position}".strip()


def way_of(point: RecoveryPoint) -> tuple[str, str]:
    """Return how a recovery point was named: the way, and its value."""
    if point.latest:
        return "latest", ""
    if point.instant and not point.positions:
        return "time", point.instant.isoformat()
    if point.instant or len(point.positions) > 1:
        return "mixed", point.text
    ((system, position),) = point.positions.items()
    return position.form, f"{system} {position.value}"


def other_moments(incident: Incident, suggested: str) -> list[str]:
    """Return the moments known to be good beside the one that is suggested, a line each; none where latest is allowed.

    Args:
        incident: its state.
        suggested: the recovery point that a question begins with.
    """
    if not refusal(incident, RECOVERY_POINT, LATEST):
        return []
    known = ((read(one.answer), one.because) for one in last_good(incident) if one.answer != suggested)
    return [f"{point} ({words})" for point, words in known if point]


def consequences(
    incident: Incident, point: RecoveryPoint, forms: Forms, readings: Mapping[str, Reading]
) -> Iterator[tuple[str, str]]:
    """Yield what is to be said of a recovery point before it is decided: a label and a line each.

    Args:
        incident: its state.
        point: the recovery point.
        forms: which positions which system understands.
        readings: the latest health readings.
    """
    found = reach(incident, point, forms)
    for system, seen in concerns(incident, point):
        label = seen.kind.upper() if seen.kind in ("strangers", "after the begin") else seen.kind
        yield label, f"{incident.roster.title(system)}: {seen.words}"
    yield from (("impossible", line) for line in found.impossible)
    yield from (("gives up", line) for line in given_up(incident, point, readings))
    yield from (("in doubt", line) for line in found.doubtful)
