"""What an action's docstring tells people: what it does, needs, leaves behind, and what if it is killed half way."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence

import msgspec

from actions.action import Action

_NEEDS, _LEAVES, _KILLED = "Needs: ", "Leaves: ", "Killed half way: "
_LABELS = (_NEEDS, _LEAVES, _KILLED)


class ActionHelp(msgspec.Struct, frozen=True, kw_only=True):
    """An action in words, each paragraph on one line.

    Attributes:
        title: what it does, in one line.
        does: more of that.
        needs: what must be there for it: entries of the inventory, programs on the host, rights.
        leaves: what is otherwise once it is done; empty: nothing.
        killed: what an unfinished run leaves; empty: nothing, since it changes nothing.
    """

    title: str
    does: Sequence[str] = ()
    needs: str = ""
    leaves: str = ""
    killed: str = ""

    def paragraphs(self) -> list[str]:
        """Return all of it but the title, as it is shown where there is no markup."""
        said = [(_NEEDS, self.needs), (_LEAVES, self.leaves), (_KILLED, self.killed)]
        return [*self.does, *(label + text for label, text in said if text)]


def action_help(action: Action) -> ActionHelp:
    """Return what the docstring of an action's function tells."""
    doc = inspect.getdoc(action.function) or action.spec.name
    title, *rest = (" ".join(each.split()) for each in doc.split("\n\n"))
    told = {label: [text.removeprefix(label) for text in rest if text.startswith(label)] for label in _LABELS}
    return ActionHelp(
        title=title,
        does=[text for text in rest if not text.startswith(_LABELS)],
        needs=" ".join(told[_NEEDS]),
        leaves=" ".join(told[_LEAVES]),
        killed=" ".join(told[_KILLED]),
    )


def missing_help(action: Action) -> Iterator[str]:
    """Yield what a docstring lacks: all say what they need; what changes something, also what becomes of it."""
    told = action_help(action)
    asked = [(_NEEDS, told.needs)]
    if action.spec.changes_something:
        asked += [(_LEAVES, told.leaves), (_KILLED, told.killed)]
    name = action.spec.name
    yield from (f"{name}: its docstring has no paragraph {label.strip()}" for label, text in asked if not text)
