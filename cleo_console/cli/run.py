"""``cleo run ACTION`` and ``cleo run STEP``: runs in an open incident, through the runner and its gates.

Options are made from the action's parameters, so that plan, console and command line cannot differ.
"""

from __future__ import annotations

import difflib
import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import click
import msgspec

from cleo_console.app_services import installed_services
from cleo_console.cli.incident_access import (
    IncidentAccess,
    UnclearIncident,
    access_incident,
    find_incident,
    incident_option,
)
from journal.errors import CleoError
from journal.events.types import Cure, Override
from journal.incident.closed_gates import gate_lines
from journal.incident.fold import fold_journal
from journal.incident.records import Refusal, Run, RunState
from journal.plan.action_spec import ActionSpec, Param
from journal.plan.model import Step
from journal.store.journal import Follower, Reader
from journal.wording.sanitize import sanitize, sanitize_lines
from screens.guidance.run_text import typed

_INVENTORY_S = 5.0
"""Seconds that a command waits for a runner that was just started to read its inventory."""
_TYPES: dict[str, click.ParamType[Any]] = {"str": click.STRING, "int": click.INT, "float": click.FLOAT}


class ActionGroup(click.Group):
    """Every action is a subcommand, by its name or by the script's name in the written plan."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of what can be run."""
        from actions.registry import catalogue

        return sorted(name for name, spec in catalogue().items() if spec.available)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of one action, or of one step of the incident's plan."""
        from actions.scripts import UnknownAction, find

        try:
            spec = find(cmd_name)
        except UnknownAction as error:
            return StepCommand(cmd_name, error)
        return _command(spec)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is meant; of a script that several types of systems have, ``--on`` says whose."""
        from actions.scripts import by_script

        if args and args[0].endswith(".sh") and len(found := by_script(args[0])) > 1:
            return args[0], _command(_of_system(found, args[1:])), args[1:]
        return super().resolve_command(ctx, args)


class StepCommand(click.Command):
    """A step of the plan. Which incident's plan it is, and so which options there are, the arguments tell.

    Args:
        step: what was typed.
        unknown: that it is no action's name either.
    """

    def __init__(self, step: str, unknown: CleoError) -> None:
        super().__init__(step, params=_common())
        incident_option(self)
        self._unknown = unknown
        self.callback = _callback(lambda at, on, asked: at.commands.request_runs(step, on=on, **asked))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the step's own parameters as well."""
        from actions.registry import catalogue

        step = self._step(_named(args)["incident"])
        spec = catalogue().get(step.action) if step.action else None
        self.help = f"{step.title}." + (f"\n\nThe action of this step is {spec.name}." if spec else "")
        self.params = [*(_option(param) for param in (spec.params if spec else [])), *self.params]
        for param in self.params:
            param.required = False  # the plan may have it
        return super().parse_args(ctx, args)

    def _step(self, incident: str | None) -> Step:
        at = installed_services()
        try:
            plan = fold_journal(at.place(find_incident(at, incident)).journal).plan
        except UnclearIncident as error:
            raise click.UsageError(f"{self._unknown.message} Nor can a step be meant: {error}") from error
        if self.name not in plan.by_id:
            near = difflib.get_close_matches(self.name or "", plan.by_id, n=2)
            hint = f" Did you mean the step {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"{self._unknown} The incident's plan has no such step either.{hint}")
        return plan.by_id[self.name or ""]


def _of_system(found: list[ActionSpec], args: list[str]) -> ActionSpec:
    """Return the action of the system that arguments name, as the incident's inventory has it; else the first."""
    named = _named(args)
    at, on = installed_services(), (named["on"] or ("",))[0]
    if not on:
        return found[0]
    try:
        known = fold_journal(at.place(find_incident(at, named["incident"])).journal).roster.systems.get(on)
    except CleoError:
        known = None  # the command itself says what is wrong
    acts = known.acts if known else [on]
    return next((spec for spec in found if spec.system in acts), found[0])


def _named(args: list[str]) -> dict[str, Any]:
    """Return incident and systems that arguments or environment name, before the command's own options are known."""
    unknown = {"ignore_unknown_options": True, "allow_extra_args": True}
    command = click.Command("", params=_common(), add_help_option=False, context_settings=unknown)
    incident_option(command)
    return command.make_context("", [*args], resilient_parsing=True).params


@click.group("run", cls=ActionGroup)
def run() -> None:
    """Run one action, or one step of the plan, in an open incident, through the same gates as the console.

    \b
    Example:
      cleo run status.check
      cleo run dr_restore_postgres.sh --latest --dry-run
      cleo run postgres-restore --on orders --confirm postgres@db1
    """


Asker = Callable[["IncidentAccess", Sequence[str], dict[str, Any]], list[int]]
"""Asks for runs: at which systems (none: all that are meant), and with what; returns their ids."""


def _common() -> list[click.Parameter]:
    return [
        click.Option(["--on"], multiple=True, metavar="NAME", help="The system to act on, as the inventory calls it."),
        click.Option(["--dry-run"], is_flag=True, help="Only say what would be done, and on what."),
        click.Option(
            ["--confirm"], default="", metavar="IDENTITY", help="The target, typed; destructive actions want it."
        ),
        click.Option(["--override"], multiple=True, metavar="GATE=REASON", help="Pass a gate that yields to a reason."),
        click.Option(["--json", "as_json"], is_flag=True, help="Print how it ended as JSON."),
    ]


