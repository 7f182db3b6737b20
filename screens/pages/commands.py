"""The shell commands of a step: shown and copied, to be typed where the program cannot run them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from textual.binding import Binding
from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from actions.by_hand import Typed, script_of
from journal.plan.model import Step
from journal.wording.sanitize import sanitize, sanitize_lines
from screens.app_services import AppServices
from screens.guidance.commands import begun, nothing
from screens.live.session import Session
from screens.pages.page import FullScreen
from screens.widgets.quiet import Quiet


class Found(NamedTuple):
    """A step's commands, and the file that they are in."""

    commands: Sequence[Typed]
    path: Path | None


class CommandsScreen(FullScreen):
    """Shows a step's commands, and copies them as it opens.

    Args:
        session: the incident.
        step: which step.
        services: knows the inventory.
    """

    CSS_PATH = ["page.tcss", "commands.tcss"]
    HEADING = "By hand"
    NAME = "commands"
    AUTO_FOCUS = "#commands"
    BINDINGS = [
        Binding("y", "copy", "copy this one", tooltip="copy the command at the cursor to the terminal's clipboard"),
        Binding("Y", "copy_all", "copy all", tooltip="copy all of them, with what each is for"),
    ]

    def __init__(self, session: Session, step: Step, services: AppServices) -> None:
        super().__init__(session)
        self._step = step
        self._services = services
        self._found = Found((), None)

    def body(self) -> Iterable[Widget]:
        """Yield what they are of, what was copied, the commands."""
        yield Quiet(id="lead")
        yield Quiet("looking…", id="copied")
        yield OptionList(id="commands", markup=False)

    def on_mount(self) -> None:
        """Ask for the commands; the inventory is read anew."""
        incident, step = self.incident, self._step
        self.query_one("#lead", Quiet).show(
            f"{sanitize(step.title)}: what is typed as root on the named machine. Words in CAPITALS are to be replaced."
        )
        folder = self.session.path.parent / "files"
        self.lookup.ask(
            lambda _: _kept(self._services.shell_commands(incident, step), folder / f"commands-{step.id}.sh"),
            self._take,
        )

    def _take(self, found: Found) -> None:
        ran = begun(self.incident, self._step)
        shown = [*found.commands, *ran] or [nothing(self.incident, self._step)]
        self._found = Found(shown, found.path)
        options = self.query_one("#commands", OptionList)
        options.set_options([Option(_words(command)) for command in shown])
        options.highlighted = 0
        self.query_one("#copied", Quiet).show("")
        if any(command.text for command in shown):
            self.action_copy_all()

    def not_found(self) -> None:
        """The inventory could not be read: the title says why."""
        self.query_one("#copied", Quiet).show("")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Say whether a key applies: there must be something to copy."""
        return any(command.text for command in self._found.commands) if action.startswith("copy") else True

    def action_copy(self) -> None:
        """Copy the command at the cursor."""
        at = self.query_one("#commands", OptionList).highlighted
        if at is not None and (text := sanitize_lines(self._found.commands[at].text)):
            self._copy(text, "This command is")

    def action_copy_all(self) -> None:
        """Copy all commands."""
        self._copy(_script(self._found.commands), "All of it is")

    def _copy(self, text: str, what: str) -> None:
        self.app.copy_to_clipboard(text)
        where = f", else it is in {self._found.path}" if self._found.path else ""
        self.query_one("#copied", Quiet).show(f"{what} in the clipboard, if your terminal takes it (OSC 52){where}")


def _kept(commands: Sequence[Typed], path: Path) -> Found:
    """Write the commands to a file as well: a terminal may take no clipboard."""
    if not any(command.text for command in commands):
        return Found(commands, None)
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_text(_script(commands) + "\n", encoding="utf-8")
    except OSError:
        return Found(commands, None)
    return Found(commands, path)


def _script(commands: Sequence[Typed]) -> str:
    return sanitize_lines("\n".join(script_of(commands)))


def _words(command: Typed) -> Content:
    said = [*([f"{command.where}:"] if command.where else []), *command.what]
    lines = [Content.assemble((sanitize(words), "$quiet")) for words in said]
    lines += [Content.assemble((sanitize_lines(command.text), "bold"))] if command.text else []
    return Content("\n").join(lines)
