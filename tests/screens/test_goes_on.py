"""After success the cursor goes on by itself, with what was found, and stays where a person put it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from journal.events import types as e
from journal.store.journal import Journal
from screens.incident.cursor import StepCursor
from tests.journal.stories import step
from tests.screens.app_services import FakeServices, PlayedRunner
from tests.screens.driving import Console, console, requested, written
from tests.screens.not_here import begun

LOOKS = {"together": "looks"}
DOWN = e.Finding(severity="warning", about="db", text="its data directory is gone")
STEPS = (
    step("status", action="status.check", **LOOKS),
    step("health", action="health.check", **LOOKS),
    step("start", action="db.start", needs=["status", "health"], may_fail=True),
    step("verify", action="db.verify", needs=["start"]),
    step("tell", items=["People told"], needs=["verify"]),
    step("rest", action="db.rest", optional=True),
)


@pytest.fixture
def journal(services: FakeServices, tmp_path: Path) -> Iterator[Journal]:
    with begun(services, tmp_path, *STEPS) as journal:
        yield journal


class Played:
    """Runs that a person asked for, and their ends, as a runner writes them."""

    def __init__(self, seen: Console, journal: Journal) -> None:
        self.seen, self.journal, self.number = seen, journal, 0

    async def begin(self, *steps: str) -> list[int]:
        runs = []
        for step_id in steps:
            self.number += 1
            runs.append(await requested(self.seen, self.journal, self.number))
            PlayedRunner(self.journal).start(runs[-1], step=step_id, action=f"db.{step_id}")
        return runs

    def end(self, run: int, step_id: str, status: str = "succeeded", **more: object) -> None:
        PlayedRunner(self.journal).finish(run, step=step_id, status=status, summary=f"{step_id} {status}", **more)


async def test_after_the_looks_it_goes_on_with_what_they_found(
    services: FakeServices, journal: Journal, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        played = Played(seen, journal)
        await seen.press("enter")
        status, health = await played.begin("status", "health")
        played.end(health, "health", findings=[DOWN])
        await seen.sees("▲ Health")
        assert seen.incident_screen.cursor.step_id == "status"
        played.end(status, "status")
        await seen.sees("run: 1.1.3 Start  [enter]", "─1.1.3 Start", "1.1.2 Health  health succeeded", str(DOWN))
        await seen.press("enter")
        await played.begin("start")
        await seen.no_longer_sees("1.1.2 Health  health succeeded")


async def test_an_enter_that_is_held_while_it_goes_on_runs_nothing_of_the_next_step(
    services: FakeServices, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(services) as seen:
        played = Played(seen, journal)
        await seen.press("enter")
        status, health = await played.begin("status", "health")
        monkeypatch.setattr(StepCursor, "UNREAD_S", 3_600.0)
        played.end(status, "status")
        played.end(health, "health")
        await seen.sees("run: 1.1.3 Start  [enter]", "enter: run it")
        await seen.press("enter", "enter", "enter", "n", *"seen", "enter")
        await seen.until(lambda: written(journal, e.NoteAdded), "the note, which comes after the enters")
        assert [body.step for body in written(journal, e.RunRequested)] == ["status", "health"]


async def test_an_attempt_that_failed_goes_on_with_what_it_failed_of(
    services: FakeServices, journal: Journal, size: tuple[int, int]
) -> None:
    said = [e.StepMarkedDone(step=one, note="seen") for one in ("status", "health")]
    journal.append(*said)
    async with console(services, size) as seen:
        played = Played(seen, journal)
        await seen.press("enter")
        [run] = await played.begin("start")
        played.end(run, "start", "failed")
        await seen.sees("run: 1.1.4 Verify  [enter]", "1.1.3 Start  start failed")


async def test_what_a_verification_found_stays_in_sight(services: FakeServices, journal: Journal) -> None:
    journal.append(*(e.StepMarkedDone(step=one, note="seen") for one in ("status", "health", "start")))
    async with console(services) as seen:
        played = Played(seen, journal)
        await seen.press("enter")
        [run] = await played.begin("verify")
        played.end(run, "verify", findings=[DOWN])
        await seen.sees("tick: 1.1.5 Tell  [g: go there]")
        await seen.press("g")
        await seen.sees("tick: 1.1.5 Tell  [1]")


async def test_it_stays_where_a_person_put_it(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        played = Played(seen, journal)
        await seen.press("enter")
        status, health = await played.begin("status", "health")
        await seen.at("health")
        played.end(health, "health")
        played.end(status, "status")
        await seen.sees("run: 1.1.3 Start  [g: go there]")
        assert seen.incident_screen.cursor.step_id == "health"


async def test_it_goes_on_once_what_is_under_way_lets_it(services: FakeServices, journal: Journal) -> None:
    journal.append(*(e.StepMarkedDone(step=one, note="seen") for one in ("status", "health", "start")))
    async with console(services) as seen:
        played = Played(seen, journal)
        await seen.press("enter")
        [verify] = await played.begin("verify")
        await seen.at("rest")
        await seen.press("enter")
        [rest] = await played.begin("rest")
        played.end(rest, "rest")
        await seen.sees("wait for what is running (1)")
        played.end(verify, "verify")
        await seen.sees("tick: 1.1.5 Tell  [1]")
