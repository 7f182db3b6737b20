"""Cleans up a drill: what was named beforehand, in that order, then what is still in force. Begun again, it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import click

from cleo_console.cli.drill_incident import said
from cleo_console.cli.drill_target import allowed_word
from cleo_console.cli.drill_walk import say
from cleo_console.cli.run import follow_run
from journal.errors import CleoError
from journal.events.types import Override
from journal.incident.records import RunState, StepState
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from cleo_console.cli.incident_access import IncidentAccess
    from cleo_console.drills.answers import Answers, CleanUp
    from journal.commands.run import RunOptions
    from journal.incident.records import InForce, Run
    from journal.plan.action_spec import Catalogue

_DONE = (StepState.DONE, StepState.FOUND, StepState.LOOKED)


class CleaningUp:
    """The clean-up of one drill.

    Args:
        at: its incident.
        answers: what is to be run.
        because: where that is from: the journal has it beside what people did.
        catalogue: the actions there are.
        begun: as of which event of the journal it began.
    """

    def __init__(self, at: IncidentAccess, answers: Answers, because: str, catalogue: Catalogue, begun: int) -> None:
        self._at, self._answers, self._because, self._catalogue = at, answers, because, catalogue
        self._begun = begun
        self._ran = self._ran_before()

    def all(self) -> list[str]:
        """Run all of it, and return what did not succeed; after a failure nothing destructive is begun."""
        left: list[str] = []
        behind: list[str] = []
        for one in self._answers.clean_up:
            if left and self._is_destructive(one.action) and not self._needless(one):
                behind.append(one.name)
            elif failed := self._one(one):
                left.append(failed)
        if behind:
            left.append(f"not begun, after what went wrong before: {', '.join(behind)}")
        return left + self._taken_back(behind=bool(behind))

    def _ran_before(self) -> list[str]:
        """Return what an earlier clean-up of this drill ran well, in its order: it is not run again."""
        runs = self._at.incident().runs.values()
        good = [run for run in runs if run.id > self._begun and run.state is RunState.SUCCEEDED and run.changes_step]
        return [run.action for run in good]

    def _one(self, one: CleanUp) -> str:
        """Do one thing; return why that did not succeed."""
        if one.action in self._ran:  # in its turn; what lies between was taken back beside the list
            del self._ran[: self._ran.index(one.action) + 1]
            return ""
        if why := self._needless(one):
            click.echo(sanitize(f"clean-up: {one.name}: not needed, {why}"))
            return ""
        try:
            if one.done:
                self._at.commands.mark_done(one.done, f"{one.note} ({self._because})")
                return ""
            return self._run(one)
        except CleoError as error:
            return f"{one.name}: {error}"

    def _needless(self, one: CleanUp) -> str:
        incident = self._at.incident()
        takes_back = any(spec.undone_by == one.action for spec in self._catalogue.values())
        if one.done and incident.settled(one.done):
            return f"{one.done} is settled"
        if one.if_done and incident.state(one.if_done) not in _DONE:
            return f"{one.if_done} was not done"
        if one.unless_done and incident.state(one.unless_done) in _DONE:
            return f"{one.unless_done} was done"
        asked_there = one.on and not self._is_destructive(one.action)  # it looks, and takes back what it finds
        if one.action and takes_back and not asked_there and not incident.takes_back(one.action, one.on):
            return "nothing of it is in force"
        return ""

    def _run(self, one: CleanUp) -> str:
        word, on = "", one.on
        overrides = [Override(gate=gate, reason=f"{why} ({self._because})") for gate, why in one.override.items()]
        if self._is_destructive(one.action):
            run = self._follow(one, dry_run=True)
            word = allowed_word(run, one.confirm, f"clean_up, confirm of {one.action}: TARGET")
            overrides = [Override(gate=each.gate, reason=each.reason, target=word) for each in overrides]
            on = run.system
        run = self._follow(one, on=on, confirmed=word, overrides=overrides)
        say(f"clean-up: {one.action}", run)
        opens = f" {run.refusal.opens} opens it." if run.refusal and run.refusal.opens else ""
        return "" if run.state is RunState.SUCCEEDED else f"{one.name}: {said(run)}{opens}"

    def _follow(self, one: CleanUp, on: str = "", **options: Unpack[RunOptions]) -> Run:
        system = on or one.on or self._player(one.action)
        run_id = self._at.commands.request_action(one.action, one.params, system=system, **options)
        return follow_run(self._at, run_id, quiet=True)

    def _player(self, action: str) -> str:
        """Return where an action takes something back, else the only system that plays what the plan has it act on.

        Empty where nobody can tell.
        """
        incident = self._at.incident()
        held = [incident.runs[one.runs[-1]].system for one in incident.in_force.values() if one.undone_by == action]
        bound = [step.system for step in incident.plan.steps() if step.action == action and step.system]
        played = incident.roster.players(bound[0]) if bound else []
        found = held or [name for name in played if name in incident.roster.systems]
        return found[0] if len(found) == 1 else ""

    def _taken_back(self, *, behind: bool) -> list[str]:
        """Take back what is still in force, the newest first, where nothing destructive does it; return what stays.

        ``behind``: what comes to it in its turn was not begun.
        """
        found = []
        for held in list(self._at.incident().in_force.values())[::-1]:
            if (held.undone_by, held.target) not in self._at.incident().in_force:
                continue  # taken back together with what came before
            found += [failed for failed in [self._take_back(held, behind=behind)] if failed]
        return found

    def _take_back(self, held: InForce, *, behind: bool) -> str:
        what = f"{held.action}{f' at {held.target}' if held.target else ''}"
        spec = self._catalogue.get(held.undone_by)
        if behind and spec and spec.destructive:
            return f"{what}: it stays until what went wrong is mended and the clean-up goes on"
        if spec is None or not spec.available or spec.destructive:
            return f"{what}: {held.undone_by} takes it back, which a person must begin"
        system = self._at.incident().runs[held.runs[-1]].system
        try:
            run = follow_run(self._at, self._at.commands.request_action(spec.name, {}, system=system), quiet=True)
        except CleoError as error:
            return f"{what}: {error}"
        say(f"clean-up: {spec.name}", run)
        return "" if run.state is RunState.SUCCEEDED else f"{what}: {said(run)}"

    def _is_destructive(self, action: str) -> bool:
        spec = self._catalogue.get(action)
        return spec is not None and spec.destructive
