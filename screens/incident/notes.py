"""The keys of the incident console that ask for words before they write: what was done, decided, left out, or noted."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from journal.incident.closing import remaining
from journal.incident.records import StepState
from journal.plan.model import Step
from journal.wording import reasons
from screens.guidance.availability import cancellable
from screens.guidance.closing import CANCEL
from screens.guidance.next_action import unticked
from screens.guidance.step_text import title
from screens.incident.navigation import IncidentScreens

if TYPE_CHECKING:
    from journal.commands.incident import IncidentCommands
    from journal.plan.action_spec import Catalogue
    from screens.dialogs.decision import Answer
    from screens.dialogs.text_dialogs import LateNote


class IncidentSaying(IncidentScreens):
    """What a person says of the step at the cursor, or of the incident."""

    def _decide(self, step: Step) -> None:
        from screens.dialogs.decision_kinds import decision_dialog

        def decided(answer: Answer | None) -> None:
            if answer:
                self.write(step, "decide", lambda desk: desk.decide(step.id, answer.answer, answer.reason))

        self.app.push_screen(decision_dialog(self.incident, step, self.session.readings), decided)

    def action_mark_done(self) -> None:
        """Say that the step was done by hand."""
        from screens.dialogs.text_dialogs import Words

        step = self.step
        left = unticked(self.incident, step)
        text = f"Not ticked: {'; '.join(left)}." if left else ""
        required = "" if step.kind == "manual" else reasons.DONE_BY_HAND
        self.ask_words(
            Words(
                f"Done by hand: {title(self.incident, step)}",
                self.incident.kind,
                label="what you did" + ("" if required else " (may stay empty)"),
                required=required,
                text=text,
                confirm="Done",
            ),
            lambda words: self.write(step, "mark done", lambda desk: desk.mark_done(step.id, words)),
        )

    def action_skip(self) -> None:
        """Leave the step out."""
        from screens.dialogs.text_dialogs import Words

        step = self.step
        self.ask_words(
            Words(
                f"Skip: {title(self.incident, step)}",
                self.incident.kind,
                label="why (the report lists it)",
                required=reasons.SKIP,
                confirm="Skip",
            ),
            lambda reason: self.write(step, "skip", lambda desk: desk.skip(step.id, reason)),
        )

    def action_reopen(self) -> None:
        """Take back what was said of the step; a decision is made again."""
        from screens.dialogs.text_dialogs import Words

        step = self.step
        if step.decision is not None and self.incident.state(step.id) is StepState.DONE:
            self._decide(step)
            return
        self.ask_words(
            Words(
                f"Reopen: {title(self.incident, step)}",
                self.incident.kind,
                label="why",
                required=reasons.REOPEN,
                confirm="Reopen",
            ),
            lambda reason: self.session.write("reopen", lambda desk: desk.reopen(step.id, reason)),
        )

    def action_cancel(self) -> None:
        """Ask what runs at this step to stop."""
        from screens.dialogs.text_dialogs import Words

        run = cancellable(self.incident, self.step)
        if run is None:
            return
        self.ask_words(
            Words(
                f"Cancel: {title(self.incident, self.step)}",
                self.incident.kind,
                label="why (may stay empty)",
                required="",
                text=CANCEL,
                confirm="Cancel the run",
            ),
            lambda reason: self.session.write("cancel", lambda desk: desk.cancel(run, reason)),
        )

    def action_note(self) -> None:
        """Write a note, to the step at the cursor."""
        from screens.dialogs.text_dialogs import Note

        step_id = self.cursor

        def written(note: LateNote | None) -> None:
            if note:
                self.session.write("note", lambda desk: desk.note(note.text, step_id, note.happened_at))

        self.app.push_screen(Note("Note", self.incident.kind), written)

    def action_close(self) -> None:
        """Close the incident, with all that is not in order in sight; a closed one is reopened."""
        if self.incident.closed_at is not None:
            self._reopen_incident()
            return
        from screens.dialogs.close import CloseDialog, Ending

        def answered(ending: Ending | None) -> None:
            if ending:
                self.session.write("close the incident", lambda desk: desk.close(ending.summary, ending.leaving))

        self._look_at_what_is_in_force()
        dialog = CloseDialog(self.incident.id, self.incident.kind, lambda: remaining(self.incident))
        self.app.push_screen(dialog, answered)

    def _look_at_what_is_in_force(self) -> None:
        """Have the system asked whether it still is; the dialog shows what is seen when it comes."""
        from journal.incident.looks import to_look_at

        catalogue = self.session.catalogue
        for run in [] if self.runner_missing else to_look_at(self.incident, catalogue):
            self.session.request(
                "look at what is in force",
                partial(_look_at, run, catalogue),
                failed=lambda error: None,  # the dialog says "not measured"
            )

    def _reopen_incident(self) -> None:
        from screens.dialogs.text_dialogs import Words

        self.ask_words(
            Words(
                f"Reopen {self.incident.id}",
                self.incident.kind,
                label="why it goes on",
                required=reasons.REOPEN_INCIDENT,
                confirm="Reopen",
            ),
            lambda reason: self.session.request("reopen the incident", lambda desk: desk.reopen_incident(reason)),
        )


def _look_at(run: int, catalogue: Catalogue, desk: IncidentCommands) -> int:
    return desk.look_at(run, catalogue)
