"""Calls at a step: one key notes that a level was called, and again that it answered; the contacts have the same."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest

from journal.commands.base import NotNow
from journal.commands.incident import IncidentCommands
from journal.events import types as e
from journal.incident.fold import fold_journal
from journal.incident.records import StepState
from journal.store.journal import Journal
from screens.incident.call_keys import HELD_S
from screens.pages.contacts import ContactsScreen
from tests.screens.app_services import FakeServices, SetClock
from tests.screens.driving import Console, console, written

ITEMS = "items: [Support told, Team lead told, CTO told]"
CALLS = "items: [On-call answered, Team lead answered, CTO told]\n            calls: [L1, L2]"
TEAM = """          - id: team
            title: Choose the response team
            decision:
              name: team
              question: Who takes part?
              options:
                one: {title: On-call alone, calls: [L1]}
                both: {title: On-call and team lead, calls: [L1, L2]}
          - id: notify
"""


@pytest.fixture
def services(tmp_path: Path, clock: SetClock) -> FakeServices:
    """A plan in which two items stand for calls, and a response team says which of them it needs."""
    services = FakeServices(tmp_path, clock)
    plan = tmp_path / "plan.yaml"
    text = Path(__file__).with_name("plan.yaml").read_text()
    paper = TEAM.replace("id: notify", "id: notify\n            beside: true")
    plan.write_text(text.replace(ITEMS, CALLS).replace("          - id: notify\n", paper))
    services.load(plan)
    return services


def decide(journal: Journal, team: str) -> None:
    journal.append(e.DecisionMade(step="team", name="team", answer=team))


async def press_anew(seen: Console, key: str) -> None:
    """Press a key that was let go since it was pressed last."""
    pressed = time.monotonic()
    await seen.until(lambda: time.monotonic() - pressed > HELD_S, "the key let go")
    await seen.press(key)


async def test_a_level_is_called_and_has_answered_by_its_number_alone(
    services: FakeServices, journal: Journal, clock: SetClock, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        await seen.at("notify")
        await seen.press("1")
        await seen.sees("[ ] On-call answered", "called 03:11 UTC, no answer yet, must answer by 03:26 UTC")
        clock.forward(minutes=4)
        await press_anew(seen, "1")
        await seen.sees("[x] On-call answered", "answered 03:15 UTC", "after 4 min")
        assert [said.level for said in written(journal, e.ContactPaged)] == ["L1"]
        assert [said.level for said in written(journal, e.ContactAcknowledged)] == ["L1"]
        await press_anew(seen, "1")
        assert len(written(journal, e.ContactPaged)) == len(written(journal, e.ContactAcknowledged)) == 1
        assert not written(journal, e.ItemChecked)
        with pytest.raises(NotNow, match="ticked by L1's answer"):
            commands = IncidentCommands(journal, lambda: seen.incident_screen.session.state)
            commands.check_item("notify", "On-call answered", False)


async def test_a_held_key_notes_a_call_and_no_answer_and_enter_notes_neither(
    services: FakeServices, journal: Journal
) -> None:
    async with console(services) as seen:
        await seen.at("notify")
        await seen.press("enter")
        await seen.at("notify")
        for _ in range(20):
            seen.key("1")
        await seen.until(lambda: not seen.app._keys.waiting, "all keys handed on")
        await seen.sees("no answer yet")
        await seen.press("1", "1")
        assert len(written(journal, e.ContactPaged)) == 1
        assert not written(journal, e.ContactAcknowledged)


async def test_a_mistaken_press_is_taken_back_with_one_key(services: FakeServices, journal: Journal) -> None:
    decide(journal, "both")
    journal.append(
        e.ContactPaged(level="L1"),
        e.ContactPaged(level="L2"),
        e.ContactAcknowledged(level="L1"),
        e.ItemChecked(step="notify", item="CTO told", checked=True),
        e.ContactAcknowledged(level="L2"),
    )
    async with console(services) as seen:
        await seen.at("notify")
        assert seen.incident_screen.session.state.settled("notify")
        await seen.sees("u take back")
        await seen.press("u")
        await seen.sees("[ ] Team lead answered", "[x] On-call answered")
        assert seen.incident_screen.session.state.state("notify") is StepState.READY
        await seen.press("u")
        await seen.sees("[ ] On-call answered")
        await seen.press("u")
        await seen.until(lambda: "L2" not in seen.incident_screen.session.state.review.calls, "nobody called L2")
        await seen.press("u")
        await seen.until(lambda: not seen.incident_screen.session.state.review.calls, "nobody was called")
        await seen.no_longer_sees("u take back")
    assert [said.level for said in written(journal, e.CallTakenBack)] == ["L2", "L1", "L2", "L1"]


async def test_only_the_levels_of_the_decided_team_are_asked_and_the_others_can_be_called(
    services: FakeServices, journal: Journal
) -> None:
    async with console(services, (80, 24)) as seen:
        await seen.at("notify")
        await seen.sees("[ ] On-call answered", "[ ] Team lead answered", "call, then press 1, 2")
        decide(journal, "one")
        await seen.sees("[-] Team lead answered: not needed", "call, then press 1;")
        await seen.press("2")
        await seen.sees("[-] Team lead answered", "called 03:11 UTC")
        await seen.press("3", "1")
        await press_anew(seen, "1")
        await seen.until(lambda: seen.incident_screen.session.state.settled("notify"), "the step is done")
    decide(journal, "both")
    assert fold_journal(journal.path).state("notify") is StepState.READY
    decide(journal, "one")
    assert fold_journal(journal.path).state("notify") is StepState.MARKED_DONE


async def test_paperwork_that_is_due_is_said_with_the_key_that_leads_there(
    tmp_path: Path, services: FakeServices, journal: Journal, clock: SetClock, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        assert "DUE" not in seen.screen_text()
        clock.forward(minutes=11)
        await seen.sees("DUE  4 min left, call: 1.1.4 Notify stakeholders", "[D: go there]", "NEXT  run: 1.1.1")
        await seen.press("D")
        await seen.sees("[1, 2]", "NEXT  run: 1.1.1 Check system status  [g: go there]")
        await seen.press("1", "2", "3")
        await seen.no_longer_sees("DUE")


async def test_who_is_not_called_yet_comes_before_who_has_not_answered(
    services: FakeServices, journal: Journal
) -> None:
    journal.append(e.ItemChecked(step="notify", item="CTO told", checked=True))
    async with console(services) as seen:
        await seen.at("notify")
        await seen.sees("call, then press 1, 2")
        await seen.press("1")
        await seen.sees("call, then press 2;")
        await seen.press("2")
        await seen.sees("when they have answered, press 1, 2")


async def test_what_is_noted_with_the_contacts_ticks_the_item_until_they_are_called_again(
    services: FakeServices, journal: Journal, clock: SetClock
) -> None:
    decide(journal, "one")
    async with console(services) as seen:
        await seen.at("notify")
        journal.append(e.ContactPaged(level="L2"))
        await seen.press("e")
        await seen.until(lambda: isinstance(seen.app.screen, ContactsScreen), "the contacts")
        await seen.press("down", "a")
        await seen.sees("L2 has answered")
        await seen.press("enter")
        await seen.sees("noted by ana@bastion")
        await seen.press("u")
        await seen.sees("called 03:11 UTC, no answer yet")
        await seen.press("u")
        await seen.sees("not needed")
        journal.append(e.ContactAcknowledged(level="L2"))
        await seen.press("escape")
        await seen.sees("[x] Team lead answered")
        journal.append(e.ContactPaged(level="L2"))
        await seen.sees("[-] Team lead answered")
        clock.now += timedelta(hours=1)


@pytest.fixture
def outside(services: FakeServices, tmp_path: Path) -> None:
    """The third item stands for a call to a contact outside of the matrix."""
    plan = tmp_path / "plan.yaml"
    text = plan.read_text().replace(CALLS, CALLS.replace("CTO told", "Vendor has a case").replace("L2]", "L2, CLOUD]"))
    plan.write_text(text.replace("- {role: Cloud", "- {level: CLOUD, role: Cloud"))
    services.load(plan)


async def test_a_contact_outside_is_called_and_its_case_number_noted_whatever_team_was_decided(
    services: FakeServices, outside: None, journal: Journal, clock: SetClock
) -> None:
    async with console(services, (80, 24)) as seen:
        decide(journal, "one")
        await seen.at("notify")
        await seen.press("3")
        await seen.sees("called 03:11 UTC, no answer yet; the plan promises no time")
        clock.forward(minutes=9)
        await seen.press("e")
        await seen.sees("CLOUD", "Cloud Provider Support")
        await seen.press("end", "a")
        await seen.sees("who, and their case number")
        await seen.press(*"Ana 4711", "enter")
        await seen.sees("answered 03:20 UTC: Ana 4711")
    (said,) = written(journal, e.ContactAcknowledged)
    assert (said.level, said.who) == ("CLOUD", "Ana 4711")
