"""One of three stores is lost and recovered to the closing of the incident; the other two are left as they were."""

from __future__ import annotations

from pathlib import Path

from cleo_console.lab import Lab
from journal.incident.records import RunState, StepState
from journal.incident.state import Incident
from journal.report import pieces
from journal.report.build import build
from tests.e2e.follower import Follower, settled_well
from tests.e2e.recovered import STORES, nothing_is_lost
from tests.e2e.stores import held

LOSES = {"postgres": "lose-data-directory", "mongodb": "lose-data", "redis": "lose-data"}
"""By store, the fault that takes all of its data away."""
_OF_EACH = ("backups.verify", "backups.hold", "backups.take", "backups.release")
"""What is done to a neighbour: nothing of it touches its data."""
_LEAVES_OPEN = ("skipped: ", "looked: ")


def one_comes_back(lab: Lab, home: Path, lost: str) -> None:
    """Lose one store, follow NEXT to the end of the plan, close, and look what became of the others.

    Args:
        lab: a lab of the three stores.
        home: where the journal goes.
        lost: the store that is lost.
    """
    before = {system: held(lab, system) for system in STORES}
    lab.break_(lost, LOSES[lost])
    follower = Follower(lab.inventory_path, home, to_the_end=True)
    with follower.at_work():
        follower.follow()
        story = "\n".join(follower.story())
        assert settled_well(follower.incident, f"{lost}-verify", "take-backup", "release-backups"), story
        incident = follower.close()
    assert len(set(follower.did)) == len(follower.did), f"NEXT names something twice\n{story}"
    nothing_is_lost(before, {system: held(lab, system) for system in STORES})
    _the_others_are_left_alone(incident, lost, story)
    _nothing_false_is_said(incident, "".join(pieces(build(follower.place.journal), "md")), lost)


def one_is_hit_later(lab: Lab, home: Path) -> None:
    """Lose PostgreSQL, and kill Redis once that is restored: NEXT asks about it, and it is started and verified."""
    before = {system: held(lab, system) for system in STORES}
    lab.break_("postgres", LOSES["postgres"])
    follower = Follower(lab.inventory_path, home, to_the_end=True)
    with follower.at_work():
        follower.follow(lambda now: now.settled("postgres-restore"))
        lab.break_("redis", "kill")
        follower.until(lambda now: now.health["redis"].status == "down")
        follower.follow()
        story = "\n".join(follower.story())
        assert settled_well(follower.incident, "redis-start", "redis-verify", "take-backup", "release-backups"), story
        assert follower.incident.state("redis-restore") is StepState.NOT_APPLICABLE, story
        affected = follower.close().decisions["affected"]
    assert (affected.answer, affected.changes) == ("postgres,redis", 1)
    nothing_is_lost(before, {system: held(lab, system) for system in STORES})


def one_is_taken_out_again(lab: Lab, home: Path) -> None:
    """Keep MongoDB's writers out, and then decide that it is not affected: NEXT lets them in again, before the end."""
    before = {system: held(lab, system) for system in STORES}
    lab.break_("postgres", LOSES["postgres"])
    follower = Follower(lab.inventory_path, home, to_the_end=True, hit=["mongodb"])
    with follower.at_work():
        follower.follow(lambda now: now.settled("mongodb-cure"))
        follower.commands.decide("mongodb-cure", "restore", "somebody is not sure")
        run = follower.commands.request_run("mongodb-stop-writers", confirmed=follower.word("mongodb-stop-writers"))
        follower.until(lambda now: now.runs[run].state is RunState.SUCCEEDED)
        follower.commands.decide("affected", "postgres", "MongoDB is whole")
        follower.follow()
        story = "\n".join(follower.story())
        assert settled_well(follower.incident, "mongodb-allow-writers", "take-backup", "release-backups"), story
        assert not follower.close().in_force
    nothing_is_lost(before, {system: held(lab, system) for system in STORES})


def _the_others_are_left_alone(incident: Incident, lost: str, story: str) -> None:
    """See that nothing was refused, nothing was asked twice, and of a neighbour only backups were taken and held."""
    assert incident.decisions["affected"].answer == lost
    assert not any(one.changes for one in incident.decisions.values())
    runs = [run for run in incident.runs.values() if run.changes_step]
    assert {run.state for run in runs} == {RunState.SUCCEEDED}, story
    for system in {*STORES} - {lost}:
        assert sorted(run.action for run in runs if run.system == system) == sorted(_OF_EACH), story
    assert not incident.in_force
    assert all(line.startswith(_LEAVES_OPEN) for line in incident.left_open), incident.left_open


def _nothing_false_is_said(incident: Incident, report: str, lost: str) -> None:
    titles = {system: incident.roster.title(system) for system in STORES}
    assert f"Named as affected: {titles[lost]}.\n" in report
    lines = report.splitlines()
    for system, title in titles.items():
        assert any(line.startswith(f"- {title}: found down") for line in lines) is (system == lost)
        (at_risk,) = (line for line in lines if line.startswith(f"| {title} / "))
        assert at_risk.endswith("| not affected |") is (system != lost), at_risk
        assert sum(f"Take a new full backup: Succeeded at {title}" in line for line in map(_without_times, lines)) == 1


def _without_times(line: str) -> str:
    """Return a line of the course without how long a run took."""
    head, after, rest = line.partition(" after ")
    return head + rest[rest.find(" at ") :] if after else line
