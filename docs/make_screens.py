"""Makes docs/screens.md and its pictures: every screen of the console, in one tabletop. Run: make pictures"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from textual.pilot import Pilot

from cleo_console.app import CleoApp
from cleo_console.cli.demo import declaration_of
from cleo_console.demo import DemoServices
from journal.commands.incident import IncidentCommands
from journal.incident.fold import fold_journal
from journal.store.journal import Follower

PAGE = Path(__file__).parent / "screens.md"
PICTURES = Path(__file__).parent / "pictures" / "screens"
SIZE = (120, 40)
_DEADLINE_S = 60.0
_PAUSE_S = 0.2
_TARGET = "simulated-postgres"
_LOOKS = ("check-status", "hold-backups", "verify-backups", "health-check", "damage-report")
_HEAD = """# The screens

Every screen, as the program drew it in a tabletop of the database failure (`make pictures` draws them again). At each
of them `?` tells the keys, and `escape` leads back.
"""


class Shot(NamedTuple):
    """One picture.

    Attributes:
        name: of its file.
        title: above it.
        keys: what is pressed on the screen before.
        wait: what it shows once it is whole.
        text: below its title: what it is for.
        back: how often escape is pressed afterwards.
    """

    name: str
    title: str
    keys: tuple[str, ...]
    wait: str
    text: str
    back: int = 1


Stage = Callable[[IncidentCommands, Callable[..., None]], None]


def _declared(desk: IncidentCommands, done: Callable[..., None]) -> None:
    del desk, done


def _looked(desk: IncidentCommands, done: Callable[..., None]) -> None:
    for step in _LOOKS:
        done(step)
    desk.decide("severity", "high")
    desk.decide("response-team", "team")
    desk.decide("affected", "postgres")


def _point_decided(desk: IncidentCommands, done: Callable[..., None]) -> None:
    del done
    desk.decide("recovery-point", "latest", "the disk died, the data was sound")


def _decided(desk: IncidentCommands, done: Callable[..., None]) -> None:
    desk.decide("strategy", "cold-recovery", "the standby lay on the same array")
    desk.decide("site", "original-site")
    done("postgres-start")
    desk.decide("postgres-cure", "restore")


def _restoring(desk: IncidentCommands, done: Callable[..., None]) -> None:
    done("stop-writers", _TARGET)
    done("postgres-stop", _TARGET)
    done("postgres-restore", _TARGET)
    for told in ("The clean-up of tonight is called off.", "No: what is on a laptop is no backup."):
        desk.note(told)


STAGES: tuple[tuple[Stage, tuple[Shot, ...]], ...] = (
    (
        _declared,
        (
            Shot("incidents", "Incidents", ("escape",), "declare an incident", "The first screen: what is open.", 0),
            Shot("declare", "Declaring one", ("d",), "scenario", "Three answers, the rest is told from them."),
        ),
    ),
    (
        _looked,
        (
            Shot(
                "proposals",
                "Decisions taken together",
                ("enter", "g", "enter"),
                "Decide together",
                "What is proposed, and what speaks for it.",
                0,
            ),
            Shot("recovery-point", "The recovery point", ("up", "enter"), "Latest", "What each loses.", 2),
        ),
    ),
    (
        _point_decided,
        (
            Shot(
                "strategy",
                "The strategy",
                ("g", "enter", "up", "enter"),
                "Warm standby",
                "With what was measured of each.",
                2,
            ),
        ),
    ),
    (
        _decided,
        (
            Shot(
                "interlock",
                "The interlock",
                ("g", "enter"),
                "to go on, type",
                "Before anything destructive: type what it is.",
            ),
            Shot("skip", "Leaving a step out", ("s",), ".", "A reason, which the report repeats."),
            Shot("note", "A note", ("n",), ".", "What no program sees; late ones carry their own time."),
        ),
    ),
    (
        _restoring,
        (
            Shot("incident", "The incident", ("g", "up"), ".", "Checklist, step, health, clocks, and what is NEXT.", 0),
            Shot("output", "A step's output", ("o",), ".", "All that its programs printed, to be searched."),
            Shot("commands", "By hand", ("y",), ".", "The same step, as commands to type without the program."),
            Shot("health", "Health", ("h",), ".", "Every system: what was seen, when, and how it changed."),
            Shot("timeline", "The timeline", ("t",), ".", "All that happened, in sentences."),
            Shot("contacts", "Escalation", ("e",), ".", "Whom to call, who answered, who is overdue."),
            Shot("handover", "Handover", ("H",), ".", "What whoever takes over must know."),
            Shot("report", "The report", ("R",), "What happened", "As it is now; its open parts are written here."),
            Shot("help", "Help", ("question_mark",), ".", "All keys and symbols."),
            Shot("close", "Closing", ("x",), ".", "What is open, failed, held or unsaid, before it is closed."),
        ),
    ),
)


async def main() -> None:
    """Draw every screen, and write the page that shows them."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        os.environ |= {
            "CLEO_HOME": home,
            "CLEO_ACTOR": "oncall@bastion",
            "COLORTERM": "truecolor",
            "CLEO_THEME": "dark",
        }
        with DemoServices("oncall@bastion", speed=30) as host:
            incident = host.declare(declaration_of(host, "database-failure"))
            host.ensure_runner(incident)
            app = CleoApp(host, open_incident=incident)
            async with app.run_test(size=SIZE) as pilot:
                for stage, shots in STAGES:
                    await asyncio.to_thread(_go_to, stage, host, incident)
                    for shot in shots:
                        await _draw(pilot, shot)
    PAGE.write_text("\n".join([_HEAD, *_page()]), encoding="utf-8")


def _go_to(stage: Stage, host: DemoServices, incident_id: str) -> None:
    """Do what a stage is made of."""
    path = host.paths.incident(incident_id).journal
    with host.open(incident_id) as journal, Follower(path) as follower:
        desk = IncidentCommands(journal, lambda: fold_journal(path))

        def done(step: str, confirmed: str = "") -> None:
            run = desk.request_run(step, confirmed=confirmed)
            while not fold_journal(path).runs[run].state.over:
                follower.wait(_PAUSE_S)

        stage(desk, done)


async def _draw(pilot: Pilot[Any], shot: Shot) -> None:
    """Press the keys, wait until the screen is whole and still, and write its picture."""
    await pilot.pause(_PAUSE_S * 4)  # a dialog takes no enter in its first half second
    before = pilot.app.screen
    for key in shot.keys:
        await pilot.press(key)
        await pilot.pause(_PAUSE_S)
    end = asyncio.get_running_loop().time() + _DEADLINE_S
    while (shot.back and pilot.app.screen is before) or not re.search(shot.wait, _text(pilot)):
        if asyncio.get_running_loop().time() > end:
            raise SystemExit(f"{shot.name}: never showed {shot.wait!r}; it shows\n{_text(pilot)}")
        await pilot.pause(_PAUSE_S)
    await pilot.pause(_PAUSE_S * 3)
    (PICTURES / f"{shot.name}.svg").write_text(pilot.app.export_screenshot(title="cleo"), encoding="utf-8")
    for _ in range(shot.back):
        await pilot.press("escape")


def _text(pilot: Pilot[Any]) -> str:
    return re.sub(r"<[^>]+>|&#160;", " ", pilot.app.export_screenshot())


def _page() -> Iterator[str]:
    for _, shots in STAGES:
        for shot in shots:
            yield f"## {shot.title}\n\n{shot.text}\n\n![{shot.title}](pictures/screens/{shot.name}.svg)\n"


if __name__ == "__main__":
    asyncio.run(main())
