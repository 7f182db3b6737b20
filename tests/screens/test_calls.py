"""What is ticked of people at a step and what is noted with the contacts is one and the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from journal.commands.base import NotNow
from journal.commands.incident import IncidentCommands
from journal.events import types as e
from journal.store.journal import Journal
from screens.pages.contacts import ContactsScreen
from tests.screens.app_services import FakeServices, SetClock
from tests.screens.driving import console, written

CALLS = "items: [On-call answered, Team lead answered, CTO told]\n            calls: [L1, L2]"


@pytest.fixture
def services(tmp_path: Path, clock: SetClock) -> FakeServices:
    """A plan in which two items stand for calls."""
    services = FakeServices(tmp_path, clock)
    plan = tmp_path / "plan.yaml"
    text = Path(__file__).with_name("plan.yaml").read_text()
    plan.write_text(text.replace("items: [Support told, Team lead told, CTO told]", CALLS))
    services.load(plan)
    return services


async def test_an_item_that_stands_for_a_call_is_called_and_answered_by_its_number(
    services: FakeServices, journal: Journal
) -> None:
    async with console(services) as seen:
        await seen.at("notify")
        await seen.press("1")
        await seen.sees("L1 was called")
        await seen.press(*"phone", "enter")
        await seen.until(lambda: written(journal, e.ContactPaged), "the call")
        await seen.until(lambda: seen.incident_screen.session.state.review.calls, "the call on the screen")
        await seen.sees("[ ] On-call answered")
        await seen.press("1")
        await seen.sees("L1 has answered")
        await seen.press(*"eve", "enter")
        await seen.sees("[x] On-call answered", "[ ] Team lead answered")
        assert [(said.level, said.who) for said in written(journal, e.ContactAcknowledged)] == [("L1", "eve")]
        assert not written(journal, e.ItemChecked)
        with pytest.raises(NotNow, match="ticked by L1's answer"):
            commands = IncidentCommands(journal, lambda: seen.incident_screen.session.state)
            commands.check_item("notify", "On-call answered", False)


async def test_what_is_noted_with_the_contacts_ticks_the_item_until_they_are_called_again(
    services: FakeServices, journal: Journal
) -> None:
    async with console(services) as seen:
        await seen.at("notify")
        journal.append(e.ContactPaged(level="L2"))
        await seen.press("e")
        await seen.until(lambda: isinstance(seen.app.screen, ContactsScreen), "the contacts")
        await seen.press("down", "a")
        await seen.sees("L2 has answered")
        await seen.press("enter")
        await seen.sees("noted by ana@bastion")
        await seen.press("escape")
        await seen.sees("[x] Team lead answered")
        journal.append(e.ContactPaged(level="L2"))
        await seen.sees("[ ] Team lead answered")
