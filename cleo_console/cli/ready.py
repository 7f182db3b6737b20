"""``cleo ready``: whether each scenario of the plan would be recovered from now, told on an ordinary day."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from cleo_console.cli.ready_rounds import end_whole, rounds
from cleo_console.settings import paths, plan_file
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from journal.plan.read import LoadedPlan
    from journal.readiness.finding import ReadyFinding
    from journal.readiness.result import ReadyResult
    from journal.readiness.verdict import Verdict

_STATUS = {"yes": 0, "no": 1, "not known": 3}
_MARK = {"yes": "✓ yes", "no": "✗ NO", "not known": "? not known"}
_WHY_SHOWN = 3


@click.command("ready")
@click.option("--json", "as_json", is_flag=True, help="For a program to read: all that was looked at.")
@click.option("--all", "show_all", is_flag=True, help="Also print what is in order.")
@click.option("--scenario", "scenarios", multiple=True, metavar="NAME", help="Only this scenario; may be repeated.")
@click.option(
    "--plan", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Default: what goes here."
)
@click.option(
    "--within", type=click.FloatRange(1, 600), default=20.0, show_default=True, help="Seconds for all looks together."
)
@click.option("--every", default="", metavar="TIME", help='Repeat it, such as "30 min"; until it is ended.')
def ready(
    as_json: bool, show_all: bool, scenarios: tuple[str, ...], file: Path | None, within: float, every: str
) -> None:
    """Say whether each scenario would be recovered from now, and what is to be mended beforehand.

    It looks at everything that the plan's steps need, and changes nothing. Exit status: 0 every scenario would be
    recovered from within its objectives, 1 one would not, 2 asked wrongly, 3 nobody knows of one.

    \b
    Example:
      cleo ready
      cleo ready --scenario database-failure --json
      cleo ready --every "30 min"
    """
    from journal.readiness.verdict import worst
    from journal.wording.durations import Duration

    try:
        pause_s = Duration.parse(every) if every else 0
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    end_whole()
    read = [one for one in (file or plan_file(), paths().inventory) if one]
    for result, late in rounds(lambda begun: _look(_plan(file, scenarios), begun + within), pause_s, read):
        asked = [one for one in result.verdicts if not scenarios or one.scenario in scenarios]
        _print(msgspec.structs.replace(result, verdicts=asked), as_json=as_json, show_all=show_all)
        if not pause_s:
            _leave(_STATUS[worst(one.ready for one in asked) if asked else "not known"], late=late)


def _plan(file: Path | None, scenarios: tuple[str, ...]) -> LoadedPlan:
    from journal.plan.read import read_plan

    loaded = read_plan(file or plan_file())
    if strange := [name for name in scenarios if name not in loaded.plan.scenarios]:
        raise click.UsageError(f"The plan has no scenario {strange[0]}: {', '.join(loaded.plan.scenarios)}.")
    return loaded


def _look(loaded: LoadedPlan, end: float) -> tuple[ReadyResult, bool]:
    """Look, write down what was found of every scenario, and return it, with whether something hangs."""
    from cleo_console.cli.ready_look import look_now
    from journal.readiness.result import write

    found, late = look_now(loaded, paths(), end)
    try:
        write(paths().readiness, found)
    except OSError as error:
        click.echo(sanitize(f"cleo: {paths().readiness} cannot be written: {error.strerror}."), err=True)
    return found, late


def _print(result: ReadyResult, *, as_json: bool, show_all: bool) -> None:
    from journal.readiness.result import encode

    if as_json:
        click.echo(encode(result), nl=False)
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    for line in [*_verdict_lines(result), *_finding_lines(result, show_all=show_all)]:
        click.echo("\n".join(_wrapped(sanitize(line), width)))


def _wrapped(line: str, width: int) -> list[str]:
    """Return a line as it fits a terminal, what follows indented under it; 0: as it is."""
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return (textwrap.wrap(line, width, subsequent_indent=indent, break_long_words=False) if width else []) or [line]


def _verdict_lines(result: ReadyResult) -> Iterator[str]:
    from journal.wording.instants import utc

    yield f"Ready? {result.inventory}, {result.plan}, {utc(result.at)}, in {result.took_s:.1f} s"
    for one in result.verdicts:
        yield ""
        yield f"{_MARK[one.ready]:<12} {one.title}, by {one.strategy}"
        yield from (f"    {line}" for line in _answers(one))


def _answers(one: Verdict) -> Iterator[str]:
    from journal.wording.durations import Duration, exact_duration

    more = len(one.why) - _WHY_SHOWN
    yield f"comes back: {_MARK[one.comes_back]}"
    yield from (f"  {line}" for line in one.why[:_WHY_SHOWN])
    if more > 0:
        yield f"  and {more} more (--json has them all)"
    for each in one.times:
        took = f"about {exact_duration(each.seconds)} of {Duration(int(each.rto))}" if each.seconds else "not known"
        yield f"{each.title}: {_MARK[each.met]}, {took}" + (f"; {each.why}" if each.why else "")
    for lost in one.losses:
        yield f"would lose: {_MARK[lost.met]}, {lost}"


def _finding_lines(result: ReadyResult, *, show_all: bool) -> Iterator[str]:
    """Yield what is to be mended, the gravest first: what stops a step, what nobody could look at, the rest."""
    from journal.wording.instants import utc

    titles = {"wrong": "To be mended", "not measured": "Nobody could look", "ok": "In order"}
    order = sorted(result.findings, key=lambda one: (not (one.stops and one.steps), not one.systems))
    for state in ("wrong", "not measured", *(["ok"] if show_all else [])):
        these = [one for one in order if one.state == state]
        if these:
            yield ""
            yield f"{titles[state]} ({len(these)}):"
            yield from (
                line for one, before in zip(these, [None, *these], strict=False) for line in _finding(one, before)
            )
    if kept := [one for one in result.open_points if one.seen != result.at]:
        yield ""
        yield f"Found wrong earlier, and nobody could look again ({len(kept)}):"
        for each in kept:
            yield f"  {each.about}: {each.words} ({utc(each.seen)})"
            yield f"      {each.cure}"
    fine = sum(one.state == "ok" for one in result.findings)
    yield ""
    yield f"{fine} looks found all in order." + ("" if show_all else " --all prints them.")


def _finding(one: ReadyFinding, before: ReadyFinding | None) -> Iterator[str]:
    stops = " [stops steps]" if one.stops and one.steps and one.state != "ok" else ""
    yield f"  {one.about}: {one.words}{stops}"
    if one.cure and not (before and before.cure == one.cure):
        yield f"      {one.cure}"


def _leave(status: int, *, late: bool) -> None:
    """End the program; a look that hangs in a thread is not waited for: it only reads, and its programs have ended."""
    if late:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)