def _command(spec: ActionSpec) -> click.Command:
    def ask(at: IncidentAccess, on: Sequence[str], asked: dict[str, Any]) -> list[int]:
        params = asked.pop("params")
        return at.commands.request_actions(spec.name, params, on=on, **asked)

    options = [_option(param) for param in spec.params]
    command = click.Command(spec.name, help=_help(spec), params=[*options, *_common()], callback=_callback(ask))
    incident_option(command)
    return command


def _callback(ask: Asker) -> Callable[..., None]:
    def callback(
        on: tuple[str, ...],
        dry_run: bool,
        confirm: str,
        override: tuple[str, ...],
        as_json: bool,
        incident: str | None,
        **params: Any,
    ) -> None:
        given = {name: value for name, value in params.items() if value is not None}
        overrides = [_override(text, confirm) for text in override]
        asked = {"params": given, "dry_run": dry_run, "confirmed": confirm, "overrides": overrides}
        with access_incident(incident) as at:
            at.services.ensure_runner(at.place.folder.name)
            wait_for_inventory(at)
            runs = ask(at, list(dict.fromkeys(on)), asked)
            ended = [follow_run(at, run_id, quiet=as_json) for run_id in runs]
            sys.exit(max(_exit_status(run, as_json, several=len(ended) > 1) for run in ended))

    return callback


def wait_for_inventory(at: IncidentAccess) -> None:
    """Wait until the runner has read the inventory: it tells which systems there are to act on."""
    incident = at.incident()
    end = time.monotonic() + _INVENTORY_S
    with Follower(at.place.journal, after=incident.seq) as follower:
        while incident.inventory and not incident.inventory_sha256 and time.monotonic() < end:
            follower.wait(0.2)
            incident = at.incident()


def _help(spec: ActionSpec) -> str:
    if not spec.available:
        return f"{spec.title}.\n\nNOT AVAILABLE YET: a later version brings it. Do it by hand, and mark the step done."
    from actions.action_help import action_help
    from actions.registry import registry

    told = "\n\n".join([f"{spec.title}.", *action_help(registry()[spec.name]).paragraphs()])
    left = f"\n  cleo run {spec.probe}    # what an unfinished run left" if spec.probe else ""
    return f"{told}\n\n\b\nExample:\n  cleo run {spec.script or spec.name} --dry-run{left}"


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


def follow_run(at: IncidentAccess, run_id: int, *, quiet: bool) -> Run:
    """Print the run's output as it comes, and return the run once it is over."""
    printed, gates_said = 0, quiet
    with Follower(at.place.journal, after=run_id) as follower, Reader(at.place.journal) as reader:
        while True:
            run = at.incident().runs[run_id]
            if run.closed and not gates_said:
                click.echo("\n".join(gate_lines(at.incident(), run.closed)), err=True)
                gates_said = True
            for line in [] if quiet else reader.output(run_id, after=printed):
                click.echo(sanitize(line.text), err=line.stream == "err")
                printed = line.n
            if run.state.over:
                return run
            if run.state is RunState.REQUESTED:  # the runner of an incident that was just closed may be leaving
                at.services.ensure_runner(at.place.folder.name)
            follower.wait(0.5)


def _exit_status(run: Run, as_json: bool, *, several: bool) -> int:
    if as_json:
        facts = {"run": run.id, "action": run.action, "system": run.system, "state": run.state}
        facts |= {"summary": _words(run), "facts": run.facts}
        facts["closed"] = msgspec.to_builtins(run.closed)
        facts["findings"], facts["partial"] = msgspec.to_builtins(run.findings), run.partial
        facts["cures"] = msgspec.to_builtins(run.cures)
        click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        partial = f", a partial look ({sanitize(run.partial)})" if run.partial else ""
        on = f"{sanitize(run.system)} " if several else ""
        click.echo(f"{on}{run.state}{partial}: {sanitize_lines(_words(run))}", err=run.state is not RunState.SUCCEEDED)
    return 0 if run.state is RunState.SUCCEEDED else 1


def _words(run: Run) -> str:
    if run.state is RunState.REFUSED and run.refusal:
        return f"{run.refusal.message}{_hint(run.refusal)}"
    if run.state is RunState.IN_DOUBT:
        return f"{run.in_doubt}; {run.program_status}"
    found = "".join(f"\n  {f.severity}: {f}{f' — {f.cure}' if f.cure else ''}" for f in run.findings)
    helps = "".join(f"\n  {text}" for cure in run.cures for text in _helps(run, cure))
    return run.summary + helps + found + (f"\n  left behind: {run.left_behind}" if run.left_behind else "")


def _helps(run: Run, cure: Cure) -> list[str]:
    """Return what helps after a run, how it is typed here, and what it costs; the summary may say the first already."""
    lines = [] if cure.words in run.summary else [cure.words]
    lines += [f"helps: cleo run {typed(cure.action, cure.params)}"] if cure.action else []
    lines += [f"helps: --override {cure.override}=REASON"] if cure.override else []
    return [*lines, *([f"costs: {cure.cost}"] if cure.cost else [])]


def _hint(refusal: Refusal) -> str:
    if refusal.gate == "interlock":
        return " Look with --dry-run what it would do, then type the target: --confirm TARGET"
    if refusal.yields == "never":
        return ""
    target = " and --confirm TARGET" if refusal.yields == "reason and target" else ""
    return f" (passes with --override {refusal.gate}=REASON{target})"
