"""What the keys of the incident console do. Every one writes one request or entry; none touches a system.

A dialog is imported when its key is pressed: all of them together would hold up the first frame by a tenth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from journal.events.types import Override
from journal.incident.closed_gates import opened_by
from journal.incident.records import Run
from journal.plan.model import Step
from journal.wording.counting import count
from screens.guidance.availability import RULES
from screens.guidance.next_action import PrimaryAction, attention, counts, destructive, primary_action, refused_run
from screens.guidance.step_text import title
from screens.incident.bindings import INCIDENT_BINDINGS
from screens.incident.notes import IncidentSaying
from screens.incident.pending_ticks import Ticks
from screens.lazy import build
from screens.widgets.checklist import Checklist
from screens.widgets.step_pane import shown_run

if TYPE_CHECKING:
    from journal.errors import CleoError
    from journal.incident.state import Incident
    from screens.app_services import AppServices

_WHOLE_SCREENS = ("timeline", "health", "contacts", "report")


class IncidentScreen(IncidentSaying):
    """The key actions, and which of them apply now."""

    BINDINGS = INCIDENT_BINDINGS  # type: ignore[assignment]

    def __init__(self, host: AppServices, incident_id: str, known: Incident | None = None) -> None:
        super().__init__(host, incident_id, known)
        self._ticks = Ticks()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Say whether a key applies now: the key line shows no other."""
        if action == "runner":
            return self.ready and self.runner_missing
        if action in _WHOLE_SCREENS:
            return self.ready
        if action == "act" and self.ready and self.at_heading:
            return True
        rule = RULES.get(action)
        if rule is None:
            return True
        return self.ready and rule(self.incident, self.step, self.session.catalogue)

    def key_words(self) -> Mapping[str, str]:
        """Say what enter does here; closing is offered in the line only when nothing is left to do."""
        if not self.ready:
            return {"act": ""}
        act = (
            "open or close"
            if self.at_heading
            else str(primary_action(self.incident, self.step, self.session.catalogue))
        )
        if self.incident.closed_at is not None:
            return {"act": act, "close": "reopen"}
        return {"act": act} | ({"close": ""} if self.incident.open_steps() else {})

    def action_act(self) -> None:
        """Do the obvious thing."""
        if self.at_heading:
            self.query_one(Checklist).action_toggle_node()
            return
        step = self.step
        if self.on_its_way(step):
            return
        todo = {
            PrimaryAction.RUN: self._run,
            PrimaryAction.RUN_AGAIN: self._run,
            PrimaryAction.TAKE_BACK: self._run,
            PrimaryAction.DECIDE: self._decide,
            PrimaryAction.TICK: self._tick_next,
            PrimaryAction.DONE: self._done,
            PrimaryAction.RESOLVE: self._resolve,
            PrimaryAction.GO_ON: lambda _: self.action_go_next(),
            PrimaryAction.GO_TO_NEED: self._go_to_need,
        }
        todo[primary_action(self.incident, step, self.session.catalogue)](step)

    def _run(self, step: Step, overrides: Sequence[Override] = ()) -> None:
        from screens.dialogs.interlock import Interlock

        def confirmed(typed: str | None) -> None:
            if typed:
                self.request_run(step, confirmed=typed, overrides=overrides)

        if destructive(step, self.session.catalogue):
            self.app.push_screen(Interlock(self.session, step), confirmed)
        else:
            self.request_run(step, overrides=overrides)

    def _tick_next(self, step: Step) -> None:
        """Tick the next item. What is on its way counts: of two presses, none is lost, and none says the same again."""
        ticked = self._ticks.ticked(self.incident, step.id)
        left = [item for item in step.items if item not in ticked]
        if left:
            self._set_item(step, left[0], True)
        else:
            self._done(step)

    def action_tick(self, number: int) -> None:
        """Tick or untick one item, by its number."""
        if (
            self.ready
            and 0 < number <= len(self.step.items)
            and RULES["mark_done"](self.incident, self.step, self.session.catalogue)
        ):
            item = self.step.items[number - 1]
            self._set_item(self.step, item, item not in self._ticks.ticked(self.incident, self.step.id))

    def _set_item(self, step: Step, item: str, checked: bool) -> None:
        what, tick = "tick an item", self._ticks.begin(step.id, item, checked)

        def failed(error: CleoError) -> None:
            self._ticks.forget(tick)
            self.session.post_failure(what, error)

        self.session.write(what, lambda desk: desk.check_item(step.id, item, checked), tick.written, failed)

    def _done(self, step: Step) -> None:
        if step.kind == "manual":
            self.write(step, "mark done", lambda desk: desk.mark_done(step.id))
        else:
            self.action_mark_done()

    def _resolve(self, step: Step) -> None:
        from screens.dialogs.in_doubt import DoubtDialog

        run = next((run for run in self.incident.in_doubt() if run.step == step.id), None)
        if run is None:
            return

        self.app.push_screen(DoubtDialog(self.session, title(self.incident, step), run))

    def _go_to_need(self, step: Step) -> None:
        unmet = self.incident.unmet(step)
        if unmet:
            self.go_to(unmet[0])

    def action_dry_run(self) -> None:
        """Show what the step would do."""
        step = self.step
        self.session.request("dry run", lambda desk: desk.request_run(step.id, dry_run=True), self.asked.add)

    def action_override(self) -> None:
        """Go on although a gate refused, or a step waits for others."""
        run = refused_run(self.incident, self.step.id)
        if run and run.refusal and run.refusal.yields != "never":
            self.show_refusal(run)
        else:  # what never yields may be settled by now: ask again, with the reasons that were given before
            self._run(self.step, run.overrides if run else ())

    def show_refusal(self, run: Run) -> None:
        """Say which gate refused, and take a person's word where it yields."""
        from screens.dialogs.override import OverrideDialog

        step = self.incident.plan.by_id.get(run.step)
        if step is None:
            return

        def overridden(override: Override | None) -> None:
            if override:
                self.request_run(step, confirmed=run.confirmed, overrides=(*run.overrides, override))

        by = opened_by(self.incident, run.refusal.opens) if run.refusal else ""
        dialog = OverrideDialog(title(self.incident, step), self.incident.kind, run, run.confirmed, by)
        self.app.push_screen(dialog, overridden)

    def action_jump(self) -> None:
        """Go to what needs attention."""
        self.go_to(attention(self.incident, self.cursor))

    def action_go_next(self) -> None:
        """Go to the step that is next."""
        step = self.incident.next_step()
        self.go_to(step.id if step else "")

    def action_output(self) -> None:
        """Show the step's output on the whole screen."""
        from screens.pages.output import OutputScreen

        run = shown_run(self.session, self.step)
        if run:
            self.app.push_screen(OutputScreen(self.session, run.id))

    def action_runner(self) -> None:
        """Start the runner."""
        self.start_runner()

    def action_incidents(self) -> None:
        """Go back to the list of incidents; this one's runner goes on."""
        self.app.switch_screen(build("incidents", self.host))

    def action_help(self) -> None:
        """Show every key and symbol."""
        from screens.pages.help import HelpScreen

        self.app.push_screen(HelpScreen(INCIDENT_BINDINGS))

    def action_leave(self) -> None:
        """Leave the console; asks only while something runs."""
        from screens.dialogs.leave import LeaveDialog

        running = counts(self.incident).running if self.ready else 0
        if not running:
            self.leave(True)
            return
        under_way = f"{count(running, 'run is', 'runs are')} under way"
        dialog = LeaveDialog(
            self.incident.kind,
            under_way,
            runner_alive=not self.runner_missing,
            outlives=self.host.runner_outlives,
            way_back=self.host.way_back(self.incident_id),
        )
        self.app.push_screen(dialog, self.leave)
