"""What a recovery point gives up is said in the dialog, as its value is typed, before it is decided."""

from __future__ import annotations

from datetime import timedelta

from journal.events import types as e
from journal.events.measured import Measured
from journal.store.journal import Journal
from tests.screens.app_services import START, FakeServices, PlayedRunner
from tests.screens.driving import console


async def test_what_a_recovery_point_gives_up_is_said_as_it_is_typed(
    host: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    journal.append(e.DecisionMade(step="affected", name="affected", answer="postgres"))
    last = Measured(newest_commit_at=START)
    journal.append(e.HealthChanged(system="postgres", status="down", was="up", last=last))
    run = journal.append(e.RunRequested(action="damage.report"))[0].seq
    ended = (START - timedelta(minutes=50)).isoformat()
    runner.start(run, step="", action="damage.report")
    runner.finish(run, step="", summary="Looked.", facts={"postgres": {"sets": {"20261122-020003F": ended}}})
    async with console(host, size) as seen:
        await seen.at("recovery-point")
        await seen.press("enter")
        await seen.sees("gives up  nothing that a log holds")
        await seen.press("down", "enter")
        await seen.type(f"{START - timedelta(seconds=312):%Y-%m-%dT%H:%M:%SZ}")
        await seen.sees("gives up  PostgreSQL: at least 5 min 12 s of commits")
        await seen.press("shift+tab", "down", "down", "enter", *["backspace"] * 25)
        await seen.type("20261122-020003F")
        await seen.sees("gives up  PostgreSQL: at least 50 min of commits")
        await seen.press(*["backspace"] * 25)
        await seen.type("20261121-020003F")
        await seen.sees("gives up  PostgreSQL: everything after it, how much is not measured")
