"""A lab of which everything is broken, recovered with its tracks at once, and compared with what it held."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from cleo_console.lab import Lab
from journal.incident.records import Run, RunState
from journal.incident.state import Incident
from journal.report import pieces
from journal.report.build import build
from journal.verify import verify
from tests.e2e.follower import Follower, settled_well
from tests.e2e.stores import CACHE, Held, held, number

STORES = ("postgres", "mongodb", "redis")
COUNTED = {"postgres": "rows", "mongodb": "documents", "redis": "keys", "files": "files", "configuration": "files"}
"""What a verification counts in each system that a lab may have."""
_MOST_BEATS = 1000
Middle = tuple[str, str]
"""An action and a program of it: in its middle is, who has begun that program. No program: who has begun the action."""


def everything_comes_back(lab: Lab, home: Path, kills: Sequence[Middle] = ()) -> Incident:
    """Break everything, follow NEXT with the tracks at once, and compare all that is held with what was before.

    Args:
        lab: a lab of some of `COUNTED`.
        home: where the journal goes.
        kills: in the middle of which programs the runner is killed, one after the other; a new one takes over.

    Returns:
        The closed incident.
    """
    before = {system: held(lab, system) for system in lab.services}
    verified = [f"{system}-verify" for system in before]
    lab.break_everything()
    follower = Follower(lab.inventory_path, home)
    with follower.at_work():
        for middle in kills:
            follower.follow(in_the_middle(*middle))
            follower.kill_runner()
            follower.start_runner()
        follower.follow()
        assert settled_well(follower.incident, *verified, "redis-warm-cache"), "\n".join(follower.story())
        incident = follower.close()
    nothing_is_lost(before, {system: held(lab, system) for system in before})
    everything_is_accounted_for(follower.place.journal, incident, before)
    return incident


def in_the_middle(action: str, program: str = "") -> Callable[[Incident], bool]:
    """Return whether a run of ``action`` is under way, and has begun ``program``."""

    def reached(incident: Incident) -> bool:
        return any(run.action == action and _has_begun(run, program) for run in incident.unfinished())

    return reached


def nothing_is_lost(before: dict[str, Held], after: dict[str, Held]) -> None:
    """Compare stores: all is as it was, but for the keys that a warming adds."""
    for system, was in before.items():
        found = after[system]
        added = {key for key in found.keys() - was.keys() if not (system == "redis" and key.startswith(CACHE))}
        assert not added, f"{system} has what it never had: {sorted(added)[:5]}"
        other = [key for key, value in was.items() if found.get(key) != value]
        assert not other, f"{system}: {len(other)} of {len(was)} are not as they were, the first is {other[0]}"


def everything_is_accounted_for(journal: Path, incident: Incident, before: dict[str, Held]) -> None:
    """See that the journal is whole, and that its report says how many rows, documents, keys and files were verified.

    That is what was there before, and the beats of the lab's writers.
    """
    assert verify(journal).ok
    report = "".join(pieces(build(journal), "md"))
    for system, what in ((system, COUNTED[system]) for system in before):
        facts = incident.last_run(f"{system}-verify").facts  # type: ignore[union-attr]
        beats = facts[what] - number(before[system])
        least = 0 if COUNTED[system] == "files" else 1  # a snapshot may have none of the uploads
        most = 0 if system == "configuration" else _MOST_BEATS
        assert least <= beats <= most, f"{system}: {facts}, {beats} more than there were"
        assert f"{facts[what]:,} {what}" in report, f"the report does not say {facts[what]:,} {what}"


def _has_begun(run: Run, program: str) -> bool:
    return run.state is RunState.RUNNING and (not program or any(one.key == program for one in run.programs))
