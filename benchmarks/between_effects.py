"""Kills the runner with SIGKILL between any two effects of a recovery, and lets a new runner take over.

Each run must end done once, failed, or in doubt; the next run goes on without repeating or losing anything; and no file
is ever half written. The lab is real, and so are the runners.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.incidents import Incidents, ask, fold, over
from benchmarks.stand import folder
from benchmarks.table import Row
from benchmarks.whole_files import half_files
from cleo_console.lab import Lab
from cleo_console.lab.postgres.cluster import Cluster
from cleo_console.lab.postgres.cluster_service import cluster_of
from journal.commands.incident import IncidentCommands
from journal.errors import CleoError
from journal.incident.records import Run, RunState
from journal.store.journal import Journal
from journal.verify import verify


class PostgresIncidents(Incidents[Lab]):
    """Incidents in a lab with PostgreSQL."""

    @property
    def cluster(self) -> Cluster:
        """The lab's PostgreSQL."""
        return cluster_of(self.lab.services["postgres"])


class Scene(NamedTuple):
    """Actions in a row; each is killed at each of its points in turn, the others run through."""

    name: str
    actions: tuple[str, ...]
    before: Callable[[Lab], object] = lambda lab: None


SCENES = (
    Scene("writers", ("postgres.stop_writers", "postgres.allow_writers")),
    Scene("backups held", ("backups.hold", "backups.release")),
    Scene("stop and start", ("postgres.stop", "postgres.start")),
    Scene(
        "restore",
        ("postgres.restore", "postgres.apply_wal", "postgres.allow_writers"),
        lambda lab: lab.break_("postgres", "kill-postmaster"),
    ),
    Scene("backup", ("backups.take",)),
    Scene("intruder looked for", ("intrusion.scan_backups",)),
)


class Finding(NamedTuple):
    """One kill: where, and what was wrong afterwards; nothing where the promise was kept."""

    scene: str
    action: str
    point: str
    wrong: tuple[str, ...]


def through(incidents: PostgresIncidents, place: Path, action: str, word: str) -> Run:
    """Run an action to its end without a kill."""
    with incidents.runner(place) as process:
        found = over(place, ask(place, action, word), process)
    if found is None or found.state is not RunState.SUCCEEDED:
        raise RuntimeError(f"{action} did not succeed: {found}")
    return found


def points_of(incidents: PostgresIncidents, scene: Scene, action: str, word: str) -> list[str]:
    """Play a scene once, and return the points that ``action`` passes."""
    scene.before(incidents.lab)
    place = incidents.declare()
    found: list[str] = []
    for each in scene.actions:
        through(incidents, place, each, word)
        found = incidents.points() if each == action else found
    incidents.close(place)
    return found


def kill_at(incidents: PostgresIncidents, scene: Scene, action: str, number: int, name: str, word: str) -> Finding:
    """Play a scene whose ``action`` is killed at its point ``number``, and say what was wrong."""
    last = incidents.cluster.psql("INSERT INTO heartbeat DEFAULT VALUES RETURNING id").split()[0]
    scene.before(incidents.lab)
    kept_before = _kept(incidents.cluster)
    place = incidents.declare()
    wrong: list[str] = []
    for each in scene.actions:
        if each == action:
            wrong += _killed(incidents, place, each, number, word)
        else:
            through(incidents, place, each, word)
        wrong += half_files(incidents.cluster)
    wrong += _afterwards(incidents.cluster, place, last, len(_kept(incidents.cluster) - kept_before))
    incidents.close(place)
    _tidy(incidents.cluster, kept_before)
    return Finding(scene.name, action, name, tuple(wrong))


