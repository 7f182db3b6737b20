"""All dialogs agree on what enter, tab, space and escape do; no typed word is lost, nothing is decided blindly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec
import pytest
from textual.events import Key
from textual.widgets import Input, TextArea

from journal.events import types as e
from journal.incident.closing import Remaining
from journal.plan.action_spec import Param
from journal.plan.model import Decision
from journal.store.journal import Journal, JournalWriteFailed
from screens.dialogs.choose_strategy import ChooseStrategy
from screens.dialogs.close import CloseDialog, Ending
from screens.dialogs.decision import Answer, ChooseInstant, ChooseOne, ChooseSystems, DecisionDialog, FreeText
from screens.dialogs.dialog import THROWS_AWAY, UNREAD, Dialog, Problem
from screens.dialogs.in_doubt import DoubtDialog
from screens.dialogs.interlock import Interlock
from screens.dialogs.leave import LeaveDialog
from screens.dialogs.override import OverrideDialog
from screens.dialogs.parameters import ParametersDialog
from screens.dialogs.proposals import ProposalsDialog
from screens.dialogs.recovery_point import ChooseRecoveryPoint
from screens.dialogs.report_dialogs import FieldDialog, Item, ItemDialog
from screens.dialogs.role import RoleDialog
from screens.dialogs.run_watch import WatchingDialog
from screens.dialogs.skip import SkipDialog
from screens.dialogs.text_dialogs import LateEntry, LateNote, Note, Words
from screens.dialogs.told import Told
from screens.live.lifetime import is_open
from screens.start.declare import DeclareScreen
from tests.screens.app_services import FakeServices, PlayedRunner
from tests.screens.driving import Console, console, written

HOUR = 3_600.0


class Kind(NamedTuple):
    """One dialog. ``way`` is what a person presses to answer it, and ``answer`` what comes of that."""

    make: Callable[[Console], Dialog[Any]]
    way: tuple[str, ...]
    answer: object
    answers_alone: bool = False
    """Whether enter alone answers: nothing is asked, or the scenario suggests the answer."""


def _step(seen: Console, step: str) -> Any:
    return seen.incident_screen.session.state.plan.by_id[step]


def _decision(kind: type[DecisionDialog], step: str) -> Callable[[Console], Dialog[Any]]:
    return lambda seen: kind(seen.incident_screen.session.state, _step(seen, step))


def _free(dialog: type[DecisionDialog], kind: str, question: str) -> Callable[[Console], Dialog[Any]]:
    decision = Decision(name="free", question=question, kind=kind)  # type: ignore[arg-type]
    return lambda seen: dialog(
        seen.incident_screen.session.state, msgspec.structs.replace(_step(seen, "severity"), decision=decision)
    )


def _with_readings(kind: type[Any], step: str) -> Callable[[Console], Dialog[Any]]:
    return lambda seen: kind(seen.incident_screen.session.state, _step(seen, step), {})


def _skip(*steps: tuple[str, str]) -> Callable[[Console], Dialog[Any]]:
    return lambda seen: SkipDialog(
        seen.incident_screen.session.state, [(_step(seen, one), cause) for one, cause in steps]
    )


def _refused(seen: Console) -> Dialog[Any]:
    return OverrideDialog(
        "Check", "LAB", next(run for run in seen.incident_screen.session.state.runs.values() if run.refusal)
    )


def _in_doubt(seen: Console) -> Dialog[Any]:
    session = seen.incident_screen.session
    return DoubtDialog(session, "Restore", next(run for run in session.state.runs.values() if run.in_doubt))


WHY = (*"why", "enter")
KINDS = {
    "words": Kind(lambda seen: Words("Skip", "LAB", label="why", required="Say why."), WHY, "why"),
    "skip": Kind(_skip(("check", "")), WHY, {"check": "why"}),
    "skip, cause known": Kind(_skip(("check", "not here")), ("enter",), {"check": "not here"}, answers_alone=True),
    "skip several": Kind(
        _skip(("check", "not here"), ("verify", "nor here")),
        ("shift+tab", "space", "tab", *WHY),
        {"verify": "why: nor here"},
        answers_alone=True,
    ),
    "note": Kind(lambda seen: Note("Note", "LAB"), WHY, LateNote("why", None)),
    "late entry": Kind(lambda seen: LateEntry("Late", "LAB"), (*WHY, *"now", "enter"), ...),
    "field": Kind(lambda seen: FieldDialog("Summary", "LAB", "", ()), (*"why", "ctrl+s"), "why"),
    "item": Kind(
        lambda seen: ItemDialog("New", "LAB", ("", "", "")), (*WHY, *"ana", "enter", "enter"), Item("why", "ana", "")
    ),
    "one": Kind(_decision(ChooseOne, "strategy"), ("home", "enter", *WHY), Answer("hot-standby", "why"), True),
    "strategy": Kind(
        _with_readings(ChooseStrategy, "strategy"), ("home", "enter", *WHY), Answer("hot-standby", "why"), True
    ),
    "systems": Kind(_decision(ChooseSystems, "affected"), ("home", "enter", *WHY), ..., True),
    "instant": Kind(_free(ChooseInstant, "instant", "Since when?"), (*"now", "enter", *WHY), ...),
    "text": Kind(_free(FreeText, "text", "What is it called?"), (*"db", "enter", *WHY), Answer("db", "why")),
    "recovery point": Kind(
        _with_readings(ChooseRecoveryPoint, "recovery-point"),
        ("home", "enter", *WHY),
        Answer("latest", "why", "usual for Database Failure"),
        True,
    ),
    "proposals": Kind(
        lambda seen: ProposalsDialog(
            seen.incident_screen.session.state, _step(seen, "severity"), {}, lambda incident, step, then: None
        ),
        WHY,
        ...,
        answers_alone=True,
    ),
    "in doubt": Kind(_in_doubt, ("enter", "down", "enter", *WHY), None),
    "override": Kind(_refused, (*WHY, "enter"), e.Override(gate="hold", reason="why")),
    "interlock": Kind(lambda seen: Interlock(seen.incident_screen.session, _step(seen, "restore")), ("escape",), None),
    "parameters": Kind(
        lambda seen: ParametersDialog("Run", "LAB", [Param(name="backup", type="str", default="latest")], {}, {}, {}),
        WHY,
        {"backup": "why"},
        answers_alone=True,
    ),
    "close": Kind(
        lambda seen: CloseDialog("INC", "LAB", list, lambda: "It is up."), WHY, Ending("why", ""), answers_alone=True
    ),
    "close over what is open": Kind(
        lambda seen: CloseDialog("INC", "LAB", lambda: [Remaining("open", "1.1.1")], lambda: "It is up."),
        (*"1", "space", *"open", "enter"),
        Ending("It is up.", "1 open", derived=True),
    ),
    "leave": Kind(
        lambda seen: LeaveDialog("LAB", "1 run is under way", goes_on="The runner goes on.", way_back="cleo"),
        ("enter",),
        True,
        answers_alone=True,
    ),
    "problem": Kind(
        lambda seen: Problem("Not done", "It is full.", "Free some."), ("enter",), None, answers_alone=True
    ),
    "role": Kind(lambda seen: RoleDialog(seen.incident_screen.session.state, "ana@bastion"), ("home", "enter"), "lead"),
    "told": Kind(lambda seen: Told("ben leads now", "ben leads.", "Ask."), ("enter",), None, answers_alone=True),
    "declare": Kind(lambda seen: DeclareScreen(seen.services), (), ...),
}


def subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    for one in kind.__subclasses__():
        yield one
        yield from subclasses(one)


@pytest.fixture
def runs(journal: Journal, runner: PlayedRunner) -> None:
    """A run in doubt and a refused one: two dialogs are about such."""
    runner.lost_restore()
    asked = journal.append(e.RunRequested(step="check", action="status.check"))[0].seq
    runner.refuse(asked, step="check", gate="hold", message="Backups are not held.", yields="reason")


class Asked:
    """A dialog that is open, and what it answered."""

    def __init__(self, seen: Console, dialog: Dialog[Any]) -> None:
        self.seen = seen
        self.dialog = dialog
        self.answers: list[Any] = []

    async def open(self) -> None:
        self.seen.app.push_screen(self.dialog, self.answers.append)
        await self.seen.until(lambda: self.dialog.focused or isinstance(self.dialog, Problem), "a part with the focus")
        await self.seen.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.seen.pilot.press(*keys)

    @property
    def still_asks(self) -> bool:
        return self.seen.app.screen is self.dialog and not self.answers

    @property
    def field(self) -> Input | TextArea | None:
        fields = [field for field in self.dialog.query(Input) if field.id != "typed" and field.display]
        return next(iter([*self.dialog.query(TextArea), *fields]), None)


async def test_every_dialog_is_tried(services: FakeServices, journal: Journal, runs: None) -> None:
    base = {Dialog, DecisionDialog, WatchingDialog}
    async with console(services) as seen:
        tried = {type(kind.make(seen)) for kind in KINDS.values()}
    assert {kind for kind in subclasses(Dialog) if kind.__module__.startswith("screens.")} - base == tried


@pytest.mark.parametrize("name", KINDS)
async def test_all_dialogs_agree_on_their_keys(
    services: FakeServices, journal: Journal, runs: None, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    kind = KINDS[name]
    monkeypatch.setattr(Dialog, "UNREAD_S", HOUR)
    async with console(services) as seen:
        asked = Asked(seen, kind.make(seen))
        await asked.open()
        await asked.press("enter", "enter", "enter")  # nobody has read it
        assert asked.still_asks
        assert asked.dialog.complaint == UNREAD
        if asked.dialog.by_itself:
            await asked.press("escape", "x", "tab", "enter")
            assert asked.still_asks
            asked.dialog.can_be_read()
        await asked.press("tab", "shift+tab")  # another key than enter: somebody is there
        assert not asked.dialog.unread
        for _ in range(len(asked.dialog.focus_chain) + 1):
            await asked.press("tab", "space")
        assert asked.still_asks
        if field := asked.field:
            field.focus()
            await asked.press(*"gone", "escape")
            assert asked.still_asks
            assert asked.dialog.complaint == THROWS_AWAY
            assert any("gone" in text for text in asked.dialog.words().values())
            await asked.press("left", "escape")  # another key between: it asks again
            assert asked.still_asks
        await asked.press("escape")
        await seen.until(lambda: not is_open(asked.dialog), "the dialog gone")
        assert asked.answers == [None]


async def test_under_a_long_complaint_only_the_body_gives_way(
    services: FakeServices, journal: Journal, runs: None
) -> None:
    async with console(services, (80, 24)) as seen:
        for name, kind in KINDS.items():
            asked = Asked(seen, kind.make(seen))
            await asked.open()
            asked.dialog.complain("That cannot be. " * 45)
            complaint = asked.dialog.query_one("#complaint")
            await seen.until(lambda shown=complaint: shown.region.height > 1, f"the complaint of {name}")
            parts = [asked.dialog.query_one(part) for part in ("#title", "#complaint", "#buttons")]
            box = asked.dialog.query_one("#box").region
            assert all(part.region.height and box.contains_region(part.region) for part in parts), name
            assert box.height <= 23, name
            asked.dialog.dismiss(None)
            await seen.until(lambda dialog=asked.dialog: not is_open(dialog), "the dialog gone")


@pytest.mark.parametrize("name", [name for name in KINDS if name != "declare"])
async def test_enter_goes_from_part_to_part_and_answers_in_the_last(
    services: FakeServices, journal: Journal, runs: None, name: str
) -> None:
    kind = KINDS[name]
    async with console(services) as seen:
        asked = Asked(seen, kind.make(seen))
        await asked.open()
        await seen.until(lambda: not asked.dialog.unread, "a dialog that can have been read")
        await seen.press(*kind.way)
        await seen.until(lambda: asked.answers, "the answer")
        assert kind.answer in (asked.answers[0], ...)
        assert asked.answers[0] is not ...
        if kind.answers_alone:
            return
        again = Asked(seen, kind.make(seen))
        await again.open()
        await seen.press(*["enter"] * 12)
        assert again.answers in ([], [None]), "nothing was said, and something was answered"


async def test_a_dialog_names_the_choices_where_nothing_is_chosen(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        state = seen.incident_screen.session.state
        step = _step(seen, "strategy")
        state.plan.scenarios[state.scenario] = msgspec.structs.replace(
            state.plan.scenarios[state.scenario], strategy=""
        )
        asked = Asked(seen, ChooseOne(state, step))
        await asked.open()
        await seen.press("enter", "enter")
        await seen.sees("Nothing is chosen yet", "Hot standby failover; Cold recovery from backups")
        await seen.press("tab", *"because", "enter")
        await seen.sees("Nothing is chosen yet")
        await seen.press("end", "tab", *"-yes", "enter")
        await seen.until(lambda: asked.answers, "the answer")
        assert asked.answers == [Answer("cold-recovery", "because-yes")]


async def test_words_that_could_not_be_written_are_there_when_it_is_asked_again(
    services: FakeServices, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(services) as seen:
        await seen.at("notify")
        with monkeypatch.context() as disk:
            disk.setattr(Journal, "append", _full)
            await seen.press("s", *"nobody-there", "enter")
            await seen.sees("Not done: skip")
        await seen.press("escape")
        await seen.until(lambda: seen.app.screen is seen.incident_screen, "the checklist")
        await seen.press("s")
        await seen.sees("nobody-there")
        await seen.press("enter")
        await seen.until(lambda: written(journal, e.StepSkipped), "the step left out")
        await seen.press("s")
        await seen.sees("Skip:")
        assert not seen.app.screen.query_one(Input).value


async def test_two_blind_presses_of_enter_decide_nothing(
    services: FakeServices, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Dialog, "UNREAD_S", 0.5)
    async with console(services) as seen:
        await seen.at("severity")
        for _ in range(3):
            seen.key("enter")
        await seen.sees("How bad is it?", UNREAD)
        assert not written(journal, e.DecisionMade)
        await seen.until(lambda: not seen.app.screen.unread, "a dialog that can have been read")  # type: ignore[attr-defined]
        await seen.press("enter", "enter")
        await seen.until(lambda: written(journal, e.DecisionMade), "the decision")


def _full(*_: object) -> None:
    raise JournalWriteFailed("The disk is full.", "Free some space.")


@pytest.mark.parametrize("name", ["skip, cause known", "told"])
async def test_an_enter_counts_from_when_it_was_pressed_however_late_it_is_handed_on(
    services: FakeServices, journal: Journal, runs: None, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """On a busy machine the timer comes after the key of who has read it; who pressed blindly is still refused."""
    monkeypatch.setattr(Dialog, "UNREAD_S", HOUR)
    async with console(services) as seen:
        asked = Asked(seen, KINDS[name].make(seen))
        await asked.open()
        for later in (HOUR / 2, HOUR + 60):
            assert asked.still_asks
            key = Key("enter", None)
            key.time += later
            seen.app.post_message(key)
            await seen.until(lambda: asked.dialog.complaint or asked.answers, "what became of enter")
        await seen.until(lambda: asked.answers, "the answer")
        assert asked.answers == [KINDS[name].answer]
