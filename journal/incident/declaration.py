"""What a journal begins with: the declaration of its incident, which carries the whole plan."""

from __future__ import annotations

import msgspec

from journal.events.types import Event, IncidentDeclared
from journal.plan.model import Plan
from journal.plan.read import plan_from_data
from journal.store.errors import KEEP_AS_IT_IS, JournalDamaged


def declaration_of(first: Event) -> IncidentDeclared:
    """Return what a journal's first event declares.

    Raises:
        JournalDamaged: it declares nothing.
    """
    if not isinstance(first.body, IncidentDeclared):
        raise JournalDamaged(f"The journal begins with {first.type}, not with its declaration.", KEEP_AS_IT_IS)
    return first.body


def plan_of(declared: IncidentDeclared) -> Plan:
    """Return the plan that an incident was declared with.

    Raises:
        JournalDamaged: it is none.
    """
    try:
        return plan_from_data(declared.plan)
    except msgspec.ValidationError as error:
        raise JournalDamaged(
            f"The plan on the first page of {declared.id} cannot be read: {error}.", KEEP_AS_IT_IS
        ) from error
