"""Several decisions in one dialog: enter takes them as they are, one can be answered otherwise, blind presses none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from journal.events import types as e
from journal.store.journal import Journal
from screens.dialogs.dialog import UNREAD, Dialog
from tests.screens.app_services import INCIDENT, FakeServices, declaration
from tests.screens.driving import Console, console, written

TOGETHER = ("severity", "affected", "recovery-point", "strategy")
PROPOSED = {
    "severity": ("high", "as declared"),
    "affected": ("postgres,mongodb", "usual for Database Failure; nothing was measured as down"),
    "recovery_point": ("latest", "usual for Database Failure"),
    "strategy": ("cold-recovery", "usual for Database Failure"),
}
OTHER = """\
          - id: other-{number}
            together: decisions
            title: Another
            decision:
              name: other_{number}
              question: Which?
              suggest: {{scenario: {{{scenario}: "yes"}}}}
              options: {{"yes": {{title: "Yes"}}}}
"""


@pytest.fixture
def scenario() -> str:
    return "database-failure"


@pytest.fixture
def more() -> int:
    """How many decisions there are beside those of the test plan."""
    return 0


@pytest.fixture
def journal(services: FakeServices, tmp_path: Path, scenario: str, more: int) -> Iterator[Journal]:
    """An incident whose plan asks for its decisions together."""
    text = Path(__file__).with_name("plan.yaml").read_text()
    for step in TOGETHER:
        text = text.replace(f"- id: {step}\n", f"- id: {step}\n            together: decisions\n")
    others = "".join(OTHER.format(number=number, scenario=scenario) for number in range(more))
    text = text.replace("          - id: severity\n", f"{others}          - id: severity\n")
    plan = tmp_path / "plan.yaml"
    plan.write_text(text)
    services.load(plan)
    with services.begin(INCIDENT, declaration(scenario=scenario)) as journal:
        yield journal


def decided(journal: Journal) -> dict[str, tuple[str, str]]:
    return {body.name: (body.answer, body.because) for body in written(journal, e.DecisionMade)}


async def asked(seen: Console, step: str = "severity") -> None:
    await seen.at(step)
    await seen.press("enter")
    await seen.sees("Decide together: 4 questions")
    dialog = seen.app.screen
    assert isinstance(dialog, Dialog)
    await seen.until(lambda: not dialog.unread, "a dialog that can have been read")


@pytest.mark.parametrize("at", ["severity", "affected"])
async def test_one_enter_decides_all_as_shown_and_the_cursor_goes_on(
    services: FakeServices, journal: Journal, at: str
) -> None:
    async with console(services) as seen:
        await asked(seen, at)
        await seen.sees("SEV2 High", "as declared", "PostgreSQL, MongoDB", "Cold recovery from backups")
        await seen.press(*"seen", "enter")
        await seen.until(lambda: len(decided(journal)) == len(PROPOSED), "all decided")
        assert decided(journal) == PROPOSED
        assert {body.reason for body in written(journal, e.DecisionMade)} == {"seen"}
        await seen.until(lambda: seen.incident_screen.cursor.step_id not in TOGETHER, "the cursor gone on")


async def test_one_is_answered_otherwise_and_what_follows_is_proposed_anew(
    services: FakeServices, journal: Journal
) -> None:
    async with console(services) as seen:
        await asked(seen)
        await seen.sees("up, then enter on one")
        await seen.press("up", "end", "enter")
        await seen.sees("How shall the service come back?")
        await seen.press("home", "enter", *"fast", "enter")
        await seen.sees("Decide together", "Hot standby failover", "fast")
        await seen.press("enter")
        await seen.until(lambda: len(decided(journal)) == len(PROPOSED), "all decided")
        assert decided(journal) == PROPOSED | {"strategy": ("hot-standby", "")}
        assert [body.reason for body in written(journal, e.DecisionMade)] == ["", "", "", "fast"]


async def test_blind_enters_decide_nothing(
    services: FakeServices, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Dialog, "UNREAD_S", 3_600.0)
    async with console(services) as seen:
        await seen.at("severity")
        await seen.press("enter")
        await seen.sees("Decide together: 4 questions")
        await seen.pilot.press(*["enter"] * 9)
        await seen.sees(UNREAD)
        assert not decided(journal)


@pytest.mark.parametrize("scenario", ["data-corruption"])
async def test_one_for_which_nothing_speaks_is_not_decided_and_asked_next(
    services: FakeServices, journal: Journal
) -> None:
    async with console(services) as seen:
        await seen.at("severity")
        await seen.press("enter")
        await seen.sees("Decide together: 3 questions", "nothing speaks for an answer")
        await seen.press(
            "up",
            "end",
            "enter",
            "home",
            "down",
            "enter",
            *"10",
            "space",
            *"min",
            "space",
            *"ago",
            "enter",
            *"seen",
            "enter",
        )
        await seen.sees("Decide together: 4 questions", "Cold recovery")
        await seen.press("escape", "escape", "enter")
        await seen.sees("Decide together: 3 questions")
        await seen.press("enter")
        await seen.until(lambda: len(decided(journal)) == 2, "two decided")
        assert set(decided(journal)) == {"severity", "affected"}


@pytest.mark.parametrize("more", [12])
async def test_what_was_not_on_the_screen_is_not_decided(services: FakeServices, journal: Journal) -> None:
    async with console(services, size=(80, 24)) as seen:
        await seen.at("severity")
        await seen.press("enter")
        await seen.sees("Decide together: 16 questions", "Read on (enter)")
        await seen.press("enter")
        await seen.sees("Cold recovery from backups", "Decide all (enter)")
        assert not decided(journal)
        await seen.press("enter")
        await seen.until(lambda: len(decided(journal)) == len(PROPOSED) + 12, "all decided")


async def test_what_somebody_else_decides_meanwhile_stands(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        await asked(seen)
        journal.append(e.DecisionMade(step="severity", name="severity", answer="low", reason="only a replica"))
        await seen.press("enter")
        await seen.sees("Not done: decide", "has decided that meanwhile: SEV3 Low", "Nothing of yours was written")
        assert decided(journal) == {"severity": ("low", "")}
