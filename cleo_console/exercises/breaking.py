"""What a script breaks in a game day: whether a lab knows such a fault."""

from __future__ import annotations

from collections.abc import Iterator

from actions.tabletop.checking.misfit import Misfit
from journal.exercise.script import Exercise
from journal.yamlfile.convert import did_you_mean


def breaking_misfits(played: Exercise) -> Iterator[Misfit]:
    """Yield each fault that no lab knows, at its place among the injects that are played.

    Which systems there are, the lab itself knows: ``cleo exercise gameday`` refuses what it does not have.
    """
    asked = [(place, system, how) for place, one in enumerate(played.injects) for system, how in one.breaks.items()]
    if not asked:
        return
    known = _faults()
    for place, system, how in asked:
        if how not in known:
            near = did_you_mean(how, known)
            yield Misfit(
                ("injects", place, "breaks", system), f"no lab knows a fault {how!r}{near}: cleo lab break --list"
            )


def _faults() -> set[str]:
    """Return the faults of every type of system, and of what a lab has beside them."""
    from cleo_console.lab.post.faults import FAULTS as OF_POST
    from cleo_console.lab.second_place.faults import FAULTS as OF_COPY
    from cleo_console.lab.service_types import service_classes
    from cleo_console.lab.sites.faults import FAULTS as OF_SITE

    of_types = (kind for one in service_classes().values() for kind in one.faults)
    return {kind.how for kind in (*of_types, *OF_POST, *OF_COPY, *OF_SITE)}
