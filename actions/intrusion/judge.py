"""Who is a stranger in one state of a system: compared with an older one, by the inventory, and by itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from actions.intrusion.traces import Holding, Thing


def strangers(holding: Holding, reference: Holding | None, vouched: Collection[str]) -> dict[str, str]:
    """Return the things that nobody vouches for, by name, each with what it is and why it counts.

    Args:
        holding: the state.
        reference: an older one, from before the break-in as far as anybody knows; None: there is none to compare with.
        vouched: things that belong there, by name.
    """
    found = {name: why for name, thing in holding.things.items() if (why := _why(name, thing, reference))}
    return {name: why for name, why in sorted(found.items()) if name not in vouched}


def _why(name: str, thing: Thing, reference: Holding | None) -> str:
    before: Mapping[str, Thing] = reference.things if reference else {}
    words = f": {thing.what}" if thing.what else ""
    if reference is None:
        return f"{thing.suspect}{words}" if thing.suspect else ""
    if name not in before:
        return f"was not there in {_called(reference)}{words}"
    if thing.digest != before[name].digest:
        return f"is otherwise than in {_called(reference)}{words}"
    return ""


def gone(holding: Holding, reference: Holding) -> list[str]:
    """Return the things that an older state had, and that are there no more: removing a guard is a trace, too."""
    return [name for name in sorted(reference.things) if name not in holding.things]


def _called(holding: Holding) -> str:
    return f"backup {holding.backup}" if holding.backup else "the older state"
