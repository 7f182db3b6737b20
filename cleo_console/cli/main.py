"""The ``cleo`` command and its subcommands."""

from __future__ import annotations

import os

import click

from cleo_console import __version__
from cleo_console.cli.group import LazyGroup
from cleo_console.cli.standard_streams import guard_streams

_HERE = "cleo_console.cli"
_COMMANDS = {
    "open": (f"{_HERE}.console:open_", "Open the console on one incident."),
    "demo": (f"{_HERE}.demo:demo", "Try the console on a small simulated world."),
    "exercise": (f"{_HERE}.exercise:exercise", "Write, check and lead an exercise for your team."),
    "declare": (f"{_HERE}.incident:declare", "Declare an incident."),
    "status": (f"{_HERE}.status:status", "Show where an incident stands."),
    "handover": (f"{_HERE}.handover:handover", "Say what whoever takes over must know."),
    "note": (f"{_HERE}.incident:note", "Write a note into an incident."),
    "decide": (f"{_HERE}.incident:decide", "Answer a decision of the plan."),
    "done": (f"{_HERE}.incident:done", "Mark a step done by hand."),
    "skip": (f"{_HERE}.incident:skip", "Leave a step out, with a reason."),
    "take": (f"{_HERE}.incident:take", "Say that you work at a step."),
    "role": (f"{_HERE}.incident:role", "Say that you lead, write down or respond."),
    "run": (f"{_HERE}.run:run", "Run one action, through the same gates as the console."),
    "close": (f"{_HERE}.incident:close", "Close an incident."),
    "reopen": (f"{_HERE}.incident:reopen", "Go on with a closed incident."),
    "health": (f"{_HERE}.health:health", "Measure every system of the inventory."),
    "ready": (f"{_HERE}.ready:ready", "Say whether each scenario would be recovered from now."),
    "backup": (f"{_HERE}.backup:backup", "List, take and verify backups, with or without an incident."),
    "drill": (f"{_HERE}.drill:drill", "Hold the plan's tests, and prove that backups can be restored."),
    "schedule": (f"{_HERE}.schedule:schedule", "Say which of the plan's tests are due, overdue and passed."),
    "improve": (f"{_HERE}.improve:improve", "Keep the improvement plan: what incidents and exercises left to do."),
    "exporter": (f"{_HERE}.exporter:exporter", "Serve metrics for Prometheus, and write its alert rules."),
    "report": (f"{_HERE}.report:report", "Write the post-incident report from the journal."),
    "evidence": (f"{_HERE}.evidence:evidence", "Write the evidence pack for auditors."),
    "journal": (f"{_HERE}.journal:journal", "List, show, verify, sign and export journals."),
    "plan": (f"{_HERE}.plan:plan", "Check a plan file, read one, or make your own."),
    "schema": (f"{_HERE}.schema:schema", "Print the JSON Schema of what --json prints."),
    "completion": (f"{_HERE}.completion:completion", "Print what has a shell complete all this."),
    "lab": (f"{_HERE}.lab:lab", "Practise on real services on loopback."),
    "_runner": (f"{_HERE}.runner:runner", "Execute for one incident (started by the console)."),
}


@click.group(
    cls=LazyGroup, lazy=_COMMANDS, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, prog_name="cleo")
@click.option(
    "--plain",
    is_flag=False,
    flag_value="",
    metavar="[INCIDENT]",
    help="Line mode: ask and answer in plain lines, for a dumb terminal, a bad link or a screen reader.",
)
@click.option("--actor", metavar="NAME", help="Who you are, in the journal. Default: CLEO_ACTOR, else your login.")
@click.pass_context
def cli(ctx: click.Context, plain: str | None, actor: str | None) -> None:
    """Walk through a disaster recovery, run it, and journal every step.

    Without a command it opens the console: resume an incident or declare one.

    \b
    Example:
      cleo                       open the console
      cleo demo                  try it; needs nothing installed
      cleo --plain               the same checklist in plain lines
      cleo report INC-2026-11-22-01 -o report.html
    """
    if actor:
        os.environ["CLEO_ACTOR"] = actor
    if ctx.invoked_subcommand is not None:
        return
    from cleo_console.cli.console import open_console, open_plain

    if plain is None:
        open_console(None)
    else:
        open_plain(plain)


def main() -> None:
    """Run ``cleo``. Exit status 0, 1 (it failed) or 2 (asked wrongly); `docs/exit-statuses.md` has all."""
    with guard_streams():
        cli(prog_name="cleo")
