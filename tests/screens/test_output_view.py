"""The live output: it follows the end, stays where somebody looks, and lays the screen out only once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from journal.store.rows import OutputLine
from screens.widgets.output_view import OutputView

HEIGHT = 10


class Showing(App[None]):
    """Nothing but output."""

    def compose(self) -> ComposeResult:
        yield OutputView()

    def on_mount(self) -> None:
        self.query_one(OutputView).focus()


def lines(count: int, run: int = 1) -> list[OutputLine]:
    return [OutputLine(run, n, datetime.now(UTC), "out", f"line {n}") for n in range(1, count + 1)]


@asynccontextmanager
async def showing(count: int) -> AsyncIterator[tuple[Pilot[Any], OutputView]]:
    async with Showing().run_test(size=(40, HEIGHT)) as pilot:
        view = pilot.app.query_one(OutputView)
        view.show(lines(count))
        await pilot.pause()
        yield pilot, view


def seen(view: OutputView) -> list[str]:
    return [view.render_line(y).text for y in range(HEIGHT)]


async def test_it_follows_the_end() -> None:
    async with showing(50) as (_, view):
        view.show(lines(60))
        assert seen(view)[-1].startswith("line 60 ")
        assert seen(view)[-1].endswith("█")
        assert seen(view)[0].endswith("│")


async def test_whoever_looks_back_stays_there_until_the_end_is_reached_again() -> None:
    async with showing(50) as (pilot, view):
        await pilot.press("pageup")
        first = seen(view)[0]
        view.show(lines(60))
        assert seen(view)[0] == first.replace("│", seen(view)[0][-1])
        await pilot.press("end")
        view.show(lines(70))
        assert seen(view)[-1].startswith("line 70 ")


async def test_whoever_looks_back_stays_there_while_old_lines_are_let_go() -> None:
    async with showing(50) as (pilot, view):
        await pilot.press("home", *["down"] * 20)
        view.show(lines(65)[15:])
        assert seen(view)[0].startswith("line 21 ")
        view.show(lines(90)[40:])
        assert seen(view)[0].startswith("line 41 ")


@pytest.mark.parametrize(("keys", "first"), [(["home"], 1), (["up"], 40), (["home", "down", "down"], 3)])
async def test_keys_move_it(keys: list[str], first: int) -> None:
    async with showing(50) as (pilot, view):
        await pilot.press(*keys)
        assert seen(view)[0].startswith(f"line {first} ")


async def test_another_run_is_followed_from_its_end() -> None:
    async with showing(50) as (pilot, view):
        await pilot.press("home")
        view.show(lines(30, run=2))
        assert seen(view)[-1].startswith("line 30 ")


async def test_more_lines_lay_nothing_out_anew() -> None:
    async with showing(50) as (pilot, view):
        layouts: list[object] = []
        pilot.app.screen.screen_layout_refresh_signal.subscribe(view, layouts.append, immediate=True)
        view.show(lines(90))
        await pilot.pause()
        assert seen(view)[-1].startswith("line 90 ")
        assert not layouts


async def test_what_fits_needs_no_bar() -> None:
    async with showing(HEIGHT) as (_, view):
        assert not any(line.endswith(("│", "█")) for line in seen(view))


@pytest.mark.parametrize("count", [1, 50])
async def test_a_line_that_is_cut_says_so(count: int) -> None:
    async with showing(count) as (_, view):
        long = [OutputLine(2, n, datetime.now(UTC), "out", "connection refused " * 3) for n in range(1, count + 1)]
        view.show(long)
        assert seen(view)[0].rstrip("│█").endswith("…")
        assert len(seen(view)[0]) == view.size.width
