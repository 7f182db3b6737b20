"""``cleo plan import``: makes a plan file of a runbook."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cleo_console.cli.output_file import refuse_to_overwrite, write_output
from journal.wording.counting import count
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from journal.plan.importing.draft import Known
    from journal.plan.importing.importer import Imported

_Source = click.Path(exists=True, readable=True, path_type=Path)


@click.command("import")
@click.argument("source", type=_Source)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the plan here. Default: print it."
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.option("--as-written", is_flag=True, help="Bind no command to an action of this program: run them as they are.")
@click.option("--json", "as_json", is_flag=True, help="Print what was not taken over and what was filled in as JSON.")
def import_command(source: Path, output: Path | None, force: bool, as_written: bool, as_json: bool) -> None:
    """Make a plan file of a runbook in Markdown, a folder of scripts, or an Ansible playbook.

    Phases, sections, steps, commands, objectives, scenarios, contacts, schedules and alerts become the plan's. Each
    line that is not taken over, and each thing that the plan needs and the document does not say, is printed as
    SOURCE:LINE: message, and written at the plan's end. A runbook's command whose script an action of this program
    stands for is bound to that action; one with blanks to fill in is left to a person; one that is not known to
    look only is destructive: it is asked about before it runs. Scripts of a folder are pinned by their digest.

    Exit status 1 where no plan can be made of it, or the plan that came out cannot be used.

    \b
    Example:
      cleo plan import RUNBOOK.md -o our-plan.yaml
      cleo plan import scripts/ -o our-plan.yaml
      cleo plan check our-plan.yaml
    """
    if as_json and output is None:
        raise click.UsageError("--json goes with -o FILE: the plan itself would be printed there.")
    refuse_to_overwrite(output, force)
    from journal.plan.importing.importer import import_plan
    from journal.plan.importing.write import plan_text
    from journal.yamlfile.yaml_source import read_bytes

    content = None if source.is_dir() else read_bytes(source)
    known = _known(source, content, as_written)
    imported = import_plan(source, known, content)
    text = plan_text(imported, str(source))
    if output:
        write_output(output, text)
    else:
        click.echo(text, nl=False)
    if as_json:
        click.echo(json.dumps([note._asdict() for note in imported.notes], indent=2, ensure_ascii=False))
    else:
        for note in imported.notes:
            click.echo(sanitize(str(note)), err=True)
    sys.exit(_verdict(text, output, imported, known))


def _known(source: Path, content: bytes | None, as_written: bool) -> Known:
    """Return the actions that the source's commands may mean, and the types of systems."""
    from actions.scripts import named_in, scripts
    from actions.system_types import system_types
    from journal.plan.importing.draft import Known, KnownSystem

    reserved = frozenset(script.rpartition("/")[2] for script in scripts().values())
    systems = {name: KnownSystem(type_.title, bool(type_.backups)) for name, type_ in system_types().items()}
    own = as_written or content is None or source.suffix in (".yml", ".yaml")  # what runs there is there
    actions = {} if own else named_in((content or b"").decode("utf-8", "replace"))
    return Known(actions, systems, reserved)


def _verdict(text: str, output: Path | None, imported: Imported, known: Known) -> int:
    """Check the plan that came out, say what became of it, and return the exit status."""
    from journal.plan.check import errors
    from journal.plan.read import read_text
    from journal.yamlfile.problem import BadFile

    name = output or Path("plan.yaml")
    try:
        found = errors(read_text(name, text.encode()), known.actions)
    except BadFile as error:
        found = error.problems
    for problem in found:
        click.echo(sanitize(str(problem)), err=True)
    unread, filled = (sum(note.kind == kind for note in imported.notes) for kind in ("unread", "filled in"))
    told = f"{count(len(imported.places), 'step')}; {count(unread, 'line')} not taken over, {filled} filled in."
    verdict = f"The plan cannot be used yet: {count(len(found), 'error')}." if found else "The plan can be used."
    click.echo(f"{told} {verdict}", err=True)
    return 1 if found else 0
