"""Several people at one incident: who took which step, who leads, who is here."""

from __future__ import annotations

from journal.events import types as e
from journal.store.journal import Journal
from tests.screens.app_services import FakeServices, SetClock
from tests.screens.driving import console, written

BEN = "ben@bastion"


async def test_one_key_takes_a_step_and_gives_it_back(
    services: FakeServices, journal: Journal, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        await seen.at("notify")
        await seen.press("i")
        await seen.sees("Notify stakeholders", "@ana", "taken by", "ana@bastion  just now")
        assert written(journal, e.StepTaken) == [e.StepTaken(step="notify")]
        await seen.press("i")
        await seen.no_longer_sees("taken by")
        assert written(journal, e.StepGivenBack)


async def test_next_still_names_what_somebody_else_has_taken_and_says_so(
    services: FakeServices, journal: Journal, clock: SetClock, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        here = seen.incident_screen.cursor.step_id
        before = seen.shown("#next")
        journal.append(e.StepTaken(step=here), actor=BEN)
        await seen.sees("taken by ben  [", "@ben")
        assert seen.shown("#next").endswith(before[before.rindex("[") :]), "the keys are the same"
        await seen.press("i")
        await seen.sees("@ana")
        assert written(journal, e.StepTaken)[1].over_from == BEN
        assert "taken by" not in seen.shown("#next")
        journal.append(e.StepTaken(step=here), actor=BEN)
        await seen.sees("taken by ben  [")
        clock.forward(minutes=31)
        await seen.until(lambda: "taken by" not in seen.shown("#next"), "that ben is not counted on")
        await seen.sees("silent since")


async def test_mine_lists_what_this_person_took(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        await seen.at("notify")
        await seen.press("i")
        await seen.sees("@ana")
        await seen.press("f", "f", "f")
        await seen.sees("Checklist: mine (1)", "@ana")
