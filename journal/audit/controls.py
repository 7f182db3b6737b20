"""What standards and laws ask for, and whether a pack has evidence of each: none that has nothing reads as met.

Sources: AICPA Trust Services Criteria 2017 (A1.2, A1.3), 45 CFR 164.308(a)(7)(ii), 164.404(b),
Regulation (EU) 2016/679.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from journal.audit.clocks import IN_TIME, NOT_NEEDED, RUNNING, verdict_by_law
from journal.audit.model import ControlRow, IncidentEvidence, Missing, RestoreTest, TestRow
from journal.events.types import Kind
from journal.incident.records import RunState
from journal.wording.counting import count

EVIDENCE, IN_PART, MISSING, NO_CASE = "evidence", "in part", "MISSING", "no case"


class Shows(NamedTuple):
    """What controls are judged by: the plan's tests, and those incidents alone whose journals verify."""

    tests: Sequence[TestRow]
    incidents: Sequence[IncidentEvidence]

    def of(self, *kinds: Kind) -> list[IncidentEvidence]:
        """Return the incidents of these kinds."""
        return [one for one in self.incidents if one.kind in kinds]


_Found = tuple[str, str]
"""A state, and what it rests on."""


class Control(NamedTuple):
    """A requirement in a few words, the chapters about it, and what judges whether there is evidence of it."""

    name: str
    asks: str
    chapters: tuple[str, ...]
    judge: Callable[[Shows], _Found]


def controls(tests: Sequence[TestRow], incidents: Sequence[IncidentEvidence], whole: set[str]) -> list[ControlRow]:
    """Return every control with what this pack has of it.

    Args:
        tests: the plan's tests, judged.
        incidents: what the journals show.
        whole: the files that verify; another one shows nothing.
    """
    shows = Shows(tests, [one for one in incidents if one.file in whole])
    rows = []
    for control in CONTROLS:
        state, words = control.judge(shows)
        rows.append(
            ControlRow(name=control.name, asks=control.asks, state=state, words=words, chapters=list(control.chapters))
        )
    return rows


def missing_controls(rows: Sequence[ControlRow]) -> Iterator[Missing]:
    """Yield the controls of which the pack has no evidence, or evidence against them beside it."""
    for row in rows:
        if row.state in (MISSING, IN_PART):
            said = "no evidence" if row.state == MISSING else "evidence in part"
            yield Missing(what=f"{row.name} ({row.asks}): {said}: {row.words}", chapter="controls")


def _restores(shows: Shows) -> _Found:
    """Judge by restores of drills and of real incidents; those of a lab are of other systems."""
    here = list(_in_the_end(shows.of(Kind.DRILL, Kind.REAL)))
    good = [one for one in here if one.state == RunState.SUCCEEDED]
    lab = [one for one in _in_the_end(shows.of(Kind.LAB)) if one.state == RunState.SUCCEEDED]
    only = f"; {len(lab)} of a lab, which are of no system that is in use" if lab else ""
    if not good:
        failed = f", {len(here)} did not succeed" if here else ""
        return MISSING, f"no restore succeeded in a drill or a real incident{failed}{only}"
    words = f"{count(len(good), 'restore')} succeeded in drills and real incidents"
    if len(good) < len(here):
        return IN_PART, f"{words}, {len(here) - len(good)} did not{only}"
    return EVIDENCE, words + only


def _in_the_end(incidents: Sequence[IncidentEvidence]) -> Iterator[RestoreTest]:
    """Yield the last of each incident's restores of each system: one that was run again is one."""
    for one in incidents:
        yield from {(test.action, test.system): test for test in one.restores}.values()


def _operated(shows: Shows) -> _Found:
    state, words = _restores(shows)
    beyond = "that backups run day by day is in no journal: see what monitors them"
    return (IN_PART if state == EVIDENCE else state), f"{words}; {beyond}"


