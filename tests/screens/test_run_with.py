"""The parameters of an action are edited before it runs, and the interlock shows what it will run with."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from journal.events import types as e
from journal.plan.action_spec import Catalogue, Param
from journal.store.journal import Journal
from tests.screens.app_services import FakeServices, PlayedRunner
from tests.screens.driving import console, requested, written

PARAMS = {
    "postgres.restore": [
        Param(name="backup", type="str", default="", help="start from this backup's label"),
        Param(name="force", type="bool", default=False),
    ],
    "postgres.verify": [Param(name="minutes", type="int", default=360, help="end after so many minutes")],
}


class WithParams(FakeServices):
    """The same services, with actions that take parameters."""

    def catalogue(self) -> Catalogue:
        found = super().catalogue()
        return {name: replace(spec, params=PARAMS.get(name, [])) for name, spec in found.items()}


@pytest.fixture
def services(services: FakeServices) -> FakeServices:
    services.__class__ = WithParams
    return services


async def test_the_interlock_and_the_run_get_what_was_edited(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    runner.take_lease()
    async with console(services, size) as seen:
        await seen.at("restore")
        await seen.press("p")
        await seen.sees("Run with:", "start from this backup's label", "latest")
        await seen.press("ctrl+u")
        await seen.type("20261122-020003F")
        await seen.press("enter")
        await seen.sees("DESTRUCTIVE", "--backup 20261122-020003F")
        run = await requested(seen, journal)
        asked = written(journal, e.RunRequested)[0]
        assert (asked.params["backup"], asked.dry_run) == ("20261122-020003F", True)
        assert run


async def test_what_is_no_value_is_said_and_nothing_is_asked_for(
    services: FakeServices, journal: Journal, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        await seen.at("verify")
        await seen.press("p", "ctrl+u")
        await seen.type("soon")
        await seen.press("enter")
        await seen.sees("minutes is a whole number, not 'soon'.")
        await seen.press("ctrl+u", "9", "0", "enter")
        await requested(seen, journal)
        assert [asked.params for asked in written(journal, e.RunRequested)] == [{"minutes": 90}]


async def test_the_key_line_has_it_where_the_step_failed(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    runner.take_lease()
    async with console(services, size) as seen:
        await seen.at("verify")
        assert "p run with" not in seen.shown("#keys")
        run = journal.append(e.RunRequested(step="verify", action="postgres.verify"))[0].seq
        runner.start(run, step="verify", action="postgres.verify")
        runner.finish(run, step="verify", status="failed", summary="it took too long")
        await seen.until(lambda: "p run with" in seen.shown("#keys"), "the key of the parameters")


async def test_a_step_without_parameters_has_no_such_key(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        await seen.at("check")
        await seen.press("p", "n")
        await seen.sees("Note")
