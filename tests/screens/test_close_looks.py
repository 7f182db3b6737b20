"""Closing at the console: what is in force is looked at, while the dialog is open already."""

from __future__ import annotations

from journal.events import types as e
from journal.plan.action_spec import ActionSpec
from journal.store.journal import Journal, Reader
from tests.screens.app_services import FakeServices, PlayedRunner
from tests.screens.driving import console, written

SAID = "Expiry is at work; scheduled backups run."


async def test_what_is_seen_of_a_hold_comes_into_the_open_dialog(
    services: FakeServices, journal: Journal, runner: PlayedRunner
) -> None:
    known = services.catalogue()
    held = journal.append(e.RunRequested(step="check", action="backups.hold"))[0].seq
    runner.start(held, step="check", action="backups.hold", undone_by="backups.release")
    runner.finish(held, step="check")
    spec = ActionSpec(name="backups.release", title="Release", probe="backups.held")
    services.catalogue = lambda: {**known, "backups.release": spec}  # type: ignore[method-assign]
    async with console(services) as seen:
        await seen.press("x")
        await seen.sees("Close INC-", "backups.release takes it back; not measured")
        await seen.type("handed over")
        await seen.until(lambda: len(written(journal, e.RunRequested)) == 2, "the look")
        look = written(journal, e.RunRequested)[1]
        assert (look.action, look.probe_of) == ("backups.held", held)
        with Reader(journal.path) as reader:
            run = max(event.seq for event in reader.events(types=["run.requested"]))
        runner.start(run, step="check", action="backups.held", probe_of=held)
        runner.finish(run, step="check", summary=SAID)
        await seen.sees("UTC: Expiry is at work", "handed over")
