"""Makes docs/actions.md of what actions say of themselves in their docstrings. Run: make reference"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from actions.action import Action
    from actions.system_type import SystemType

PAGE = Path(__file__).with_name("actions.md")
_HEAD = """\
# What each action does, needs and leaves behind

Made by `make reference` of what the code says of itself; `cleo run ACTION --help` shows the same.
Change the docstrings, not this page.

- **To try any of them**: `--dry-run` is the same code with every effect left out. It says what would be done, on what,
  and which gates would refuse it. What "only looks" is as safe without it.
- A **destructive** one wants its target typed (`--confirm`). What each gate says, and what it yields to, is in
  [architecture.md](architecture.md#7-safety-is-in-the-runner-not-in-a-tired-persons-memory); those that guard every
  action are not repeated here.
- **Killed half way** is about the whole machine, or the action's own programs. A console or a runner that dies stops
  none of them: what was started goes on to its end, and the next runner goes on with it, or says "in doubt".
- What is said of entries, hosts and accounts is in the [inventory](inventory.md). `run_as` wants cleo to be root there;
  over SSH, `sudo -n -u` will do.
- `y` at a step, or `cleo plan show --paper`, prints the shell commands of those that can be done by hand with them.
"""
_HOUSE = "All systems"
_ABOUT = "What looks at everything, the backups of every type of system, and what tells people."
_PLANNED = "Not available yet: the console says so, and has them done by hand, with a note."
_TYPES = {"str": "text", "int": "whole number", "float": "number", "bool": "yes or no"}


def page() -> str:
    """Return the page's text."""
    from actions.registry import catalogue

    sections = _sections()
    planned = [spec for spec in catalogue().values() if not spec.available and not spec.broken]
    contents = [f"- {_link(title)}" for title, _, _ in sections] + ["- [Planned](#planned)"] * bool(planned)
    lines = [_HEAD, *contents, ""]
    for title, about, actions in sections:
        lines += [f"## {title}", "", about, ""]
        for action in actions:
            lines += [*_section(action), ""]
    if planned:
        lines += ["## Planned", "", _PLANNED, "", "| action | | script of the written plan |", "|---|---|---|"]
    for spec in planned:
        lines.append(f"| `{spec.name}` | {spec.title} | {f'`{spec.script}`' if spec.script else ''} |")
    return "\n".join(lines).rstrip("\n") + "\n"


def _sections() -> list[tuple[str, str, list[Action]]]:
    """Return what ships with Cleo: the title of each section, what is said of it, and its actions."""
    from actions.registry import registry
    from actions.system_types import built_in, system_types

    house = [action for name, action in registry().items() if name.partition(".")[0] not in system_types()]
    types = [
        (type_.title, _about(type_), [registry()[name] for name in type_.actions]) for type_ in built_in().values()
    ]
    return [(_HOUSE, _ABOUT, house), *types]


def _about(type_: SystemType) -> str:
    """Return what the docstring of a type's package says of it."""
    package = importlib.import_module(type_.settings.partition(":")[0].rpartition(".")[0])
    text = "\n\n".join(" ".join(each.split()) for each in (inspect.getdoc(package) or "").split("\n\n"))
    return text.replace("Needs:", "**All of them need**:")


def _section(action: Action) -> Iterator[str]:
    """Yield the lines of one action's section."""
    from actions.action_help import action_help

    spec, told = action.spec, action_help(action)
    kind = ["**destructive**"] if spec.destructive else [] if spec.changes_something else ["only looks"]
    said = ", ".join([*kind, *([f"the plan's `{spec.script}`"] if spec.script else [])])
    yield from (f"### {spec.name}", "")
    yield " ".join([f"{spec.title}{f' ({said})' if said else ''}.", *told.does])
    yield ""
    for label, text in (("Needs", told.needs), ("Leaves", told.leaves), ("Killed half way", told.killed)):
        if text:
            yield f"- **{label}**: {text}"
    yield from _around(action)
    if spec.params:
        yield from ("", "| parameter | | |", "|---|---|---|")
    for param in spec.params:
        default = ", required" if param.required else f", `{param.default}`" if param.default else ""
        yield f"| `--{param.name.replace('_', '-')}` | {_TYPES[param.type]}{default} | {param.help} |"


def _around(action: Action) -> Iterator[str]:
    """Yield what stands around an action: what it claims, what guards it, what takes it back, what looks after it."""
    spec = action.spec
    if spec.touches:
        yield f"- **Claims** for its incident: {', '.join(spec.touches)}"
    if spec.gates:
        yield f"- **Gates**: {', '.join(f'`{gate}`' for gate in spec.gates)}"
    if spec.undone_by:
        yield f"- **Taken back** by {_link(spec.undone_by)}"
    if spec.probe:
        yield f"- **Afterwards** {_link(spec.probe)} tells what is there"


def _link(heading: str) -> str:
    """Return a link to a heading of the page, by the address that GitHub gives it."""
    return f"[{heading}](#{re.sub(r'[^a-z0-9_ -]', '', heading.lower()).replace(' ', '-')})"


if __name__ == "__main__":
    sys.path.insert(0, str(PAGE.parent.parent))
    PAGE.write_text(page(), encoding="utf-8")