def _killed(incidents: PostgresIncidents, place: Path, action: str, number: int, word: str) -> list[str]:
    """Kill the runner at a point, have a new one take over, and go on as a person would."""
    with incidents.runner(place, number) as process:
        run = ask(place, action, word)
        if over(place, run, process) is not None:
            return ["it did not come to that point"]
    wrong = half_files(incidents.cluster)
    with incidents.runner(place) as process:
        found = over(place, run, process)
        if found is None:
            return [*wrong, "the next runner died"]
        if found.state is RunState.IN_DOUBT:
            with Journal.open(place / "journal.db", actor="bench@bench") as journal:
                IncidentCommands(journal, lambda: fold(place)).resolve(run, "run_again", "the runner was killed")
        if found.state is not RunState.SUCCEEDED:
            again = over(place, ask(place, action, word), process)
            if again is None or again.state is not RunState.SUCCEEDED:
                wrong.append(
                    f"the next run ended {again.state if again else 'with its runner'}: {again and again.summary}"
                )
    return wrong


def _afterwards(cluster: Cluster, place: Path, last: str, kept: int) -> list[str]:
    """What must hold once the scene was played to its end."""
    wrong = []
    if cluster.psql(f"SELECT count(*) FROM heartbeat WHERE id = {last}") != "1":
        wrong.append("a committed row is lost")
    try:
        cluster.app_psql("SELECT 1")
    except CleoError as error:
        wrong.append(f"the application cannot connect: {error.message}")
    if kept > 1:
        wrong.append(f"{kept} copies were kept: a fresh restore was moved aside")
    for key in ("restore", "keep", "backup"):
        runs = [run for run in fold(place).runs.values() if run.verdict != "run_again"]  # that one a person repeated
        ended = [p for run in runs for p in run.programs if p.key == key and p.code == 0]
        if len(ended) > 1:
            wrong.append(f"the program {key} ran {len(ended)} times to its end")
    if left := [path.name for path in cluster.data_directory.parent.glob(f"{cluster.data_directory.name}.scan*")]:
        wrong.append(f"{', '.join(left)} was left")
    verdict = verify(place / "journal.db")
    if not verdict.ok:
        wrong.append(f"the journal does not verify: {verdict.faults[0].what}")
    return wrong


def _kept(cluster: Cluster) -> set[Path]:
    data = cluster.data_directory
    return set(data.parent.glob(f"{data.name}.aside-*"))


def _tidy(cluster: Cluster, before: set[Path]) -> None:
    for path in _kept(cluster) - before:
        shutil.rmtree(path)


def play(lab: Lab, home: Path, scenes: Sequence[Scene] = SCENES, every: int = 1) -> Iterator[Finding]:
    """Kill at every point (or every ``every``-th) of every action of ``scenes``; yield what was found, a kill each."""
    incidents = PostgresIncidents(lab, home)
    word = word_of(incidents)
    for scene in scenes:
        for action in scene.actions:
            for number, name in list(enumerate(points_of(incidents, scene, action, word), 1))[::every]:
                yield kill_at(incidents, scene, action, number, name, word)


def word_of(incidents: PostgresIncidents) -> str:
    """Return what must be typed for the lab's server, as a dry run shows it."""
    place = incidents.declare()
    with incidents.runner(place) as process:
        with Journal.open(place / "journal.db", actor="bench@bench") as journal:
            run = IncidentCommands(journal, lambda: fold(place)).request_action("postgres.stop", {}, dry_run=True)
        found = over(place, run, process)
    incidents.close(place)
    if found is None or not found.target:
        raise RuntimeError(f"the lab's identity cannot be told: {found}")
    return next(identity.value for identity in found.target if identity.name == "confirm")


def row() -> Row:
    """Kill at every point of every scene, and return the row of the table."""
    with folder() as place:
        home = place / "home"
        home.mkdir()
        lab = Lab.up(place / "lab", "small", systems=["postgres"], backup_minutes=600)
        try:
            found = list(play(lab, home))
        finally:
            Lab.remove(place / "lab")
    wrong = [one for one in found if one.wrong]
    for one in wrong:
        print(f"  {one.scene}, {one.action}, {one.point}: {'; '.join(one.wrong)}", file=sys.stderr)
    measured = f"{len(found)} kills, {len(wrong)} wrong"
    return Row("kill between effects", measured, "", "0 repeated, 0 lost, 0 half files", not wrong and bool(found))
