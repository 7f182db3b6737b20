"""A step over three systems: the screen counts them, opens into the list, and asks for those that are not done."""

from __future__ import annotations

import pytest

from journal.events import types as e
from journal.events.run import KnownSystem
from journal.incident.fold import fold_journal
from journal.store.journal import Journal
from tests.screens.app_services import RESTORE, FakeServices, PlayedRunner
from tests.screens.driving import Console, console, requested

NAMES = ("orders", "billing", "users")
VERIFY = {"step": "verify", "action": "postgres.verify"}


@pytest.fixture
def fleet(at_restore: Journal, runner: PlayedRunner) -> Journal:
    systems = [KnownSystem(name=name, type="postgres", plays="postgres", acts=["postgres"]) for name in NAMES]
    at_restore.append(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=systems))
    return at_restore


def asked(journal: Journal) -> dict[str, int]:
    """The systems for which runs were asked and not answered yet, and those runs."""
    incident = fold_journal(journal.path)
    return {run.system: run.id for run in incident.unanswered()}


async def test_what_is_destructive_is_confirmed_at_one_system_after_the_other(
    services: FakeServices, fleet: Journal, runner: PlayedRunner
) -> None:
    async with console(services) as seen:
        await seen.at("restore")
        for done, name in enumerate(NAMES[:2]):
            await seen.press("enter")
            await seen.sees("DESTRUCTIVE", f"Restore from latest backup on {name}")
            run = await requested(seen, fleet, 2 * done + 1)
            assert asked(fleet) == {name: run}
            runner.start(run, **RESTORE, system=name, dry_run=True, destructive=True)
            runner.finish(run, step="restore", summary="would restore")
            await seen.sees("to go on, type")
            await seen.type("cleoai-lab")
            await seen.press("enter")
            run = await requested(seen, fleet, 2 * done + 2)
            assert asked(fleet) == {name: run}
            runner.start(run, **RESTORE, system=name, destructive=True)
            await seen.sees(f"{done}/3 done · 1 running")
            runner.finish(run, step="restore")
            await seen.sees(f"{done + 1}/3 done")


async def test_the_screen_counts_the_systems_and_again_means_those_that_are_not_done(
    services: FakeServices, fleet: Journal, runner: PlayedRunner
) -> None:
    fleet.append(e.StepMarkedDone(step="restore", note="by hand"))
    async with console(services, (120, 40)) as seen:
        await seen.at("verify")
        await seen.press("enter")
        await seen.until(lambda: len(asked(fleet)) == len(NAMES), "a request for each")
        runs = asked(fleet)
        for name, run in runs.items():
            runner.start(run, **VERIFY, system=name)
        await seen.sees("0/3 done · 3 running")
        for name, run in runs.items():
            runner.finish(
                run, step="verify", status="failed" if name == "billing" else "succeeded", summary=f"of {name}"
            )
        await seen.sees("2/3 done · 1 FAILED", "billing  FAILED  of billing", "users  done")
        await seen.press("enter")
        await seen.until(lambda: asked(fleet), "a request")
        assert list(asked(fleet)) == ["billing"]


async def override(seen: Console) -> None:
    await seen.sees("REFUSED", "Go on anyway")
    await seen.press("shift+tab")
    await seen.type("it must")
    await seen.press("enter", "enter")


async def test_an_override_is_for_the_system_that_was_refused_alone(
    services: FakeServices, fleet: Journal, runner: PlayedRunner
) -> None:
    fleet.append(e.StepMarkedDone(step="restore", note="by hand"))
    async with console(services, (120, 40)) as seen:
        await seen.at("verify")
        await seen.press("enter")
        await seen.until(lambda: len(asked(fleet)) == len(NAMES), "a request for each")
        runs = asked(fleet)
        runner.refuse(runs["users"], step="verify", gate="order", message="Not yet.", yields="reason")
        await override(seen)
        await seen.until(lambda: asked(fleet)["users"] != runs["users"], "another request")
        assert asked(fleet) == {**runs, "users": asked(fleet)["users"]}


async def test_what_was_asked_of_no_system_is_not_overridden_at_all_of_them(
    services: FakeServices, at_restore: Journal, runner: PlayedRunner
) -> None:
    at_restore.append(e.StepMarkedDone(step="restore", note="by hand"))
    async with console(services, (120, 40)) as seen:
        await seen.at("verify")
        await seen.press("enter")
        run = await requested(seen, at_restore, 1)
        systems = [KnownSystem(name=name, type="postgres", plays="postgres", acts=["postgres"]) for name in NAMES]
        at_restore.append(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=systems))
        runner.refuse(run, step="verify", gate="order", message="Not yet.", yields="reason")
        await override(seen)
        await seen.sees("acts on several systems: orders, billing, users")
        assert not asked(at_restore)
