"""The whole screens above the console: timeline, health, contacts."""

from __future__ import annotations

from datetime import timedelta

from journal.events import types as e
from journal.store.journal import Journal
from screens.widgets.entry_view import EntryView
from tests.screens.app_services import START, FakeServices, PlayedRunner, SetClock
from tests.screens.driving import Console, console, written


def busy(journal: Journal, runner: PlayedRunner) -> None:
    """An incident with something of every kind."""
    runner.take_lease()
    run = journal.append(e.RunRequested(step="check", action="status.check"))[0].seq
    runner.start(run, step="check", action="status.check")
    runner.finish(run, step="check", summary="1 of 3 systems is down")
    journal.append(e.DecisionMade(step="severity", name="severity", answer="critical", reason="all users"))
    journal.append(e.NoteAdded(text="phones rang", happened_at=(START + timedelta(minutes=1)).isoformat()))
    journal.append(e.ContactPaged(level="L1", how="phone"))
    changed = e.HealthChanged(system="postgres", was="up", status="down", detail="connection refused")
    journal.append(changed, actor="runner@db0")


def entries(seen: Console) -> EntryView:
    return seen.app.screen.query_one(EntryView)


async def test_the_timeline_tells_everything_in_sentences(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    busy(journal, runner)
    async with console(services, size) as seen:
        await seen.press("t")
        await seen.sees("LAB", "Timeline", "all 9 events", "Declared as LAB", "Severity: SEV1 Critical — all users")
        await seen.sees("03:11:05 T+00:07:00", "LATE Note: phones rang", "Health of PostgreSQL: up → down")
        await seen.sees("0 running · 0 in doubt · 0 failed", "NEXT")
        await seen.press("up", "up")
        await seen.sees("happened 2026-11-22 03:05:05 UTC  T+00:01:00", "written 2026-11-22 03:11:05 UTC")
        journal.append(e.NoteAdded(text="came later"))
        await seen.sees("came later", "all 10 events")
        await seen.press("escape")
        await seen.sees("Checklist" if size[0] > 100 else "Determine severity")


async def test_the_timeline_is_searched_and_filtered(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    busy(journal, runner)
    async with console(services, size) as seen:
        await seen.press("t")
        await seen.sees("all 9 events")
        await seen.press("slash")
        await seen.type("critical")
        await seen.press("enter")
        await seen.sees("“critical”", "1 of 9 events", "Severity: SEV1")
        await seen.no_longer_sees("phones rang")
        journal.append(e.NoteAdded(text="Critical again"))
        await seen.sees("2 of 10 events", "Critical again")
        await seen.press("escape")
        await seen.sees("all 10 events", "phones rang")
        await seen.press("k")
        await seen.sees("only runs", "Asked for status.check")
        await seen.no_longer_sees("phones rang")
        await seen.press("k", "k", "k")
        await seen.sees("only health", "1 of 10 events")
        await seen.press("a")
        await seen.sees("health · by runner@db0")
        await seen.press("escape", "home")
        await seen.until(lambda: entries(seen).marked == 1, "the mark at the first entry")
        await seen.press("down", "down", "s")
        await seen.sees("only step 1.1.1", "3 of 10 events")


async def test_a_late_entry_wants_its_time_and_keeps_both(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        await seen.press("t", "l")
        await seen.type("lights went out")
        await seen.press("enter")
        await seen.sees("Say when it happened")
        assert not written(journal, e.NoteAdded)
        await seen.type("yesterday 23:40Z")
        await seen.press("enter")
        await seen.sees("LATE Note: lights went out", "23:40:00 T-03:24:05", "written 2026-11-22 03:11:05 UTC")


async def test_a_long_timeline_is_read_page_by_page(services: FakeServices, journal: Journal) -> None:
    journal.append(*(e.NoteAdded(text=f"remark {n}") for n in range(20_000)))
    async with console(services) as seen:
        await seen.press("t")
        await seen.sees("all 20,001 events", "remark 19999")
        await seen.press("home")
        await seen.sees("remark 0", "not following")
        assert len(entries(seen)._shelf) < 500
        await seen.press("slash")
        await seen.type("remark 1234")
        await seen.press("enter")
        await seen.sees("11 of 20,001 events", "remark 12349")
        await seen.no_longer_sees("looking further")


async def test_health_shows_facts_and_history(
    services: FakeServices, journal: Journal, runner: PlayedRunner, clock: SetClock, size: tuple[int, int]
) -> None:
    busy(journal, runner)
    runner.health("postgres", "up", "primary", exposure_s=300, role="primary")
    async with console(services, size) as seen:
        await seen.press("h")
        await seen.sees("Health", "✓ PostgreSQL", "? MongoDB", "exposure_s", "5 min", "role")
        await seen.sees("03:11:05 UTC  T+00:07:00  up → ✗ DOWN  connection refused", "0 running")
        runner.health("postgres", "down", "connection refused")
        journal.append(e.HealthChanged(system="postgres", was="down", status="up", detail="primary"))
        await seen.sees("down → ✓ up")
        await seen.press("down")
        await seen.sees("Nobody measured it", "No change was seen.")
        clock.forward(minutes=3)


async def test_calls_have_a_clock_and_overdue_is_loud_everywhere(
    services: FakeServices, journal: Journal, clock: SetClock, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        await seen.press("e")
        await seen.sees("L1", "On-Call Engineer", "not called", "PLACEHOLDER", "Cloud Provider Support")
        await seen.press("p")
        await seen.type("phone")
        await seen.press("enter")
        await seen.sees("» L1", "waiting", "must answer by 03:26 UTC")
        assert written(journal, e.ContactPaged)[0] == e.ContactPaged(level="L1", how="phone")
        clock.forward(minutes=17)
        journal.append(e.NoteAdded(text="still nobody"))
        await seen.sees("OVERDUE", "has not answered: was due by 03:26 UTC")
        await seen.sees("L1 has not answered for 17 min: call L2 (e)")
        await seen.press("escape")
        await seen.sees("L1 has not answered for 17 min: call L2 (e)")
        await seen.press("e", "down", "p", "enter")
        await seen.no_longer_sees("call L2 (e)")
        await seen.press("up", "a")
        await seen.type("Ben")
        await seen.press("enter")
        await seen.sees("✓ L1", "answered", "Ben after 17 min")


async def test_screens_lead_to_each_other_and_to_what_is_next(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        await seen.press("t")
        await seen.sees("all 1 event")
        await seen.press("h")
        await seen.sees("No change was seen.")
        await seen.press("h")
        await seen.sees("Checklist")
        await seen.at("smoke")
        await seen.press("e", "g")
        await seen.until(lambda: seen.incident_screen.cursor.step_id == "check", "the step that is next")
        await seen.press("t", "question_mark")
        await seen.sees("only entries with these words", "back to the checklist")
