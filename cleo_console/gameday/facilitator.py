"""Gives the injects of a game day: before players are told, the lab is broken, for real; the journal knows it first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from actions.tabletop.facilitator import Facilitator
from cleo_console.gameday.lab_proof import proven_lab
from cleo_console.gameday.real_world import RealWorld
from cleo_console.lab.fault_log import Fault, injected_faults
from journal.errors import CleoError
from journal.events import types as e
from journal.events.envelope import to_text
from journal.exercise.script import Exercise
from journal.incident.review import FaultNote
from journal.incident.state import Incident
from journal.paths import IncidentPlace
from journal.store.journal import JournalWriteFailed

_IN_DOUBT = (
    "Whoever led it was killed while the lab was being broken: whether it took effect is not known. It is not broken"
    " again. Look: cleo lab status"
)


class LabFacilitator(Facilitator):
    """Leads a game day in a thread of its own, until the incident is closed or ``stop`` is called.

    Args:
        place: the incident's folder.
        exercise: the script.
        actor: in whose name injects are given.
        say: told what was broken, or could not be, a line at a time.
    """

    def __init__(
        self, place: IncidentPlace, exercise: Exercise, actor: str, say: Callable[[str], None] = lambda line: None
    ) -> None:
        super().__init__(place, RealWorld(exercise), actor)
        self._breaks = {inject.id: inject.breaks for inject in exercise.injects}
        self._say = say

    def start(self) -> None:
        """Settle what an earlier facilitator began, and begin."""
        self.catch_up()
        self._settle_what_began()
        super().start()

    def _drop_what_has_no_cause(self, incident: Incident) -> None:
        """Nothing: ``while`` is about a simulated world. Whoever leads leaves out what makes no sense any more."""

    def _write(self, body: e.Body) -> None:
        if isinstance(body, e.InjectGiven) and not self._broke(body.inject):
            super()._write(e.InjectLed(inject=body.inject, do="hold"))
            return
        super()._write(body)

    def _broke(self, inject: str) -> bool:
        """Break what an inject breaks, and return whether all of it is done, or was once begun."""
        for system, how in self._breaks.get(inject, {}).items():
            known = self._review.lab_faults.get((inject, system, how))
            if (known is None or known.state == "failed") and not self._break(inject, system, how):
                return False
        return True

    def _break(self, inject: str, system: str, how: str) -> bool:
        """Break one thing. That it begins is durable before it has any effect."""
        begins = e.LabFault(inject=inject, system=system, how=how, state="begins")
        try:
            lab = proven_lab(Path(self._review.lab), self._review.lab_id)
            self._journal.append(begins)
            fault = lab.break_(system, how)
        except JournalWriteFailed:
            return False  # nothing was broken; it is tried again once whoever leads gives it
        except CleoError as error:
            what = f"{error.message} {error.hint}".strip()
            self._say(f"{inject}: NOT broken: {what}")
            super()._write(e.LabFault(inject=inject, system=system, how=how, state="failed", what=what))
            return False
        self._say(f"{inject}: {fault.what}")
        super()._write(e.LabFault(inject=inject, system=system, how=how, state="done", what=fault.what))
        return True

    def _settle_what_began(self) -> None:
        """Say of each fault that began, and has no end in the journal, whether the lab knows that it was done."""
        for (inject, system, how), note in list(self._review.lab_faults.items()):
            if note.state != "begins":
                continue
            done = self._in_the_lab(system, how, note)
            body = e.LabFault(
                inject=inject,
                system=system,
                how=how,
                state="done" if done else "in doubt",
                what=f"{done.what} (from the lab's own list, after a kill)" if done else _IN_DOUBT,
            )
            self._say(f"{inject}: {body.what}")
            super()._write(body)
            if not done:
                super()._write(e.InjectLed(inject=inject, do="hold"))
        self.catch_up()

    def _in_the_lab(self, system: str, how: str, note: FaultNote) -> Fault | None:
        """Return the fault in the lab's own list, where it was done since then."""
        since = to_text(note.at)
        try:
            lab = proven_lab(Path(self._review.lab), self._review.lab_id)
            found = injected_faults(lab.directory)
        except CleoError:
            return None
        known = [one for one in found if (one.system, one.how) == (system, how) and one.at >= since]
        return known[0] if known else None
