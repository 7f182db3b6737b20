"""Reads this installation's journals for how the plan's tests stand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from cleo_console.drills.forms import Schedule
from cleo_console.drills.improvements import improvements
from cleo_console.drills.standing import looked_at, standings
from journal.audit.collect import incident_evidence
from journal.audit.journals import Checked, check_where_they_lie, journals_of
from journal.errors import CleoError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from journal.audit.journals import Found
    from journal.audit.model import IncidentEvidence
    from journal.paths import Paths
    from journal.plan.model import Plan


def schedule_of(paths: Paths, plan: Plan, now: datetime | None = None, *, beside: Sequence[Paths] = ()) -> Schedule:
    """Return how each test of a plan stands by the journals that lie here.

    Args:
        paths: where the journals lie.
        plan: whose tests they are.
        now: the present; None: by this machine's clock.
        beside: where tabletops lie: they count, too.

    Raises:
        CleoError: the journals cannot be listed.
    """
    now = now or datetime.now(UTC)
    span = looked_at(now)
    there = {id_: at.incident(id_).journal for at in (paths, *beside) for id_ in at.ids()}
    found = list(journals_of(there, span, now))
    checked = check_where_they_lie([one.path for one in found])
    incidents, doubtful, whole = [], [], set()
    for one in found:
        read, faults = _read(one, now), [*_faults(one, checked.get(one.path))]
        if isinstance(read, str):
            doubtful.append(read)
            continue
        incidents.append(read)
        doubtful += faults
        if not faults:
            whole.add(one.name)
    looked = {one.name for one in found}
    items, unread = improvements([paths, *beside], now.date())
    return Schedule(
        made_at=now,
        plan=f"{plan.title}, version {plan.version}",
        since=span.begin,
        journals=len(incidents),
        doubtful=doubtful + [f"{id_}: {why}" for id_, why in unread.items() if id_ not in looked],
        improvements=[one for one in items if one.state != "done"],
        tests=standings(plan, incidents, whole, now),
    )


def _read(one: Found, now: datetime) -> IncidentEvidence | str:
    """Return what a journal shows, with its folder's name in the place of the file's; else why it does not."""
    try:
        shown = incident_evidence(one.path, looked_at(now), now)
    except CleoError as error:
        return f"{one.name}: {error.message}"
    if shown.id != one.name:
        return f"{one.name}: it is the journal of {shown.id}, put in another's place"
    return msgspec.structs.replace(shown, file=one.name)


def _faults(one: Found, checked: Checked | None) -> Iterator[str]:
    """Yield why a journal proves nothing."""
    if one.why:
        yield f"{one.name}: {one.why}"
    elif checked is None or checked.error:
        yield f"{one.name}: it could not be checked: {checked.error if checked else 'nobody looked'}"
    elif checked.faults:
        yield f"{one.name}: it does not verify: {checked.faults[0]}"
