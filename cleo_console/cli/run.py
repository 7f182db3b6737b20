"""``cleo run ACTION``: one action in an open incident, through the runner and its gates.

Options are made from the action's parameters, so that plan, console and command line cannot differ.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import click
import msgspec

from cleo_console.cli.desks import AtDesk, at_desk, incident_option
from journal.events.types import Override
from journal.incident.records import Refusal, Run, RunState
from journal.plan.action_spec import ActionSpec, Param
from journal.store.journal import Follower, Reader
from journal.wording.gates import gate_lines
from journal.wording.sanitize import sanitize, sanitize_lines

_TYPES: dict[str, click.ParamType[Any]] = {"str": click.STRING, "int": click.INT, "float": click.FLOAT}


class ActionGroup(click.Group):
    """Every action is a subcommand, by its name or by the script's name in the written plan."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of what can be run."""
        from actions.registry import catalogue

        return sorted(name for name, spec in catalogue().items() if spec.available)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of one action."""
        from actions.registry import UnknownAction, find

        try:
            return _command(find(cmd_name))
        except UnknownAction as error:
            raise click.UsageError(str(error)) from error


@click.group("run", cls=ActionGroup)
def run() -> None:
    """Run one action in an open incident, through the same gates as the console.

    \b
    Example:
      cleo run status.check
      cleo run dr_restore_postgres.sh --latest --dry-run
      cleo run postgres.restore --backup 20261122-020003F --confirm postgres@db1
    """


def _command(spec: ActionSpec) -> click.Command:
    command = click.Command(spec.name, help=_help(spec), params=[_option(param) for param in spec.params])
    command.params += [
        click.Option(["--dry-run"], is_flag=True, help="Only say what would be done, and on what."),
        click.Option(
            ["--confirm"], default="", metavar="IDENTITY", help="The target, typed; destructive actions want it."
        ),
        click.Option(["--override"], multiple=True, metavar="GATE=REASON", help="Pass a gate that yields to a reason."),
        click.Option(["--json", "as_json"], is_flag=True, help="Print how it ended as JSON."),
    ]
    incident_option(command)

    def callback(
        dry_run: bool, confirm: str, override: tuple[str, ...], as_json: bool, incident: str | None, **params: Any
    ) -> None:
        given = {name: value for name, value in params.items() if value is not None}
        overrides = [_override(text, confirm) for text in override]
        with at_desk(incident) as at:
            at.host.ensure_runner(at.place.folder.name)
            run_id = at.desk.request_action(spec.name, given, dry_run=dry_run, confirmed=confirm, overrides=overrides)
            sys.exit(_exit_status(_follow(at, run_id, quiet=as_json), as_json))

    command.callback = callback
    return command


def _help(spec: ActionSpec) -> str:
    if not spec.available:
        return f"{spec.title}.\n\nNOT AVAILABLE YET: a later version brings it. Do it by hand, and mark the step done."
    return f"{spec.title}.\n\n\b\nExample:\n  cleo run {spec.script or spec.name} --dry-run"


def _option(param: Param) -> click.Option:
    name = "--" + param.name.replace("_", "-")
    if param.type == "bool":
        return click.Option([name, param.name], is_flag=True, default=None, help=param.help)
    return click.Option([name, param.name], type=_TYPES[param.type], required=param.required, help=param.help)


def _override(text: str, target: str) -> Override:
    gate, _, reason = text.partition("=")
    if not reason.strip():
        raise click.UsageError(f"--override {text}: write GATE=REASON.")
    return Override(gate=gate.strip(), reason=reason.strip(), target=target)


def _follow(at: AtDesk, run_id: int, *, quiet: bool) -> Run:
    """Print the run's output as it comes, and return the run once it is over."""
    printed, gates_said = 0, quiet
    follower = Follower(at.place.journal, after=run_id)
    with Reader(at.place.journal) as reader:
        while True:
            run = at.incident().runs[run_id]
            if run.closed and not gates_said:
                click.echo("\n".join(gate_lines(at.incident(), run.closed)), err=True)
                gates_said = True
            for line in [] if quiet else reader.output(run_id, after=printed):
                click.echo(sanitize(line.text), err=line.stream == "err")
                printed = line.n
            if run.state.over:
                follower.stop()
                return run
            if run.state is RunState.REQUESTED:  # the runner of an incident that was just closed may be leaving
                at.host.ensure_runner(at.place.folder.name)
            follower.wait(0.5)


def _exit_status(run: Run, as_json: bool) -> int:
    if as_json:
        facts = {"run": run.id, "action": run.action, "state": run.state, "summary": _words(run), "facts": run.facts}
        facts["closed"] = msgspec.to_builtins(run.closed)
        facts["findings"], facts["partial"] = msgspec.to_builtins(run.findings), run.partial
        click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        partial = f", a partial look ({sanitize(run.partial)})" if run.partial else ""
        click.echo(f"{run.state}{partial}: {sanitize_lines(_words(run))}", err=run.state is not RunState.SUCCEEDED)
    return 0 if run.state is RunState.SUCCEEDED else 1


def _words(run: Run) -> str:
    if run.state is RunState.REFUSED and run.refusal:
        return f"{run.refusal.message}{_hint(run.refusal)}"
    if run.state is RunState.IN_DOUBT:
        return f"{run.in_doubt}; {run.program_status}"
    found = "".join(f"\n  {f.severity}: {f}{f' — {f.cure}' if f.cure else ''}" for f in run.findings)
    return run.summary + found + (f"\n  left behind: {run.left_behind}" if run.left_behind else "")


def _hint(refusal: Refusal) -> str:
    if refusal.gate == "interlock":
        return " Look with --dry-run what it would do, then type the target: --confirm TARGET"
    if refusal.yields == "never":
        return ""
    target = " and --confirm TARGET" if refusal.yields == "reason and target" else ""
    return f" (passes with --override {refusal.gate}=REASON{target})"
