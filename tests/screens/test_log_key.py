"""The log of the failing system is one key away."""

from __future__ import annotations

import pytest

from journal.events import types as e
from journal.plan.action_spec import ActionSpec, Catalogue
from journal.store.journal import Journal
from tests.screens.app_services import FakeServices, PlayedRunner
from tests.screens.driving import console, requested, written


class WithLog(FakeServices):
    """The same services, with a system whose log can be shown."""

    def catalogue(self) -> Catalogue:
        return {**super().catalogue(), "postgres.log": ActionSpec(name="postgres.log", title="Show the log")}


async def test_it_is_asked_for_and_shown_as_it_comes(
    services: FakeServices, journal: Journal, runner: PlayedRunner
) -> None:
    services.__class__ = WithLog
    runner.take_lease()
    async with console(services) as seen:
        await seen.at("severity")
        await seen.press("L")
        run = await requested(seen, journal)
        asked = written(journal, e.RunRequested)[0]
        assert (asked.action, asked.system, asked.step) == ("postgres.log", "postgres", "")
        runner.start(run, step="", action="postgres.log")
        runner.say(run, "PANIC:  could not locate a valid checkpoint record")
        await seen.sees("Output", "PANIC:  could not locate a valid checkpoint record")


@pytest.mark.parametrize("size", [(80, 24)])
async def test_the_key_line_has_it_while_something_is_wrong(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    services.__class__ = WithLog
    runner.take_lease()
    async with console(services, size) as seen:
        await seen.at("severity")
        assert "L log" not in seen.shown("#keys")
        journal.append(e.HealthChanged(system="postgres", was="up", status="down"))
        await seen.until(lambda: "L log" in seen.shown("#keys"), "the key of the log")


async def test_where_no_log_can_be_shown_the_key_does_nothing(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        await seen.at("severity")
        await seen.press("L", "n")
        await seen.sees("Note")
        assert written(journal, e.RunRequested) == []
