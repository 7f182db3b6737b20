"""Makes the pictures of README and docs: the console itself, in the middle of a tabletop. Run: make pictures"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from textual.pilot import Pilot

if TYPE_CHECKING:
    from cleo_console.demo import DemoServices

PICTURES = Path(__file__).parent / "pictures"
SIZES = ((120, 40), (80, 24))
_DEADLINE_S = 60.0
_PAUSE_S = 0.1


async def main() -> None:
    """Draw the incident screen while a restore runs, in both sizes, and the console of whoever leads an exercise."""
    PICTURES.mkdir(exist_ok=True)
    for width, height in SIZES:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
            os.environ |= {
                "CLEO_HOME": home,
                "CLEO_ACTOR": "oncall@bastion",
                "COLORTERM": "truecolor",
                "CLEO_THEME": "dark",
            }
            picture = await _draw(width, height)
        (PICTURES / f"incident-{width}x{height}.svg").write_text(picture, encoding="utf-8")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        os.environ["CLEO_HOME"] = home
        (PICTURES / "facilitator.svg").write_text(await _draw_leading(), encoding="utf-8")


async def _draw_leading() -> str:
    """Draw the facilitator's console: injects answered, open, held and to come, two participants, a hint given."""
    from cleo_console.cli.demo import declaration_of
    from cleo_console.demo import DemoServices
    from cleo_console.facilitate import FacilitatorApp

    with DemoServices("ana@bastion", speed=30) as players, DemoServices("eve@bastion", speed=30) as host:
        incident = players.declare(declaration_of(players, "database-failure"))
        host.ensure_runner(incident)
        await asyncio.to_thread(_lead, host, incident)
        app = FacilitatorApp(host, incident)
        async with app.run_test(size=(120, 24)) as pilot:
            await _shows(pilot, "free-1")
            for _ in range(2):
                await pilot.press("down")
            await _shows(pilot, "expected")
            return app.export_screenshot(title="cleo exercise lead")


def _lead(host: DemoServices, incident_id: str) -> None:
    """Play a little: ana leads, ben writes down; the facilitator asks, helps, holds and notes."""
    from journal.commands.exercise import ExerciseCommands
    from journal.commands.incident import IncidentCommands
    from journal.events.envelope import Clock
    from journal.incident.fold import fold_journal
    from journal.incident.state import Incident
    from journal.store.journal import Follower, Journal

    path = host.paths.incident(incident_id).journal

    def now() -> Incident:
        return fold_journal(path)

    with host.open(incident_id) as journal, Follower(path) as follower:
        people = {
            name: Journal.open(path, actor=f"{name}@bastion", clock=Clock(now=journal.now)) for name in ("ana", "ben")
        }
        ana, ben = (IncidentCommands(one, now) for one in people.values())
        lead = ExerciseCommands(journal, now)
        ana.take_role("lead")
        ben.take_role("scribe")
        lead.hold("tickets")
        lead.give("eta")
        while "eta" not in now().review.unanswered:
            follower.wait(_PAUSE_S)
        lead.say("What is confirmed?", inject="eta")
        lead.ask("@scribe Whom do you tell first? | Users | The press | Nobody")
        ben.reply("free-1", "1 they wait")
        lead.mark("ben@bastion", "+ told users before he was asked")
        lead.mark("ana@bastion", "- no time named for the next update")
        for one in people.values():
            one.close()


async def _draw(width: int, height: int) -> str:
    from cleo_console.app import CleoApp
    from cleo_console.cli.demo import declaration_of
    from cleo_console.demo import DemoServices

    with DemoServices("oncall@bastion", speed=30) as host:
        incident = host.declare(declaration_of(host, "database-failure"))
        host.ensure_runner(incident)
        await asyncio.to_thread(_up_to_the_restore, host, incident)
        app = CleoApp(host, open_incident=incident)
        async with app.run_test(size=(width, height)) as pilot:
            await _restoring(pilot)
            return app.export_screenshot(title="cleo")


def _up_to_the_restore(host: object, incident_id: str) -> None:
    """Do what comes before the restore, and ask for it."""
    from cleo_console.demo import DemoServices
    from journal.commands.incident import IncidentCommands
    from journal.incident.fold import fold_journal
    from journal.incident.state import Incident
    from journal.store.journal import Follower

    assert isinstance(host, DemoServices)
    path = host.paths.incident(incident_id).journal

    def now() -> Incident:
        return fold_journal(path)

    with host.open(incident_id) as journal, Follower(path) as follower:
        desk = IncidentCommands(journal, now)

        def done(step: str, confirmed: str = "") -> None:
            run = desk.request_run(step, confirmed=confirmed)
            while not now().runs[run].state.over:
                follower.wait(_PAUSE_S)

        target = "simulated-postgres"
        for step in ("check-status", "hold-backups", "verify-backups"):
            done(step)
        desk.decide("severity", "high")
        desk.decide("recovery-point", "latest", "the disk died, the data was sound")
        desk.decide("strategy", "cold-recovery")
        desk.decide("site", "original-site")
        done("stop-writers", target)
        done("postgres-start")
        desk.decide("postgres-cure", "restore")
        done("postgres-stop", target)
        desk.request_run("postgres-restore", confirmed=target)


async def _restoring(pilot: Pilot[None]) -> None:
    """Wait until the restore has come some way."""
    await _shows(pilot, r"[2-9]\d\s*%")


async def _shows(pilot: Pilot[None], words: str) -> None:
    """Wait until the screen shows something that a pattern fits."""
    end = asyncio.get_running_loop().time() + _DEADLINE_S
    while asyncio.get_running_loop().time() < end:
        await pilot.pause(_PAUSE_S)
        screen = re.sub(r"<[^>]+>|&#160;", " ", pilot.app.export_screenshot())
        if re.search(words, screen):
            return
    raise SystemExit(f"the screen never showed {words}")


if __name__ == "__main__":
    asyncio.run(main())
