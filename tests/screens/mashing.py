"""Presses random keys, and holds every entry that came of them against the keys that may make such an entry."""

from __future__ import annotations

import os
import random
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from textual.widgets import Input

from journal.errors import CleoError
from journal.events import types as e
from journal.incident.closing import phrase, remaining
from journal.incident.fold import apply_event, fold_events
from journal.incident.records import Run, RunState
from journal.incident.state import Incident
from journal.store.journal import Reader
from screens.dialogs.dialog import Dialog
from screens.incident.screen import IncidentScreen
from screens.widgets.choices import Choices
from tests.screens.app_services import INCIDENT, FakeServices, PlayedRunner, SetClock, declaration
from tests.screens.driving import Console, console

KEYS = (
    *["enter"] * 12, *["down", "up", "tab", "space", "escape"] * 3, "shift+tab", "left", "right", "home", "end",
    "pageup", "pagedown", *"0123456789", *"abcdefghijklmnoprstuvwxyz", *"RTHEXD", "slash", "question_mark", "full_stop",
    "backspace", "delete", "ctrl+s", "ctrl+p", "ctrl+a",
)  # fmt: skip
"""Every key that is bound anywhere but those that leave the console, and many that are bound nowhere."""
TYPED = ("cleoai-lab", "because", "now", "10 min ago", "14:05")
CALLS = "calls: [L1]\n            items: [On-call answered,"
"""What makes the first of the plan's items one that stands for a call."""
_CAUSES = 16
"""How many of the last presses may have caused an entry: writing takes a moment, and keys are pressed meanwhile."""


class Press(NamedTuple):
    """One key, and what it met. ``dialog`` is the open dialog's title, ``choice`` what was chosen in it."""

    key: str
    screen: str
    dialog: str
    step: str
    at_heading: bool
    choice: str
    typed: str


Rule = Callable[[Incident, Any, Press], bool]


def _in(kind: str, title: str = "", *keys: str) -> Rule:
    """Return the rule that an entry comes of a key, enter where none is given, in a dialog of this kind and title."""
    return lambda _, body, press: press.screen == kind and title in press.dialog and press.key in (keys or ("enter",))


def _ticked(incident: Incident, body: e.ItemChecked, press: Press) -> bool:
    items = incident.plan.by_id[body.step].items
    at_it = press.screen == "IncidentScreen" and press.step == body.step and not press.at_heading
    return at_it and press.key == str(items.index(body.item) + 1)


def _noted(incident: Incident, body: e.ContactPaged | e.ContactAcknowledged, press: Press) -> bool:
    step = incident.plan.by_id.get(press.step)
    at_it = press.screen == "IncidentScreen" and not press.at_heading
    return bool(step and at_it and body.level in step.calls and press.key == str(step.calls.index(body.level) + 1))


def _decided(incident: Incident, body: e.DecisionMade, press: Press) -> bool:
    alone = press.screen.startswith("Choose") and press.choice in ("", body.answer.split(":")[0])
    return press.key == "enter" and (alone or press.screen == "ProposalsDialog")


def _taken(incident: Incident, body: e.StepTaken | e.StepGivenBack, press: Press) -> bool:
    at_it = press.screen == "IncidentScreen" and press.step == body.step and not press.at_heading
    return (at_it and press.key == "i") or (press.screen == "CommandPalette" and press.key == "enter")


def _requested(incident: Incident, body: e.RunRequested, press: Press) -> bool:
    step = incident.plan.by_id.get(body.step)
    if step is None or not step.destructive or body.dry_run or body.probe_of:
        return press.key in ("enter", "d", "p", "ctrl+p", "v", "x")
    return press.screen == "Interlock" and press.key == "enter" and press.typed == body.confirmed != ""


def _resolved(incident: Incident, body: e.DoubtResolved, press: Press) -> bool:
    return press.screen == "DoubtDialog" and press.key == "enter" and press.choice == body.verdict and bool(body.reason)


def _closed(incident: Incident, body: e.IncidentClosed, press: Press) -> bool:
    return press.screen == "CloseDialog" and press.key == "enter" and press.typed == phrase(remaining(incident))


RULES: Mapping[type[e.Body], Rule] = {
    e.ItemChecked: _ticked,
    e.DecisionMade: _decided,
    e.RunRequested: _requested,
    e.DoubtResolved: _resolved,
    e.IncidentClosed: _closed,
    e.StepTaken: _taken,
    e.RoleTaken: lambda _, body, press: press.screen == "RoleDialog" and press.choice == body.name,
    e.StepGivenBack: _taken,
    e.StepMarkedDone: lambda *said: _in("Words", "Done by hand")(*said) or _in("IncidentScreen", "", "m")(*said),
    e.StepSkipped: _in("SkipDialog", "Skip"),
    e.StepReopened: _in("Words", "Reopen"),
    e.IncidentReopened: _in("Words", "Reopen"),
    e.CancelRequested: _in("Words", "Cancel"),
    e.ContactPaged: lambda *said: _in("Words", "was called")(*said) or _noted(*said),
    e.ContactAcknowledged: lambda *said: _in("Words", "has answered")(*said) or _noted(*said),
    e.CallTakenBack: lambda incident, body, press: (
        press.key == "u" and (press.screen == "ContactsScreen" or body.level in incident.plan.by_id[press.step].calls)
    ),
    e.SignedOff: _in("Words", "Sign off"),
    e.NoteAdded: lambda *said: _in("Note")(*said) or _in("LateEntry")(*said),
    e.ReportFieldWritten: _in("FieldDialog", "", "ctrl+s", "enter"),
    e.ActionItemWritten: lambda *said: _in("ItemDialog")(*said) or _in("ReportScreen", "", "x")(*said),
}
"""Which press may make which entry. What is not here no key may write."""


