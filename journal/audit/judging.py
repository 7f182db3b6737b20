"""Judges whether there is evidence of what a control asks for: of drills and real incidents whose journals verify."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from journal.audit.clocks import IN_TIME, NOT_NEEDED, RUNNING, verdict_by_law
from journal.audit.model import IncidentEvidence, RestoreTest, TestRow
from journal.events.types import Kind
from journal.incident.records import RunState
from journal.wording.counting import count

EVIDENCE, IN_PART, MISSING, NO_CASE = "evidence", "in part", "MISSING", "no case"

Judged = tuple[str, str]
"""A state, and what it rests on."""


class Shows(NamedTuple):
    """What controls are judged by: the plan's tests, and those incidents alone whose journals verify."""

    tests: Sequence[TestRow]
    incidents: Sequence[IncidentEvidence]

    def of(self, *kinds: Kind) -> list[IncidentEvidence]:
        """Return the incidents of these kinds."""
        return [one for one in self.incidents if one.kind in kinds]


def restores(shows: Shows) -> Judged:
    """Judge by restores of drills and of real incidents; those of a lab are of other systems."""
    here = _last_restores(shows, Kind.DRILL, Kind.REAL)
    good = [one for one in here if one.state == RunState.SUCCEEDED]
    lab = [one for one in _last_restores(shows, Kind.LAB) if one.state == RunState.SUCCEEDED]
    only = f"; {len(lab)} of a lab, which are of no system that is in use" if lab else ""
    if not good:
        failed = f", {len(here)} did not succeed" if here else ""
        return MISSING, f"no restore succeeded in a drill or a real incident{failed}{only}"
    words = f"{count(len(good), 'restore')} succeeded in drills and real incidents"
    if len(good) < len(here):
        return IN_PART, f"{words}, {len(here) - len(good)} did not{only}"
    return EVIDENCE, words + only


def _last_restores(shows: Shows, *kinds: Kind) -> list[RestoreTest]:
    return [test for one in shows.of(*kinds) for test in one.last_restores]


def operated(shows: Shows) -> Judged:
    """Judge by restores: that backups are taken day by day is in no journal."""
    state, words = restores(shows)
    beyond = "that backups run day by day is in no journal: see what monitors them"
    return (IN_PART if state == EVIDENCE else state), f"{words}; {beyond}"


def tested(shows: Shows) -> Judged:
    """Judge by the plan's tests that were due."""
    judged = [row for row in shows.tests if row.verdict not in ("due", "not judged")]
    held = [row for row in judged if row.verdict == "held"]
    if not held:
        return MISSING, f"no test of the plan was held on systems of the inventory ({len(judged)} due)"
    words = f"{len(held)} of {count(len(judged), 'test')} that were due were held on systems of the inventory"
    return (EVIDENCE if len(held) == len(judged) else IN_PART), words


def in_time(shows: Shows) -> Judged:
    """Judge by the recovery time that was measured where something had to be recovered, or was in a drill."""
    results = [result for one in shows.of(Kind.DRILL, Kind.REAL) for result in one.rto]
    met = sum(result.verdict == "met" for result in results)
    missed = sum(result.verdict == "missed" for result in results)
    if not met:
        return MISSING, f"no recovery time was measured and met in a drill or a real incident ({missed} missed)"
    return (IN_PART if missed else EVIDENCE), f"recovery times: {met} met, {missed} missed"


def went_on(shows: Shows) -> Judged:
    """Judge by how drills and real incidents ended."""
    here = shows.of(Kind.DRILL, Kind.REAL)
    done = sum(one.outcome.startswith("completed") for one in here)
    if not done:
        return MISSING, f"no drill and no real incident was completed ({len(here)} are here)"
    words = f"{done} of {count(len(here), 'drill or real incident', 'drills and real incidents')} completed"
    return (EVIDENCE if done == len(here) else IN_PART), words


def ranked(shows: Shows) -> Judged:
    """Judge by the plans in the journals: whether they have recovery objectives."""
    here = [one for one in shows.incidents if one.rto and one.rpo]
    if not here:
        return MISSING, "no plan in a journal of this pack has recovery objectives"
    plans = count(len({one.plan_sha256 for one in here}), "plan")
    return (
        EVIDENCE,
        f"{plans} in the journals rank systems and data by recovery objectives; who reviewed that is not here",
    )


def notified(law: str) -> Callable[[Shows], Judged]:
    """Return what judges the clocks of a law in real incidents."""

    def judge(shows: Shows) -> Judged:
        real = shows.of(Kind.REAL)
        clocks = [each for one in real for each in one.clocks if law in f"{each.clock.title} {each.clock.source}"]
        if not real:
            return NO_CASE, "no real incident in the journals of this time"
        if not clocks:
            return MISSING, f"the plan of no real incident has a clock of {law}"
        seen = Counter(verdict_by_law(each.verdict) for each in clocks)
        good, unneeded = seen[IN_TIME], seen[NOT_NEEDED]
        rest = len(clocks) - good - unneeded - seen[RUNNING]
        words = (
            f"of {count(len(clocks), 'clock')} {good} with a notice in time, {seen[RUNNING]} still running, "
            f"{unneeded} not needed on a person's word"
        )
        if not good:
            return (MISSING if rest else NO_CASE), words
        return (IN_PART if rest else EVIDENCE), words

    return judge


def documented(shows: Shows) -> Judged:
    """Judge by real incidents: each has its journal."""
    real = shows.of(Kind.REAL)
    if not real:
        return NO_CASE, "no real incident in the journals of this time"
    return (
        EVIDENCE,
        f"{count(len(real), 'journal')} of real incidents that verify; whether data were breached people say",
    )
