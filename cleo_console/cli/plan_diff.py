"""``cleo plan diff`` and ``cleo plan pin``: what differs between plans, what an incident taught, pinned scripts."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cleo_console.cli.completion import known_incidents
from cleo_console.cli.output_file import write_output
from journal.errors import CleoError
from journal.wording.counting import count

if TYPE_CHECKING:
    from journal.plan.pinned import Far
    from journal.plan.read import LoadedPlan

_LOOK_S = 30.0
_PlanFile = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.command("diff")
@click.argument("old", type=_PlanFile)
@click.argument("new", type=_PlanFile, required=False)
@click.option(
    "--incident", metavar="INCIDENT", shell_complete=known_incidents, help="Compare with what was done there."
)
@click.option("--patch", is_flag=True, help="With --incident: print a patch to the plan, for git apply or patch -p1.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def diff_command(old: Path, new: Path | None, incident: str | None, patch: bool, as_json: bool) -> None:
    """Say what differs between two plans, or between a plan and what was done in an incident.

    Between plans: steps added (+), removed (-), moved (>), renamed (=) and changed (~), then everything else.

    With an incident (an id, or a journal's file): steps that took longer than the plan expects, that failed, were left
    out, done by hand or run with other parameters, what was noted at them, and action items. --patch makes a patch of
    it: what was measured changes a field, all else is a comment at its step. Comments of yours stay as they are.

    \b
    Example:
      cleo plan diff plan-1.yaml plan-2.yaml
      cleo plan diff our-plan.yaml --incident INC-2026-11-22-01
      cleo plan diff our-plan.yaml --incident INC-2026-11-22-01 --patch | git apply
    """
    if (new is None) == (incident is None):
        raise click.UsageError("Name two plans, or one plan and --incident INCIDENT.")
    if patch and (incident is None or as_json):
        raise click.UsageError("--patch goes with --incident, and without --json.")
    from journal.plan.read import read_plan

    if new is not None:
        _between(read_plan(old), read_plan(new), as_json)
    elif incident:
        _learned(old, read_plan(old), incident, patch, as_json)


def _between(old: LoadedPlan, new: LoadedPlan, as_json: bool) -> None:
    from journal.plan.difference import difference

    changes = difference(old, new)
    if as_json:
        click.echo(json.dumps([change._asdict() for change in changes], indent=2, ensure_ascii=False))
        return
    for change in changes:
        click.echo(str(change))
    click.echo(f"{count(len(changes), 'difference')}." if changes else "No difference.", err=True)


def _learned(file: Path, plan: LoadedPlan, incident: str, patch: bool, as_json: bool) -> None:
    from cleo_console.cli.incidents import find_journal
    from journal.report.build import build
    from journal.report.lessons import lessons, patched, unified
    from journal.yamlfile.yaml_source import read_bytes, utf8

    report = build(find_journal(incident))
    found = lessons(report, plan)
    if patch:
        text = utf8(file, read_bytes(file))
        click.echo(unified(text, patched(plan, text, report.incident.id, found), _name(file)), nl=False)
    elif as_json:
        click.echo(json.dumps([lesson._asdict() for lesson in found], indent=2, ensure_ascii=False))
    else:
        for lesson in found:
            click.echo(str(lesson))
    if report.incident.plan.sha256 != plan.sha256:
        click.echo(
            f"{report.incident.id} went by another version of this plan ({report.incident.plan.version}).", err=True
        )
    click.echo(f"{count(len(found), 'thing')} to learn from {report.incident.id}.", err=True)
    if not report.verification.ok:
        raise CleoError(
            f"The chain of {report.incident.id} is broken.", "What it says may have been altered: cleo journal verify."
        )


def _name(file: Path) -> str:
    """Return a file's path as a patch names it: from here, or its name alone."""
    path = os.path.relpath(file)
    return file.name if path.startswith("..") else path


@click.command("pin")
@click.argument("file", type=_PlanFile)
@click.option("--scripts", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Where the scripts are.")
@click.option(
    "--step", "only", multiple=True, metavar="STEP", help="Pin the scripts of this step alone; may be repeated."
)
def pin_command(file: Path, scripts: Path | None, only: tuple[str, ...]) -> None:
    """Write into a plan the digests of the scripts that it was tested with.

    Scripts are looked for where the steps' commands name them, from the plan's folder, or by their names in --scripts.
    What runs on another host, by its whole path, is looked at there as the inventory says. `cleo plan check` and `cleo
    ready` tell once one of them is not the same any more; so does the console at its step, whose command then runs with
    a reason only. Comments and layout stay as they are.

    \b
    Example:
      cleo plan pin our-plan.yaml --scripts /opt/cleoai/dr/scripts
      cleo plan check our-plan.yaml
    """
    from journal.plan.importing.write import braced, scalar
    from journal.plan.pinned import pins_of, program_of
    from journal.plan.placed import placed_steps
    from journal.plan.read import read_plan, read_text
    from journal.yamlfile.edit import Edits
    from journal.yamlfile.yaml_source import read_bytes, utf8

    loaded, text = read_plan(file), utf8(file, read_bytes(file))
    if unknown := [name for name in only if name not in loaded.plan.by_id]:
        raise CleoError(f"The plan has no step {unknown[0]!r}.", "cleo plan show FILE names them all.")
    far = _on_hosts()
    edits, pinned = Edits(text, loaded.source.lines), 0
    for path, step in placed_steps(loaded.plan):
        found = pins_of(step, file.parent, scripts or file.parent, far)
        values = {
            "sha256": scalar(found.sha256),
            "pinned": braced({script: scalar(now) for script, now in found.pinned.items()}),
        }
        anew = [name for name in values if getattr(found, name) and getattr(found, name) != getattr(step, name)]
        if anew and (not only or step.id in only):
            for name in anew:
                edits.set(path, name, values[name])
            pinned += 1
            told = filter(None, (program_of(step) if found.sha256 else "", *found.pinned))
            click.echo(f"{loaded.plan.named(step.id)}: {', '.join(told)}")
    made = edits.text()
    read_text(file, made.encode())  # what is written can be read
    if pinned:
        write_output(file, made)
    click.echo(f"{count(pinned, 'step')} pinned anew.", err=True)


def _on_hosts() -> Far:
    """Return what asks the inventory's hosts for digests of files; one that gives no answer is named, and left out."""
    from actions.pinned import digests_there
    from actions.transport import open_transport
    from cleo_console.settings import paths
    from cleo_console.world import inventory_at

    def far(host: str, files: Sequence[str]) -> Mapping[str, str]:
        try:
            way = open_transport(inventory_at(paths().inventory).host(host))
            try:
                return digests_there(files, lambda argv: way.query(argv, timeout_s=_LOOK_S))
            finally:
                way.close()
        except CleoError as error:
            click.echo(f"Not pinned: {', '.join(files)} on {host}. {error}", err=True)
            return {}

    return far
