"""Random keys break nothing and write nothing that nobody said; sixty enters from the start neither."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.widgets import Input

from journal.events import types as e
from journal.incident.fold import apply_event, fold_events, fold_journal
from journal.incident.suggestion import suggestion
from journal.store.journal import Journal, Reader
from screens.dialogs.override import OverrideDialog
from tests.screens.app_services import FakeServices, PlayedRunner
from tests.screens.driving import console, requested
from tests.screens.mashing import mash


@pytest.mark.parametrize("seed", [1])
async def test_random_keys_write_only_what_they_may(tmp_path: Path, seed: int) -> None:
    await mash(tmp_path, seed, 250)


async def test_sixty_enters_in_three_seconds_write_nothing_that_is_not_so(
    services: FakeServices, journal: Journal, runner: PlayedRunner
) -> None:
    """Whatever runs succeeds at once, so that enter comes as far as it can."""
    async with console(services, (80, 24), every_frame=True) as seen:
        for _ in range(60):
            seen.key("enter")
            await asyncio.sleep(0.05)
            for run in list(fold_journal(journal.path).unfinished()):
                about = {"step": run.step, "action": run.action, "dry_run": run.dry_run}
                runner.start(run.id, **about)
                runner.finish(run.id, step=run.step)
        await seen.until(lambda: not seen.app._keys.waiting, "all keys handed on")
        await seen.is_still()
    with Reader(journal.path) as reader:
        declared, *events = reader.events()
    incident = fold_events([declared])
    for event in events:
        if isinstance(event.body, e.DecisionMade):  # what evidence or declaration supports, and nothing else
            decision = incident.plan.by_id[event.body.step].decision
            assert decision and suggestion(incident, decision).answer == event.body.answer
        elif event.actor == services.actor:
            assert isinstance(event.body, e.RunRequested)
            assert event.body.dry_run or not incident.plan.by_id[event.body.step].destructive
        apply_event(incident, event)
    assert incident.steps["check"].runs


async def test_a_target_that_is_typed_never_lands_in_the_reason_of_a_refusal(
    services: FakeServices, journal: Journal, runner: PlayedRunner
) -> None:
    """The refusal comes by itself, in the middle of what somebody types."""
    async with console(services, every_frame=True) as seen:
        await seen.press("enter")
        run = await requested(seen, journal)
        runner.refuse(run, step="check", gate="hold", message="Backups are not held.", yields="reason and target")
        while not isinstance(seen.app.screen, OverrideDialog):
            seen.key("underscore")
            await asyncio.sleep(0.02)
        for char in "cleoai":
            seen.key(char)
        await seen.until(lambda: not seen.app._keys.waiting, "all keys handed on")
        assert not seen.app.screen.query_one("#reason", Input).value
        assert not seen.app.screen.query_one("#typed", Input).value
