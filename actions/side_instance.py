"""What a side instance keeps and says alike, whatever it is beside: its record, its absence, what helps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from actions.machine.machine import Machine
from actions.outcome import ActionFailed, Cure, Outcome
from journal.structs import from_json

_NAMED = 5
"""What is otherwise now and named in a summary; all of it is in the output."""

Record = TypeVar("Record", bound=msgspec.Struct)


def read_record(machine: Machine, path: str, kind: type[Record]) -> Record | None:
    """Return a side instance's record; None where there is none.

    Args:
        machine: its host.
        path: the record's file.
        kind: what it is read as.

    Raises:
        ActionFailed: it cannot be understood.
    """
    text = machine.read(path)
    if text is None:
        return None
    try:
        return from_json(text, kind)
    except msgspec.DecodeError as error:
        raise ActionFailed(f"{path} cannot be understood: {error}", "Look what lies there; move it away.") from None


def write_record(machine: Machine, path: str, record: msgspec.Struct) -> None:
    """Write a side instance's record, for people to read, too. Call it only where ``effect`` said True."""
    machine.write(path, msgspec.json.format(msgspec.json.encode(record), indent=2).decode() + "\n")


def none_there(machine: Machine, name: str, root: str) -> Outcome:
    """Return that a system has no side instance, and whether something lies in its place.

    Args:
        machine: its host.
        name: the system's name.
        root: where it would lie.
    """
    words = f"; {root} is there, without its record" if machine.exists(root) else ""
    return Outcome(ok=False, summary=f"There is no side instance of {name}{words}.", facts={"side": "none"})


def make_first(action: str, point: str) -> Cure:
    """Return the cure that makes a side instance.

    Args:
        action: what makes it.
        point: where it is to stand, as a recovery point is written; empty: wherever a person says.
    """
    words = "Make it first: it is restored beside the real server, which goes on."
    params = {"timestamp": point.removeprefix("time:")} if point.startswith("time:") else {}
    return Cure(words=words, action=action, params=params)


def otherwise_now(differs: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what is otherwise now, in words: the first of it with how many there were ``then`` and are ``now``."""
    names = ", ".join(f"{name} ({_counts(one)})" for name, one in list(differs.items())[:_NAMED])
    more = f" and {len(differs) - _NAMED} more" if len(differs) > _NAMED else ""
    return f"otherwise now: {names}{more}"


def _counts(one: Mapping[str, Any]) -> str:
    then, now = ("none" if one[key] is None else f"{one[key]:,}" for key in ("then", "now"))
    return f"{then} then, {now} now"
