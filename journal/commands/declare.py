"""Declares an incident: its folder, its journal, its first event."""

from __future__ import annotations

import re
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from journal.errors import CleoError
from journal.events.typed import Blot, as_typed
from journal.events.types import IncidentDeclared, InventoryRead, Kind, ReadinessKnown
from journal.store.folders import keep_private, make_private
from journal.store.journal import Journal, JournalWriteFailed

if TYPE_CHECKING:
    from journal.paths import IncidentPlace, Paths
    from journal.plan.read import LoadedPlan


_LETTERS = "23456789bcdfghjkmnpqrstvwxz"
"""What a mark is made of: none that is mistaken for another when it is read out, and no words."""
_MARK = 4
"""Letters of a mark: two consoles' incidents of one day and number share it once in half a million."""


class CannotDeclare(CleoError):
    """An incident cannot be declared as asked."""


class Declaration(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says when declaring. Both times carry their zone."""

    title: str
    scenario: str
    severity: str
    kind: Kind
    began_at: datetime
    discovered_at: datetime


def declare(
    paths: Paths,
    plan: LoadedPlan,
    declaration: Declaration,
    *,
    actor: str,
    inventory: str = "",
    program: str = "",
    blot: Blot = as_typed,
    read: InventoryRead | None = None,
    known: ReadinessKnown | None = None,
) -> IncidentPlace:
    """Declare an incident: make its folder, and its journal with the first event.

    With the inventory's systems in it a step can be asked for at each of them at once, before a runner has read them.

    Args:
        paths: the folders of the installation.
        plan: the plan that the incident carries from now on.
        declaration: what the person typed.
        actor: who declares, as ``user@host``.
        inventory: the inventory file its actions will use.
        program: name and version of the program.
        blot: takes secrets out of what the person typed.
        read: what the inventory said as it was declared; None: the runner reads it first.
        known: what was known before not to be ready; None: nobody looked.

    Returns:
        The incident's folders. Its journal holds its declaration, what was read, and what was known.

    Raises:
        CannotDeclare: the declaration does not fit the plan, or its folder cannot be made.
    """
    _check(plan, declaration)
    incident_id, place = _claim(paths)
    first = _first_event(
        incident_id, plan, declaration, title=blot(declaration.title.strip()), inventory=inventory, program=program
    )
    try:
        journal = Journal.create(place.journal, first, actor=actor, fallback=place.fallback)
    except CleoError:
        with suppress(OSError):  # a folder without a journal would be an incident of which nobody can tell
            place.folder.rmdir()
        raise
    with suppress(JournalWriteFailed):  # it is declared all the same, and its runner reads the inventory itself
        for body in filter(None, (read, known)):
            journal.append(body)
    journal.close()
    return place


def _first_event(
    incident_id: str, plan: LoadedPlan, declaration: Declaration, *, title: str, inventory: str, program: str
) -> IncidentDeclared:
    return IncidentDeclared(
        id=incident_id,
        title=title,
        kind=declaration.kind,
        scenario=declaration.scenario,
        severity=declaration.severity,
        began_at=declaration.began_at.astimezone(UTC).isoformat(),
        discovered_at=declaration.discovered_at.astimezone(UTC).isoformat(),
        plan=plan.data,
        plan_sha256=plan.sha256,
        inventory=inventory,
        program=program,
        plan_file=str(Path(plan.source.file).absolute()),
    )


def _check(plan: LoadedPlan, declaration: Declaration) -> None:
    if not declaration.title.strip():
        raise CannotDeclare("The incident has no title.", "Say in a few words what broke.")
    if declaration.scenario not in plan.plan.scenarios:
        raise CannotDeclare(
            f"The plan has no scenario {declaration.scenario!r}.", f"Choose: {', '.join(plan.plan.scenarios)}."
        )
    for name, at in (("began", declaration.began_at), ("was discovered", declaration.discovered_at)):
        if at.tzinfo is None:
            raise CannotDeclare(f"When it {name} names no time zone.", "Write it with a zone, as 2026-11-22T14:30:00Z.")
        if at > datetime.now(UTC):
            raise CannotDeclare(
                f"{at.isoformat()} is in the future, but it says when it {name}.", "Check date and zone."
            )
    if declaration.began_at > declaration.discovered_at:
        raise CannotDeclare("It was discovered before it began.", "Swap the two times.")


def _claim(paths: Paths) -> tuple[str, IncidentPlace]:
    """Make the folder of a new incident: ``INC-<UTC date>-<number>-<mark>``, the next number that nobody has here.

    The mark tells it from the same number of another console: holds, kept data and restores on the servers are known by
    the incident's id, and one console must not take another's for its own.
    """
    day = f"INC-{datetime.now(UTC):%Y-%m-%d}-"
    try:
        keep_private(paths.incidents)
        taken = [int(m[1]) for p in paths.incidents.iterdir() if (m := re.fullmatch(rf"{day}(\d+)(-\w+)?", p.name))]
        mark = "".join(secrets.choice(_LETTERS) for _ in range(_MARK))
        place = paths.incident(f"{day}{max(taken, default=0) + 1:02}-{mark}")
        make_private(place.folder)
        return place.folder.name, place
    except OSError as error:
        raise CannotDeclare(
            f"No incident can be written in {paths.incidents}: {error.strerror}.",
            "Free or fix that folder, or name another one in CLEO_HOME.",
        ) from error
