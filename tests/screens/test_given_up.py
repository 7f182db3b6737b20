"""What a recovery point gives up, and what no backup leads to, is said in the dialog before it is decided."""

from __future__ import annotations

from datetime import timedelta

from journal.events import types as e
from journal.events.damage import DamageBegan
from journal.events.measured import Measured
from journal.incident.backup_catalogue import BackupCatalogue
from journal.store.journal import Journal
from tests.screens.app_services import INCIDENT, START, FakeServices, PlayedRunner, declaration
from tests.screens.driving import console, written


async def test_what_a_recovery_point_gives_up_is_said_as_it_is_typed(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    journal.append(e.DecisionMade(step="affected", name="affected", answer="postgres"))
    last = Measured(newest_commit_at=START)
    journal.append(e.HealthChanged(system="postgres", status="down", was="up", last=last))
    run = journal.append(e.RunRequested(action="damage.report"))[0].seq
    ended = (START - timedelta(minutes=50)).isoformat()
    runner.start(run, step="", action="damage.report")
    runner.finish(run, step="", summary="Looked.", facts={"postgres": {"sets": {"20261122-020003F": ended}}})
    async with console(services, size) as seen:
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


async def test_what_no_backup_leads_to_cannot_be_decided(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    journal.append(e.DecisionMade(step="affected", name="affected", answer="postgres"))
    run = journal.append(e.RunRequested(action="damage.report"))[0].seq
    ended = START - timedelta(minutes=50)
    runner.start(run, step="", action="damage.report")
    found = BackupCatalogue(ended={"20261122-020003F": ended}, whole=True, reach={"lsn": ("0/3000000", "0/9000000")})
    runner.finish(run, step="", summary="Looked.", facts={"postgres": found.facts()})
    async with console(services, size) as seen:
        await seen.at("recovery-point")
        await seen.press("enter", "down", "down", "down", "enter")
        await seen.type("20261121-020003F")
        await seen.sees("impossible  PostgreSQL: 20261121-020003F is none of the backups")
        await seen.press("enter", "enter")
        await seen.sees("Choose another")
        await seen.press("shift+tab", *["backspace"] * 25)
        await seen.type("newest")
        await seen.press("enter", "enter")
        await seen.sees("'newest' is no backup of postgres")
        assert not written(journal, e.DecisionMade)[1:]
        await seen.press("shift+tab", "shift+tab", "down", "enter", *["backspace"] * 25)
        await seen.type(f"{START - timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ} postgres lsn:0/3000060")
        await seen.press("enter", "enter")
        await seen.until(lambda: written(journal, e.DecisionMade)[1:], "the decision")
        assert written(journal, e.DecisionMade)[1].answer == "time:2026-11-22T02:59:05+00:00 postgres lsn:0/3000060"
        await seen.at("recovery-point")
        await seen.sees("just before 2026-11-22 02:59:05")


async def test_a_complaint_leaves_the_buttons_in_sight(services: FakeServices) -> None:
    services.begin(INCIDENT, declaration(scenario="data-corruption", discovered_at=START)).close()
    async with console(services, (80, 24)) as seen:
        await seen.at("recovery-point")
        await seen.press("enter")
        await seen.sees("Before a time")
        await seen.until(lambda: not seen.app.screen.unread, "the dialog can have been read")  # type: ignore[attr-defined]
        await seen.press("enter")
        await seen.sees("Nothing is chosen yet", "Cancel (esc)")


async def test_the_last_good_moment_is_filled_in_with_its_evidence_and_can_be_edited_in_place(
    services: FakeServices, size: tuple[int, int]
) -> None:
    with services.begin(INCIDENT, declaration(scenario="data-corruption")) as journal:
        run, runner = journal.append(e.RunRequested(action="damage.report"))[0].seq, PlayedRunner(journal)
        runner.start(run, step="", action="damage.report")
        change = DamageBegan(at=START - timedelta(seconds=9), text="messages was dropped", seen="transaction 781")
        runner.finish(run, step="", summary="Looked.", facts={"postgres": DamageBegan.facts([change])})
        async with console(services, size) as seen:
            await seen.at("recovery-point")
            await seen.press("enter")
            await seen.sees("messages was dropped: transaction 781", "2026-11-22T03:03:56+00:00", "Cancel (esc)")
            await seen.press("end", *["backspace"] * 7)
            await seen.type("0+00:00")
            await seen.sees("= 2026-11-22 03:03:50 UTC")
            await seen.press("enter", "enter")
            await seen.until(lambda: written(journal, e.DecisionMade), "decided")
            (decided,) = written(journal, e.DecisionMade)
            assert (decided.answer, decided.because) == ("time:2026-11-22T03:03:50+00:00", "")
