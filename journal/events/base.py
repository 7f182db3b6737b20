"""The base of every event's body, and the structs that several bodies use."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

import msgspec


class Kind(StrEnum):
    """The kind of an incident, fixed when it is declared. The runner's gate ``kind`` compares it with the inventory."""

    REAL = "REAL"
    DRILL = "DRILL"
    LAB = "LAB"
    TABLETOP = "TABLETOP"


class Body(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """An event's body: what happened. ``step`` is the id of the plan's step it is about, or empty."""

    step: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that an action found.

    Attributes:
        severity: ``note``: for information; ``warning``: a person must look or do something, but nothing is proven
            wrong; ``wrong``: proven to be wrong.
        about: what it is about, by a name that a person can look up: a relation, a backup, a slot.
        text: what was seen of it.
        cure: what to do about it, in words; empty where nothing has to be done.
        system: the plan's system it belongs to, whose health shows it while it is ``wrong``; empty: none.
        on_disk: what is wrong lies there alone: no log and no history carries it, so the latest of these is right.
    """

    severity: Literal["note", "warning", "wrong"]
    about: str
    text: str
    cure: str = ""
    system: str = ""
    on_disk: bool = False

    def __str__(self) -> str:
        """Return it as one line, without its cure."""
        return f"{self.about}: {self.text}" if self.about else self.text


class Cure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What helps after a failure, or against what was found. The console leads there, and starts nothing by itself.

    At most one of ``action``, ``decision``, ``override`` and ``leave_out`` is given; without any of them a person does
    it by hand.

    Attributes:
        words: what to do and why it helps, in one sentence.
        action: the action that does it; the failed one itself where that is to be run otherwise (``params``).
        params: what it is to be run with, beside what the plan gives it.
        decision: the name of the decision that is to be taken anew.
        answer: the answer to that decision which helps, where it is known.
        override: the gate of the failed run that a person may open, with a reason.
        instead: what is done by hand takes the place of the failed step, which is then marked done.
        leave_out: the action that would do harm or has nothing to do, by what was found: another one, or the one that
            failed. Its step is better left out, for the reason that the words are.
        cost: what it costs, in time or data; empty: nothing is lost by it.
    """

    words: str
    action: str = ""
    params: dict[str, Any] = {}
    decision: str = ""
    answer: str = ""
    override: str = ""
    instead: bool = False
    leave_out: str = ""
    cost: str = ""


class Settling(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a look found out about the use of an action at a system. The action's steps are settled by it.

    Attributes:
        action: the action.
        use: ``needless``: what it is for is so already; ``impossible``: it is proven that it cannot work;
            ``open``: neither, so that what an earlier look settled is taken back.
        words: what was seen, in a few words: "no data directory"; empty where it is open.
        system: the inventory's system that was looked at; empty: the look says it of the one that it looked at.
    """

    action: str
    use: Literal["needless", "impossible", "open"]
    words: str = ""
    system: str = ""


class Identity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fact that tells a target from every other: its name, its value, and how that is known."""

    name: str
    value: str
    known: Literal["reported", "last known", "unknown"]


class Override(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person's decision to open one gate for one run; ``target`` is what they typed, where that is asked."""

    gate: str
    reason: str
    target: str = ""


class ClosedGate(msgspec.Struct, frozen=True, omit_defaults=True):
    """A safety gate that is closed.

    Attributes:
        gate: its name, as an override names it.
        message: what stands in the way.
        yields: what a person must type to override it; ``never``: it cannot be overridden.
        opens: the action, or the decision's name, that opens it; empty where ``message`` says all.
    """

    gate: str
    message: str
    yields: Literal["never", "reason", "reason and target"] = "never"
    opens: str = ""