def not_here(declaration: object) -> str:
    """Refuse to declare: the keys stay in one incident."""
    raise CleoError("Nothing is declared here.", "Press other keys.")


async def mash(folder: Path, seed: int, steps: int) -> None:
    """Press random keys in a console of its own.

    Args:
        folder: an empty one, for the incident.
        seed: what the keys follow from.
        steps: how many keys.
    """
    services = FakeServices(folder, SetClock())
    plan = folder / "plan.yaml"
    plan.write_text(Path(__file__).with_name("plan.yaml").read_text().replace("items: [Support told,", CALLS))
    services.load(plan)
    with services.begin(INCIDENT, declaration()) as journal:
        services.declare = not_here  # type: ignore[method-assign]
        async with console(services, (80, 24), every_frame=True) as seen:
            await Masher(seen, journal.path, seed, PlayedRunner(journal)).mash(steps)


class Masher:
    """Presses keys, plays the runner, and checks what was written.

    Args:
        seen: the console.
        journal: the incident's journal.
        seed: what the keys follow from.
        runner: what is played as chance has it; None where a runner is at work.
    """

    def __init__(self, seen: Console, journal: Path, seed: int, runner: PlayedRunner | None) -> None:
        self._seen = seen
        self._random = random.Random(seed)
        self._runner = runner
        self._presses: deque[Press] = deque(maxlen=_CAUSES)
        self._path = journal
        with Reader(self._path) as reader:
            self._incident = fold_events(reader.events())

    async def mash(self, steps: int) -> None:
        """Press so many keys."""
        for _ in range(steps):
            if self._random.random() < 0.04:
                await self._press(*self._words())
            await self._press(self._key())
            self._check()
            self._play()

    def _key(self) -> str:
        """Return a random key; on a real server, where each takes its time, one that leads back to it more often."""
        if self._runner is None and self._random.random() < 0.3:
            return "g" if isinstance(self._seen.app.screen, IncidentScreen) else "escape"
        return self._random.choice(KEYS)

    async def _press(self, *keys: str) -> None:
        for key in keys:
            self._presses.append(self._met(key))
            await self._seen.pilot.press(key)

    def _words(self) -> list[str]:
        wanted = phrase(remaining(self._incident))
        target = TYPED[0] if self._runner else f"postgres@{os.uname().nodename}"
        words = self._random.choice([target, *TYPED[1:], *([wanted] if wanted else [])])
        return [{" ": "space", ":": "colon", "-": "minus", "@": "at"}.get(char, char) for char in words]

    def _met(self, key: str) -> Press:
        screen = self._seen.app.screen
        dialog = screen._title if isinstance(screen, Dialog) else ""
        at = screen.cursor if isinstance(screen, IncidentScreen) and screen.cursor.ready else None
        choice = next((choices.chosen for choices in screen.query(Choices)), "")
        typed = next((field.value.strip() for field in screen.query("#typed").results(Input)), "")
        return Press(
            key, type(screen).__name__, dialog, at.step_id if at else "", bool(at and at.at_heading), choice, typed
        )

    def _check(self) -> None:
        """Check every entry that a person's key has made since the last time."""
        with Reader(self._path) as reader:
            events = list(reader.events(after=self._incident.seq))
        for event in events:
            if not event.actor.startswith("runner@"):
                rule = RULES[type(event.body)]
                assert any(rule(self._incident, event.body, press) for press in self._presses), (event, self._presses)
            apply_event(self._incident, event)

    def _play(self) -> None:
        """Go on with what was asked of the runner, as chance has it."""
        for run in list(self._incident.unfinished()) if self._runner else []:
            if self._runner and self._random.random() < 0.3:
                self._go_on(self._runner, run)

    def _go_on(self, runner: PlayedRunner, run: Run) -> None:
        if run.state is RunState.REQUESTED and self._random.random() < 0.15:
            runner.refuse(
                run.id, step=run.step, gate="hold", message="Not held.", yields=self._random.choice(["never", "reason"])
            )
        elif run.state is RunState.REQUESTED:
            about = {"step": run.step, "action": run.action, "dry_run": run.dry_run, "probe_of": run.probe_of}
            runner.start(run.id, destructive=run.action == "postgres.restore", **about)
        elif self._random.random() < 0.1 and not run.dry_run:
            runner.doubt(run.id, step=run.step, why="its runner was gone")
        else:
            runner.finish(run.id, step=run.step, status=self._random.choice(["succeeded"] * 4 + ["failed"]))
