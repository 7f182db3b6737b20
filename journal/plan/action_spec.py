"""What the journal's floor needs to know of an action: enough to check a plan and to print a form."""

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
    """An action as plan, console and command line see it.

    Attributes:
        name: ``postgres.restore``.
        title: what it does, in one line.
        script: the written plan's name for it.
        system: the type of system it acts on (``postgres``), or empty.
        destructive: it can lose data or end service; the interlock asks.
        probe: the read-only action that tells what state an unfinished run left.
        resumable: a new runner may enter it again; finished programs are not repeated.
        gates: safety gates that guard it beside those that guard everything (``actions.runner.gates``).
        touches: what it changes, by the name that its target's identities have (``data directory``, ``repository``), or
            any word that two actions share (``hold``). One that changes nothing has none.
        undone_by: the action that takes back what this one leaves in force (a hold, a block), also after the close.
        available: False while it is only promised: the console says so and lets a person do it by hand.
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


Catalogue = Mapping[str, ActionSpec]
