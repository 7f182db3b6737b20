"""Makes docs/man, a manual page for each command, of what the commands say of themselves. Run: make reference"""

from __future__ import annotations

import copy
import re
import sys
import tempfile
from pathlib import Path

import click

PAGES = Path(__file__).with_name("man")
_NO_DATE = "\N{NO-BREAK SPACE}"  # a date would make every page new each day


def pages() -> dict[str, str]:
    """Return each page's text, by its file's name."""
    from click_man.core import write_man_pages

    from cleo_console import __version__
    from cleo_console.cli.main import cli

    with tempfile.TemporaryDirectory() as folder:
        write_man_pages("cleo", _told(cli), version=__version__, target_dir=folder, date=_NO_DATE)
        return {path.name: _lines_kept(path.read_text(encoding="utf-8")) for path in sorted(Path(folder).iterdir())}


def _lines_kept(page: str) -> str:
    """Return a page in which paragraphs that begin with click's mark (a backspace) keep their lines."""
    return re.sub(r"\x08\n(.*?)(?=\n\.(?:PP|SH)|\Z)", r".nf\n\1\n.fi", page, flags=re.DOTALL)


def _told(command: click.Command) -> click.Command:
    """Return a command with its whole first sentence as its short help, and all commands below it imported."""
    told = copy.copy(command)
    told.short_help = command.get_short_help_str(limit=200)
    if isinstance(command, click.Group) and isinstance(told, click.Group):
        ctx = click.Context(command)
        below = {name: command.get_command(ctx, name) for name in command.list_commands(ctx)}
        told.commands = {name: _told(one) for name, one in below.items() if one and "." not in name}
    return told


if __name__ == "__main__":
    sys.path.insert(0, str(PAGES.parent.parent))
    PAGES.mkdir(exist_ok=True)
    for old in PAGES.iterdir():
        old.unlink()
    for name, text in pages().items():
        (PAGES / name).write_text(text, encoding="utf-8")
