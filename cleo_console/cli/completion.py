"""``cleo completion``: what a shell completes: commands, options, incidents, steps and scenarios."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import click

from cleo_console.app_services import installed_services
from journal.errors import CleoError

_SHELLS = ("bash", "zsh", "fish")
_VARIABLE = "_CLEO_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(_SHELLS))
def completion(shell: str) -> None:
    """Print what has a shell complete commands, options, incidents, steps and scenarios.

    \b
    Example:
      cleo completion bash > ~/.local/share/bash-completion/completions/cleo
      cleo completion zsh > ~/.zfunc/_cleo
      cleo completion fish > ~/.config/fish/completions/cleo.fish
    """
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    assert made, "click knows all three"
    click.echo(made(click.get_current_context().find_root().command, {}, "cleo", _VARIABLE).source())


def _completes(found: Callable[[], Iterator[str]]) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Return what click asks for words that can stand there; what cannot be read completes nothing."""

    def words(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        try:
            return [word for word in found() if word.startswith(incomplete)]
        except CleoError:
            return []

    return words


@_completes
def known_incidents() -> Iterator[str]:
    """The incidents of this machine, the newest first."""
    yield from installed_services().paths.ids()


@_completes
def known_steps() -> Iterator[str]:
    """The steps of the plan that a new incident is declared with."""
    yield from (step.id for step in installed_services().plan().steps())


@_completes
def known_scenarios() -> Iterator[str]:
    """The plan's scenarios."""
    yield from installed_services().plan().scenarios
