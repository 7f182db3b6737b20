"""A click group that imports its subcommands lazily, and prints errors as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from pkgutil import resolve_name
from typing import IO, Any

import click

from journal.errors import CleoError
from journal.wording.sanitize import sanitize_lines


class Complaint(click.ClickException):
    """A CleoError on its way to the terminal: exit status 1, no traceback."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it to standard error."""
        click.echo(f"cleo: {sanitize_lines(self.message)}", file=file, err=file is None)


class LazyGroup(click.Group):
    """Finds its commands by ``module:attribute``.

    Args:
        lazy: command name → where it is and its one line of help, so that ``--help`` imports nothing.
    """

    def __init__(self, *args: Any, lazy: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands that people are told of, in the order given."""
        return [name for name in self._lazy if not name.startswith("_")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in self._lazy:
            return None
        command: click.Command = resolve_name(self._lazy[cmd_name][0])
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._lazy[name][1]) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what a person can cause becomes a sentence."""
        try:
            return super().invoke(ctx)
        except CleoError as error:
            raise Complaint(str(error)) from error
