"""Several people at one incident: who took which step, who leads, who is here."""

from __future__ import annotations

import pytest

from journal import presence
from journal.events import types as e
from journal.presence import Presence, Present, who_is_here
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


async def test_what_somebody_is_is_chosen_and_changed(
    services: FakeServices, journal: Journal, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        await seen.press("b")
        await seen.sees("What are you, ana@bastion?", "Lead", "Scribe", "Responder")
        await seen.press("enter")
        await seen.sees("Nothing is chosen yet")
        await seen.press("down", "enter")
        await seen.until(lambda: written(journal, e.RoleTaken), "the role in the journal")
        assert written(journal, e.RoleTaken) == [e.RoleTaken(name="lead")]
        await seen.until(lambda: seen.incident_screen.session.state.team.holder("lead"), "the role on the screen")
        await seen.press("b")
        await seen.sees("now: you")
        await seen.press("down", "enter")
        await seen.until(lambda: len(written(journal, e.RoleTaken)) == 2, "the other role in the journal")
        assert written(journal, e.RoleTaken)[1].name == "scribe"


async def test_everybody_is_told_who_leads_and_who_took_over_their_step(
    services: FakeServices, journal: Journal, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        journal.append(e.RoleTaken(name="scribe"), actor=BEN)
        journal.append(e.RoleTaken(name="lead", over_from="ana@bastion"), actor=BEN)
        await seen.sees("ben leads now", "no longer you")
        await seen.press("enter")
        await seen.no_longer_sees("ben leads now")
        journal.append(e.StepTaken(step="check", over_from="cyd@bastion"), e.StepTaken(step="notify"), actor=BEN)
        journal.append(e.StepTaken(step="check", over_from="ana@bastion"), actor=BEN)
        await seen.sees("ben took over your step", "ben works at 1.1.1 Check system status")
        await seen.press("escape")
        await seen.no_longer_sees("took over your step")
        await seen.press("i")
        await seen.sees("@ana")


async def test_who_else_is_here_is_shown_where_there_is_room_and_at_the_handover(
    services: FakeServices, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "_LOOK_S", 0.02)
    me = Present(BEN, "line mode", services.clock())
    ben = Presence(journal.path.parent, me, lambda: None, lambda here: None)
    async with console(services, (120, 40)) as seen:
        await seen.until(lambda: seen.incident_screen.session.here, "that this console is here")
        assert "also here" not in seen.screen_text()
        ben.arrive()
        await seen.sees("also here: ben")
        journal.append(e.RoleTaken(name="lead"))
        await seen.sees("lead: ana, also here: ben")
        await seen.press("H")
        await seen.sees("ana@bastion (console), seen 03:11 UTC", "ben@bastion (line mode), seen 03:11 UTC")
        await seen.press("escape")
        ben.leave()
        await seen.no_longer_sees("also here")
    assert who_is_here(journal.path.parent) == []


async def test_a_small_screen_shows_who_is_here_at_the_handover_only(services: FakeServices, journal: Journal) -> None:
    ben = Presence(journal.path.parent, Present(BEN, "console", services.clock()), lambda: None, lambda here: None)
    ben.arrive()
    async with console(services, (80, 24)) as seen:
        await seen.until(lambda: len(seen.incident_screen.session.here) == 2, "both of them")
        assert "ben" not in seen.screen_text()
        await seen.press("H")
        await seen.sees("ben@bastion (console), seen")
    ben.leave()
