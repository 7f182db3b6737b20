"""What nobody needs to do any more once two servers changed places by another way than fence and promotion."""

from __future__ import annotations

from journal.events.base import Settling


def needless_now(prefix: str, system: str, how: str, *, follows: str = "", down: str = "") -> list[Settling]:
    """Return the steps that are not needed any more: the promotion, and where the old one cannot write the fence.

    Args:
        prefix: of the names of its type's actions.
        system: the one that led.
        how: who leads, and by what, in words.
        follows: as what the old one was seen to follow; empty: it was not.
        down: that it is down and fenced, in words; empty: it is not.
    """
    one = Settling(action=f"{prefix}.promote", use="needless", words=how, system=system)
    two = Settling(action=f"{prefix}.fence", use="needless", words=follows or down, system=system)
    three = Settling(action=f"{prefix}.rejoin", use="needless", words=follows, system=system)
    return [one, *([two] if follows or down else []), *([three] if follows else [])]
