"""What looking at a system must keep to: its time, its doubts about who answers, and silence on secrets."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from actions.action import Action
from actions.context import ActionContext
from actions.health import Health
from actions.inventory import load_inventory
from actions.outcome import Outcome
from actions.overview.measurements import examine, measure
from actions.redaction import BLOT, Redactor
from actions.runner import World
from actions.system_types import system_type
from cleo_console.world import probes
from cleo_contract.declaration import actions_of
from cleo_contract.incident import Work
from cleo_contract.system import SystemUnderTest
from journal.incident.records import RunState
from journal.plan.action_spec import ActionSpec

_DEADLINE_S = 3.0
_SLACK_S = 1.5
"""Seconds over a deadline that count as none: for threads and programs on a busy machine."""
_LOOK = "contract.look"


class LookingContract:
    """Measures, examines and reads."""

    def test_it_is_measured_as_it_is(self, system: SystemUnderTest) -> None:
        health = measured(system, 8.0)
        assert health.status in ("up", "degraded"), health
        assert health.detail

    def test_a_hang_costs_the_deadline_and_no_more(self, system: SystemUnderTest, work: Work) -> None:
        with system.hangs():
            begun = time.monotonic()
            health = measured(system, _DEADLINE_S)
            took_s = time.monotonic() - begun
            assert health.status in ("not answering", "not measured"), f"a hang is no proof of a death: {health}"
            assert took_s <= _DEADLINE_S + _SLACK_S
            with work.runner(lambda world: _with_look(world, system.name, health)):
                looked = work.do(_LOOK)
            assert looked.state is RunState.SUCCEEDED, looked
            assert looked.facts["took_s"] <= system.examine_s + _SLACK_S
        assert measured(system, 8.0).status in ("up", "degraded")

    def test_a_deadline_that_is_too_short_kills_nobody(self, system: SystemUnderTest) -> None:
        """As on a machine that is too busy for its probes: neither it nor its host is asked to the end in time."""
        health = measured(system, 0.0005)
        assert health.status != "down", health

    def test_its_secrets_never_show(self, system: SystemUnderTest, work: Work) -> None:
        secrets = system.secrets
        will_show = system.show_secrets()
        looks = [name for name, action in actions_of(system_type(system.type)).items() if not _changes(action.spec)]
        with work.runner(), _watched(secrets, system.told_by_environment) as shown:
            names = [*looks, "status.check", "health.check", "damage.report"]
            runs = [work.do(name, **system.params.get(name, {})) for name in names]
            said = _cleo_health(work)
        assert any(BLOT in work.output(run.id) for run in runs) or not will_show, "it was never in danger"
        assert not shown, shown[:3]
        assert [form for form in secrets if form in said] == []
        with work.set_down():  # a journal is read as a file by nobody who has it open
            assert [str(path) for path in work.home.rglob("*") if path.is_file() and _holds(path, secrets)] == []


def _changes(spec: ActionSpec) -> bool:
    return spec.destructive or bool(spec.touches)


def measured(system: SystemUnderTest, deadline_s: float) -> Health:
    """Return the system's health as console and runner measure it."""
    return measure(probes(load_inventory(system.inventory))[system.name], deadline_s, Redactor())


def _with_look(world: World, name: str, health: Health) -> World:
    """Return a world with one action more: the closer look at one system, and how long it takes."""

    def look(ctx: ActionContext) -> Outcome:
        begun = time.monotonic()
        examine(ctx, name, health, thorough=False)
        return Outcome(ok=True, summary="looked", facts={"took_s": time.monotonic() - begun})

    action = Action(ActionSpec(name=_LOOK, title="Look"), look)
    return replace(
        world, registry={**world.registry, _LOOK: action}, catalogue={**dict(world.catalogue), _LOOK: action.spec}
    )


def _cleo_health(work: Work) -> str:
    """Return what ``cleo health`` says."""
    env = {**os.environ, "CLEO_HOME": str(work.home), "CLEO_INVENTORY": str(work.inventory)}
    argv = [sys.executable, "-P", "-m", "cleo_console", "health"]
    done = subprocess.run(argv, capture_output=True, text=True, env=env, check=False)
    return done.stdout + done.stderr


def _holds(path: Path, secrets: list[str]) -> bool:
    text = path.read_bytes().decode("utf-8", "replace")
    return any(secret in text for secret in secrets)


@contextmanager
def _watched(secrets: list[str], may_be_told: Collection[str]) -> Iterator[list[str]]:
    """Look at the command line and the environment of every process that begins in the block."""
    found: list[str] = []
    before, over = set(_pids()), threading.Event()

    def watch() -> None:
        while not over.wait(0.01):
            for pid in _pids() - before:
                found.extend(_shown_by(pid, secrets, may_be_told))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def _pids() -> set[int]:
    return {int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()}


def _shown_by(pid: int, secrets: list[str], may_be_told: Collection[str]) -> Iterator[str]:
    """Yield where a process shows a secret."""
    with suppress(OSError):
        argv = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        if not argv[0]:  # it is just being executed, or ends: the next look tells
            return
        if any(secret in word for word in argv for secret in secrets):
            yield f"command line of {argv[0]}"
        if _program(argv) not in may_be_told and _holds(Path(f"/proc/{pid}/environ"), secrets):
            yield f"environment of {argv[0]}"


def _program(argv: list[str]) -> str:
    """Return the name of what a process runs; of a `chroot` that changes the account, what it is about to become."""
    becomes = argv[argv.index("/") + 1 :] if Path(argv[0]).name == "chroot" and "/" in argv else []
    return Path((becomes or argv)[0]).name
