"""Finds an incident or a tabletop, and opens its journal for what is written after its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cleo_console.settings import demo_paths, journal_paths
from journal.errors import CleoError
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from journal.commands.exercise import ExerciseCommands
    from journal.commands.review import ReviewCommands
    from journal.incident.state import Incident
    from journal.paths import IncidentPlace, Paths

ROOMS = "an incident's id, a tabletop's, or its folder"
_SHOWN = 100


class NoneMeant(CleoError):
    """It is not clear which journal is meant."""


class ReviewAccess(NamedTuple):
    """A journal opened for review: what people write after the end."""

    place: IncidentPlace
    review: ReviewCommands
    exercise: ExerciseCommands

    def incident(self) -> Incident:
        """Return the incident as the journal has it now."""
        from journal.incident.fold import fold_journal

        return fold_journal(self.place.journal)


def find_place(named: str) -> tuple[Paths, str]:
    """Return where an incident or a tabletop is kept, and its id.

    Args:
        named: its id, also without its mark, or the path of its folder or journal.

    Raises:
        NoneMeant: there is none, or there is an incident and a tabletop of that id.
    """
    rooms = [journal_paths(), demo_paths()]
    path = Path(named).absolute()
    folder = path.parent if path.name == "journal.db" else path
    found = [
        (room, room.meant(named))
        for room in rooms
        if room.meant(named) in room.ids() or (folder.parent == room.incidents and folder.name in room.ids())
    ]
    found = [(room, folder.name if folder.parent == room.incidents else id_) for room, id_ in found]
    if len(found) == 1:
        return found[0]
    if found:
        both = " or ".join(str(room.incident(id_).folder) for room, id_ in found)
        raise NoneMeant(f"{named} is an incident and a tabletop.", f"Name its folder: {both}")
    raise NoneMeant(
        f"There is no incident and no tabletop {sanitize(named)[:_SHOWN]!r} here.",
        "List them: cleo journal list; tabletops lie in the folder demo beside the journals.",
    )


@contextmanager
def access_for_review(named: str) -> Iterator[ReviewAccess]:
    """Open a journal for the length of the block. What is written has the time in life, also in a tabletop's.

    Raises:
        CleoError: there is no such journal, or it cannot be opened.
    """
    from cleo_console.app_services import ConsoleServices
    from cleo_console.settings import asked_actor
    from journal.commands.exercise import ExerciseCommands
    from journal.commands.review import ReviewCommands
    from journal.events.envelope import Clock
    from journal.incident.fold import fold_journal

    class _Services(ConsoleServices):
        def _clock_of(self, incident_id: str) -> Clock:
            last = fold_journal(self.place(incident_id).journal).last_at  # a table's clock may be ahead
            return Clock(now=lambda: max(datetime.now(UTC), last))

    room, incident_id = find_place(named)
    services = _Services(room, asked_actor())
    place = services.place(incident_id)
    with services.open(incident_id) as journal:
        yield ReviewAccess(
            place,
            ReviewCommands(journal, lambda: fold_journal(place.journal)),
            ExerciseCommands(journal, lambda: fold_journal(place.journal)),
        )
