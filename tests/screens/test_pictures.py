"""Pictures of the main screens at both sizes. After a wanted change: pytest --snapshot-update, and look at them."""

from __future__ import annotations

import pytest

from journal.events import types as e
from journal.store.journal import Journal
from tests.screens.app_services import INCIDENT, RESTORE, FakeServices, PlayedRunner, declaration
from tests.screens.driving import Console, requested
from tests.screens.pictures import Snap, same_everywhere, shot, size
from tests.screens.test_full_screens import busy

__all__ = ["same_everywhere", "size"]


def recovering(journal: Journal, runner: PlayedRunner) -> None:
    """An incident in the middle: things done, running, in doubt, measured and not."""
    runner.take_lease()
    run = journal.append(e.RunRequested(step="check", action="status.check"))[0].seq
    runner.start(run, step="check", action="status.check")
    runner.finish(run, step="check", summary="1 of 3 systems is down")
    journal.append(e.DecisionMade(step="severity", name="severity", answer="critical", reason="all users"))
    journal.append(e.NoteAdded(text="called the team lead"))
    journal.append(e.DecisionMade(step="strategy", name="strategy", answer="cold-recovery", reason="replicas are lost"))
    run = journal.append(e.RunRequested(**RESTORE))[0].seq
    runner.start(run, **RESTORE, destructive=True)
    runner.say(run, *(f"restore file base/16384/{n} (1GB, {n}.04%)" for n in range(60, 72)))
    runner.progress(run, fraction=0.71, rate=312e6, text="", eta_s=100)
    runner.health("postgres", "down", "connection refused", exposure_s=360)
    runner.health("dns", "up", "primary, serial 2026112201")


def test_incident(
    snap_compare: Snap, services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    recovering(journal, runner)

    async def drive(seen: Console) -> None:
        await seen.sees("NEXT", "1 fine")
        await seen.press("j")
        await seen.sees("71%", "71.04%")

    shot(snap_compare, services, size, drive)


def test_interlock(
    snap_compare: Snap, services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    journal.append(e.DecisionMade(step="strategy", name="strategy", answer="cold-recovery"))

    async def drive(seen: Console) -> None:
        await seen.sees("NEXT")
        await seen.at("restore")
        await seen.press("enter")
        run = await requested(seen, journal)
        runner.start(run, **RESTORE, dry_run=True, destructive=True)
        runner.say(run, "would move /var/lib/postgresql/15/main aside", "would restore 20261122-020003F, 2.0 GB")
        runner.finish(run, step="restore", summary="would restore 20261122-020003F")
        await seen.sees("2.0 GB", "type  cleoai-lab")

    shot(snap_compare, services, size, drive)


def test_decision(snap_compare: Snap, services: FakeServices, size: tuple[int, int]) -> None:
    services.begin(INCIDENT, declaration(scenario="data-corruption")).close()

    async def drive(seen: Console) -> None:
        await seen.sees("NEXT")
        await seen.at("recovery-point")
        await seen.press("enter")
        await seen.sees("preselected: a guess")
        for letter in "12 min ago":  # one after the other: the list scrolls with what is said below the field
            await seen.type(letter)
        await seen.sees("= 2026-11-22 02:59:05 UTC")

    shot(snap_compare, services, size, drive)


def test_doubt(
    snap_compare: Snap, services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    runner.lost_restore()

    async def drive(seen: Console) -> None:
        await seen.sees("resolve doubt")
        await seen.press("enter")
        await seen.sees("Probe (p)")

    shot(snap_compare, services, size, drive)


SCREENS = {"timeline": "t", "health": "h", "contacts": "e"}


@pytest.mark.parametrize("name", SCREENS)
def test_whole_screen(
    snap_compare: Snap, services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int], name: str
) -> None:
    busy(journal, runner)
    runner.health("postgres", "down", "connection refused", exposure_s=360, role="primary")
    services.clock.forward(minutes=17)

    async def drive(seen: Console) -> None:
        await seen.sees("NEXT", "call L2")
        await seen.press(SCREENS[name])
        await seen.sees({"timeline": "Called L1", "health": "T+00:07:00", "contacts": "OVERDUE"}[name])
        await seen.has_cursor()

    shot(snap_compare, services, size, drive)


def test_report(snap_compare: Snap, services: FakeServices, journal: Journal, size: tuple[int, int]) -> None:
    journal.append(e.ReportFieldWritten(field="summary", text="The data directory was lost and restored."))

    async def drive(seen: Console) -> None:
        await seen.sees("NEXT")
        await seen.press("R")
        await seen.sees("up to date", "✓ Summary")
        await seen.has_cursor()
        await seen.press("enter")
        await seen.sees("The report says of it already")

    shot(snap_compare, services, size, drive)


def test_output(
    snap_compare: Snap, services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    recovering(journal, runner)

    async def drive(seen: Console) -> None:
        await seen.sees("NEXT", "71.04%")
        await seen.press("o")
        await seen.sees("12 lines")
        await seen.press("slash")
        await seen.type("70.04")
        await seen.press("enter")
        await seen.sees("1 of 1 line")

    shot(snap_compare, services, size, drive)


def test_strategy(
    snap_compare: Snap, services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    journal.append(e.DecisionMade(step="recovery-point", name="recovery_point", answer="latest"))
    runner.health("postgres", "up", "primary", exposure_s=360)

    async def drive(seen: Console) -> None:
        await seen.sees("NEXT", "exposed")
        await seen.at("strategy")
        await seen.press("enter")
        await seen.sees("its exposure, measured just now")

    shot(snap_compare, services, size, drive)


def test_start(snap_compare: Snap, services: FakeServices, size: tuple[int, int]) -> None:
    with services.begin(
        "INC-2026-11-21-01", declaration(title="index bloat", severity="low", kind=e.Kind.DRILL)
    ) as old:
        old.append(e.IncidentClosed(summary="over"))
    services.begin(INCIDENT, declaration(kind=e.Kind.REAL)).close()

    async def drive(seen: Console) -> None:
        await seen.sees("1 incident is open", "index bloat")

    shot(snap_compare, services, size, drive, incident=None)


def test_declare(snap_compare: Snap, services: FakeServices, size: tuple[int, int]) -> None:
    async def drive(seen: Console) -> None:
        await seen.sees("No incident is open")
        await seen.press("d")
        await seen.sees("inventory: lab")
        await seen.type("db1 lost its data directory")

    shot(snap_compare, services, size, drive, incident=None)


def test_help(snap_compare: Snap, services: FakeServices, journal: Journal, size: tuple[int, int]) -> None:
    async def drive(seen: Console) -> None:
        await seen.sees("NEXT")
        await seen.press("question_mark")
        await seen.sees("Keys")

    shot(snap_compare, services, size, drive)
