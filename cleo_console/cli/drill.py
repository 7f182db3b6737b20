"""``cleo drill``: the plan's tests, and those of the backups."""

from __future__ import annotations

import click

from cleo_console.cli.drill_answers import answers
from cleo_console.cli.drill_restore import restore
from cleo_console.cli.drill_run import clean_up, list_drills, run_drill


@click.group("drill")
def drill() -> None:
    """Hold the plan's tests: prove that backups can be restored, and that what runs is whole.

    \b
    Example:
      cleo drill list
      cleo drill run data-integrity-verification
      cleo drill restore
      cleo drill restore --system postgres
      cleo drill restore --from offsite
    """


drill.add_command(list_drills)
drill.add_command(answers)
drill.add_command(run_drill)
drill.add_command(clean_up)
drill.add_command(restore)