def _tested(shows: Shows) -> _Found:
    judged = [row for row in shows.tests if row.verdict not in ("due", "not judged")]
    held = [row for row in judged if row.verdict == "held"]
    if not held:
        return MISSING, f"no test of the plan was held on systems of the inventory ({len(judged)} due)"
    words = f"{len(held)} of {count(len(judged), 'test')} that were due were held on systems of the inventory"
    return (EVIDENCE if len(held) == len(judged) else IN_PART), words


def _in_time(shows: Shows) -> _Found:
    """Judge by the recovery time that was measured where something had to be recovered, or was in a drill."""
    results = [result for one in shows.of(Kind.DRILL, Kind.REAL) for result in one.rto]
    met = sum(result.verdict == "met" for result in results)
    missed = sum(result.verdict == "missed" for result in results)
    if not met:
        return MISSING, f"no recovery time was measured and met in a drill or a real incident ({missed} missed)"
    return (IN_PART if missed else EVIDENCE), f"recovery times: {met} met, {missed} missed"


def _went_on(shows: Shows) -> _Found:
    here = shows.of(Kind.DRILL, Kind.REAL)
    done = sum(one.outcome.startswith("completed") for one in here)
    if not done:
        return MISSING, f"no drill and no real incident was completed ({len(here)} are here)"
    words = f"{done} of {count(len(here), 'drill or real incident', 'drills and real incidents')} completed"
    return (EVIDENCE if done == len(here) else IN_PART), words


def _ranked(shows: Shows) -> _Found:
    here = [one for one in shows.incidents if one.rto and one.rpo]
    if not here:
        return MISSING, "no plan in a journal of this pack has recovery objectives"
    plans = count(len({one.plan_sha256 for one in here}), "plan")
    return (
        EVIDENCE,
        f"{plans} in the journals rank systems and data by recovery objectives; who reviewed that is not here",
    )


def _notified(law: str) -> Callable[[Shows], _Found]:
    """Return what judges the clocks of a law in real incidents."""

    def judge(shows: Shows) -> _Found:
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


def _documented(shows: Shows) -> _Found:
    real = shows.of(Kind.REAL)
    if not real:
        return NO_CASE, "no real incident in the journals of this time"
    return (
        EVIDENCE,
        f"{count(len(real), 'journal')} of real incidents that verify; whether data were breached people say",
    )


CONTROLS = [
    Control(
        "SOC 2 A1.2",
        "backups and recovery infrastructure are operated and monitored",
        ("restores", "results"),
        _operated,
    ),
    Control("SOC 2 A1.3", "recovery procedures are tested", ("tests", "restores", "deviations"), _tested),
    Control("HIPAA 164.308(a)(7)(ii)(A)", "copies of the data can be restored", ("restores",), _restores),
    Control("HIPAA 164.308(a)(7)(ii)(B)", "lost data are restored", ("results", "restores"), _restores),
    Control(
        "HIPAA 164.308(a)(7)(ii)(C)", "critical processes go on in an emergency", ("results", "approvals"), _went_on
    ),
    Control(
        "HIPAA 164.308(a)(7)(ii)(D)",
        "contingency plans are tested and revised",
        ("tests", "plans", "deviations"),
        _tested,
    ),
    Control(
        "HIPAA 164.308(a)(7)(ii)(E)",
        "applications and data are ranked by how critical they are",
        ("plans", "results"),
        _ranked,
    ),
    Control("HIPAA 164.404(b)", "individuals are told of a breach within 60 days", ("clocks",), _notified("HIPAA")),
    Control("GDPR 32(1)(c)", "access to personal data is restored in time", ("results", "restores"), _in_time),
    Control("GDPR 32(1)(d)", "measures are tested regularly", ("tests",), _tested),
    Control("GDPR 33(1)", "the authority is notified within 72 hours", ("clocks",), _notified("GDPR")),
    Control(
        "GDPR 33(5)", "breaches are documented: facts, effects, remedy", ("results", "clocks", "journals"), _documented
    ),
]
"""In the order of the index."""
