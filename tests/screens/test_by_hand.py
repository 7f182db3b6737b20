"""The shell commands of a step: shown, copied to the terminal's clipboard, and kept in a file."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping

import pytest

from actions.by_hand import Typed
from cleo_console.clipboard import clipboard_sequence
from journal.events import types as e
from journal.store.journal import Journal
from tests.screens.app_services import RESTORE, FakeServices, PlayedRunner
from tests.screens.driving import console

KEEP = Typed("on db1 (ssh root@10.0.0.5)", ["Keep the old data:"], "mv -T '/data' '/data.aside'")
FETCH = Typed("", [], "pgbackrest --stanza=main restore --set=BACKUP --delta")


async def test_they_are_shown_and_copied_with_one_key(
    services: FakeServices, journal: Journal, size: tuple[int, int]
) -> None:
    services.commands["restore"] = [KEEP, FETCH]
    async with console(services, size) as seen:
        await seen.at("restore")
        await seen.press("y")
        await seen.sees("on db1 (ssh root@10.0.0.5)", "Keep the old data:", KEEP.text, FETCH.text, "OSC 52")
        script = f"# {KEEP.where}:\n# Keep the old data:\n{KEEP.text}\n{FETCH.text}"
        assert seen.app.clipboard == script
        assert (journal.path.parent / "files" / "commands-restore.sh").read_text() == f"{script}\n"
        await seen.press("down", "y")
        assert seen.app.clipboard == FETCH.text
        await seen.press("Y")
        assert seen.app.clipboard == script
        await seen.press("escape", "n")
        await seen.sees("Note")


async def test_what_a_run_began_is_shown_as_it_was_begun(
    services: FakeServices, journal: Journal, runner: PlayedRunner
) -> None:
    runner.take_lease()
    run = journal.append(e.RunRequested(**RESTORE))[0].seq
    runner.start(run, **RESTORE)
    journal.append(e.ProgramStarted(run=run, key="restore", argv=["pgbackrest", "--set=20261122-020003F"], host="db1"))
    async with console(services) as seen:
        await seen.at("restore")
        await seen.press("y")
        await seen.sees(f"begun by run {run}", "on db1", "pgbackrest --set=20261122-020003F")


async def test_a_step_without_a_command_says_so_and_leaves_the_clipboard_alone(
    services: FakeServices, journal: Journal
) -> None:
    async with console(services) as seen:
        await seen.at("check")
        await seen.press("y")
        await seen.sees("nobody knows where to type what")
        assert seen.app.clipboard == ""


@pytest.mark.parametrize(
    ("environ", "packed"),
    [
        ({"TERM": "xterm-256color"}, ""),
        ({"TERM": "xterm", "TMUX": "/tmp/tmux-0/default,1,0"}, r"\x1bPtmux;(.*?)\x1b\\"),
        ({"TERM": "screen", "STY": "1.pts"}, r"\x1bP(.*?)\x1b\\"),
    ],
)
def test_the_clipboard_is_reached_through_tmux_and_screen(environ: Mapping[str, str], packed: str) -> None:
    text = "pg_ctl stop\n" * 100
    sequence = clipboard_sequence(text, environ)
    if packed:
        pieces = re.findall(packed, sequence, re.DOTALL)
        assert all(len(piece) <= 768 for piece in pieces) or "TMUX" in environ
        sequence = "".join(pieces).replace("\x1b\x1b", "\x1b")
    assert b64decode(sequence.removeprefix("\x1b]52;c;").removesuffix("\a")).decode() == text
