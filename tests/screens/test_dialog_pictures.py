"""Pictures of the dialogs, and of the pages that `test_pictures` does not show; the larger size in `make soak`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from journal.events import types as e
from journal.store.journal import Journal, JournalWriteFailed
from screens.dialogs.override import OverrideDialog
from tests.screens.app_services import INCIDENT, FakeServices, PlayedRunner, declaration
from tests.screens.driving import Console, requested
from tests.screens.pictures import Snap, same_everywhere, shot

__all__ = ["same_everywhere"]


@pytest.fixture(params=[(80, 24), pytest.param((120, 40), marks=pytest.mark.soak)], ids=["80x24", "120x40"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    """Both sizes; a dialog hides what differs between them."""
    return request.param  # type: ignore[no-any-return]


class Dialog(NamedTuple):
    """What opens a dialog: keys, then words that are typed and keys again; ``sees`` is on the screen in the end."""

    keys: Sequence[str]
    sees: str
    words: str = ""
    then: Sequence[str] = ()
    step: str = ""


DIALOGS = {
    "choose-one": Dialog(["enter"], "Data lost", step="severity"),
    "choose-systems": Dialog(["enter", "down", "space"], "[ ] MongoDB", step="affected"),
    "skip": Dialog(["s"], "gone with the data", "gone with the data", step="post"),
    "done-by-hand": Dialog(["m"], "restarted it", "restarted it", step="verify"),
    "note": Dialog(["n"], "the lights went out", "the lights went out"),
    "late-entry": Dialog(["t", "l"], "Say when it happened", "lights out", ["enter"]),
    "close": Dialog(["x"], "Nothing was closed", "1", ["enter"]),
    "report": Dialog(["R"], "up to date"),
    "action-item": Dialog(["R", "end", "up", "enter"], "Test restores", "Test restores"),
    "sign-off": Dialog(["R", "end", "enter"], "A signature wants a role.", "", ["enter"]),
    "page-somebody": Dialog(["e", "p"], "phone", "phone"),
}


@pytest.mark.parametrize("name", DIALOGS)
def test_dialog(snap_compare: Snap, services: FakeServices, journal: Journal, size: tuple[int, int], name: str) -> None:
    dialog = DIALOGS[name]

    async def drive(seen: Console) -> None:
        await seen.sees("NEXT")
        if dialog.step:
            await seen.at(dialog.step)
        await seen.press(*dialog.keys)
        await seen.has_cursor()
        await seen.type(dialog.words)
        await seen.press(*dialog.then)
        await seen.sees(dialog.sees)

    shot(snap_compare, services, size, drive)


def test_an_answer_in_words(snap_compare: Snap, services: FakeServices, tmp_path: Path, size: tuple[int, int]) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(Path(__file__).with_name("plan.yaml").read_text().replace("kind: systems", "kind: text"))
    services.load(plan)
    services.begin(INCIDENT, declaration()).close()

    async def drive(seen: Console) -> None:
        await seen.sees("NEXT")
        await seen.at("affected")
        await seen.press("enter")
        await seen.sees("Which systems must be recovered?")
        await seen.type("postgres")

    shot(snap_compare, services, size, drive)


def test_decisions_together(snap_compare: Snap, services: FakeServices, tmp_path: Path, size: tuple[int, int]) -> None:
    plan, text = tmp_path / "plan.yaml", Path(__file__).with_name("plan.yaml").read_text()
    for step in ("severity", "affected", "recovery-point", "strategy"):
        text = text.replace(f"- id: {step}\n", f"- id: {step}\n            together: decisions\n")
    plan.write_text(text)
    services.load(plan)
    services.begin(INCIDENT, declaration()).close()

    async def drive(seen: Console) -> None:
        await seen.sees("NEXT")
        await seen.at("severity")
        await seen.press("enter")
        await seen.sees("Decide together")

    shot(snap_compare, services, size, drive)


def test_refusal_that_yields(
    snap_compare: Snap, services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    async def drive(seen: Console) -> None:
        await seen.sees("NEXT")
        await seen.press("enter")
        run = await requested(seen, journal)
        runner.refuse(run, step="check", gate="hold", message="Backups are not held.", yields="reason")
        await seen.until(
            lambda: isinstance(seen.app.screen, OverrideDialog) and not seen.app.screen.unread, "the refusal"
        )

    shot(snap_compare, services, size, drive)


def test_leaving(
    snap_compare: Snap, services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    run = journal.append(e.RunRequested(step="check", action="status.check"))[0].seq
    runner.start(run, step="check", action="status.check")

    async def drive(seen: Console) -> None:
        await seen.sees("1 running")
        await seen.press("q")
        await seen.sees("Leave the console?")

    shot(snap_compare, services, size, drive)


def test_what_went_wrong(
    snap_compare: Snap, services: FakeServices, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_opened(*asked: object) -> Journal:
        raise JournalWriteFailed("The journal could not be written: its disk is full.", "Free some space, then repeat.")

    monkeypatch.setattr(services, "open", not_opened)
    services.begin(INCIDENT, declaration()).close()

    async def drive(seen: Console) -> None:
        await seen.sees("Not done: start the runner", "Do next")

    shot(snap_compare, services, size, drive)


def test_too_small(snap_compare: Snap, services: FakeServices, journal: Journal) -> None:
    async def drive(seen: Console) -> None:
        await seen.sees("Too small:", "40x10")

    shot(snap_compare, services, (40, 10), drive)
