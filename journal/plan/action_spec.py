"""Descriptions of actions, with which a plan is checked and forms are made. `actions` makes them and passes them in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec


class Param(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter of an action. ``required`` parameters have no default."""

    name: str
    type: Literal["str", "int", "float", "bool"]
    default: Any = None
    required: bool = False
    help: str = ""


class ActionSpec(msgspec.Struct, frozen=True, kw_only=True):
    """The description of one action for plan, console and command line.

    Attributes:
        name: ``postgres.restore``.
        title: what it does, in one line.
        script: the written plan's name for it.
        system: the type of system it acts on (``postgres``), or empty.
        destructive: it can lose data or stop a service; the interlock asks before it starts.
        probe: the read-only action that finds out what an unfinished run left.
        resumable: a new runner may enter it again; finished programs are not repeated.
        gates: the safety gates for it, beside those for every action (``actions.runner.gates``).
        touches: what it changes, by the name that its target's identities have (``data directory``, ``repository``), or
            any word that two actions share (``hold``). One that changes nothing has none.
        undone_by: the action that takes back what this one leaves in force (a hold, a block), also after closing.
        available: False while it is only planned: the console says so, and a person does it by hand.
        broken: why it cannot be loaded though its package is installed; then it is not available either.
    """

    name: str
    title: str
    script: str = ""
    system: str = ""
    params: list[Param] = []
    destructive: bool = False
    probe: str = ""
    resumable: bool = False
    gates: tuple[str, ...] = ()
    touches: tuple[str, ...] = ()
    undone_by: str = ""
    available: bool = True
    broken: str = ""

    @property
    def changes_something(self) -> bool:
        """Whether it changes what it acts on; what it writes beside a backup does not count."""
        return self.destructive or bool(self.touches)


Catalogue = Mapping[str, ActionSpec]
