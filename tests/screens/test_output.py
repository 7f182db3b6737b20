"""A run's output on the whole screen."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from journal.events import types as e
from journal.store.journal import Journal
from journal.store.rows import OutputLine
from screens.widgets.log_view import LogView
from tests.screens.app_services import START, FakeServices, PlayedRunner
from tests.screens.driving import DEADLINE, Console, console


def printing(journal: Journal, runner: PlayedRunner, *texts: str) -> int:
    run = journal.append(e.RunRequested(step="check", action="status.check"))[0].seq
    runner.start(run, step="check", action="status.check")
    runner.say(run, *texts)
    return run


def view(seen: Console) -> LogView:
    return seen.app.screen.query_one(LogView)


async def test_all_lines_are_there_and_the_end_is_followed(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    run = printing(journal, runner, *(f"line {n}" for n in range(1, 9001)))
    async with console(services, size) as seen:
        await seen.sees("line 9000")
        await seen.press("o")
        await seen.sees("LAB", "Output", "9,000 lines · following", "line 9000", "1 running", "NEXT")
        await seen.press("home")
        await seen.sees("line 1\n", "not following")
        runner.say(run, "line 9001")
        await seen.sees("9,001 lines · not following", "line 1\n")
        await seen.press("f")
        await seen.sees("line 9001", "· following")
        await seen.press("o")
        await seen.until(lambda: seen.app.screen is seen.incident_screen, "the checklist")


async def test_all_lines_are_there_for_who_comes_back_before_anybody_noticed(
    services: FakeServices, journal: Journal, runner: PlayedRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    printing(journal, runner, "what it printed")
    looks, go_on = threading.Event(), threading.Event()

    def look_slowly(incident_id: str) -> bool:
        looks.set()
        return go_on.wait(DEADLINE)

    async with console(services) as seen:
        await seen.at("check")
        await seen.sees("what it printed")
        monkeypatch.setattr(services, "runner_alive", look_slowly)
        await seen.until(looks.is_set, "the follower at something else")
        await seen.press("down")
        await seen.no_longer_sees("what it printed")
        await seen.press("up")
        go_on.set()
        await seen.sees("what it printed")


async def test_words_are_found_in_everything_and_gone_through(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    texts = [f"{'ERROR' if n in (7, 4000, 11990) else 'line'} {n}" for n in range(1, 12_001)]
    run = printing(journal, runner, *texts)
    async with console(services, size) as seen:
        await seen.sees("line 12000")
        await seen.press("o", "slash")
        await seen.type("error")
        await seen.press("enter")
        await seen.sees("“error”: 3 of 3 lines", "ERROR 11990")
        await seen.press("N")
        await seen.sees("2 of 3 lines", "ERROR 4000")
        await seen.press("N")
        await seen.sees("1 of 3 lines", "ERROR 7")
        await seen.press("N")
        await seen.sees("3 of 3 lines", "ERROR 11990")
        runner.say(run, "error again")
        await seen.sees("3 of 4 lines")
        await seen.press("n")
        await seen.sees("4 of 4 lines", "error again")
        await seen.press("slash")
        await seen.type(" is nowhere")
        await seen.press("enter")
        await seen.sees("nowhere")


async def test_output_is_copied_to_a_file_and_the_clipboard(
    services: FakeServices, journal: Journal, runner: PlayedRunner
) -> None:
    run = printing(journal, runner, "first", "\x1b[31msecond\x1b[0m", "third")
    files = journal.path.parent / "files"
    async with console(services) as seen:
        await seen.sees("third")
        await seen.press("o", "y")
        await seen.sees("3 lines copied")
        assert (files / f"output-run-{run}.txt").read_text() == "first\nsecond\nthird\n"
        assert seen.app.clipboard == "first\nsecond\nthird\n"
        await seen.press("slash")
        await seen.type("second")
        await seen.press("enter")
        await seen.sees("1 of 1 line")
        await seen.press("y")
        await seen.until(lambda: seen.app.clipboard == "second\n", "only what was found")
        assert (files / f"output-run-{run}-found.txt").read_text() == "second\n"


async def test_a_copy_that_cannot_be_written_is_said(
    services: FakeServices, journal: Journal, runner: PlayedRunner, tmp_path: Path
) -> None:
    printing(journal, runner, "first")
    (journal.path.parent / "files").write_text("in the way")
    async with console(services) as seen:
        await seen.sees("first")
        await seen.press("o", "y")
        await seen.sees("could not be written to")
        services.runner_trouble = "no space left on /var"
        await seen.sees("THE JOURNAL CANNOT BE WRITTEN: no space left on /var", "could not be written to")


async def test_a_flood_leaves_the_keys_alone(services: FakeServices, journal: Journal, runner: PlayedRunner) -> None:
    run = printing(journal, runner, "begin")
    async with console(services) as seen:
        await seen.press("o")
        await seen.sees("begin")
        for batch in range(10):
            first = 2 + batch * 2_500
            journal.append_output(run, [OutputLine(run, 0, START, "out", f"flood {first + n}") for n in range(2_500)])
            follows = view(seen).following
            seen.key("f")
            await seen.until(lambda was=follows: view(seen).following is not was, "an answer to the key")
        await seen.sees("25,001 lines")
        assert len(view(seen)._shelf) <= 5_000
        await seen.press("end")
        await seen.sees("flood 25001")
