"""Kills the runner with SIGKILL between any two effects of a recovery, and lets a new runner take over.

Each run must end done once, failed, or in doubt; the next run goes on without repeating or losing anything; and no file
is ever half written. The lab is real, and so are the runners.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from actions.runner import held
from benchmarks.stand import ROOT, folder
from benchmarks.table import Row
from benchmarks.whole_files import half_files
from cleo_console.lab import Lab
from cleo_console.lab.postgres.cluster import Cluster
from cleo_console.lab.postgres.cluster_service import cluster_of
from journal.commands.incident import IncidentCommands
from journal.errors import CleoError
from journal.events.types import Override
from journal.incident.fold import fold_journal
from journal.incident.records import Run, RunState
from journal.incident.state import Incident
from journal.store.journal import Journal
from journal.verify import verify

DEADLINE_S = 120.0
GATES = ("order", "smallest-cure", "hold", "space", "one-writer")


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


class Incidents:
    """One lab and the incidents that are worked in it."""

    def __init__(self, lab: Lab, home: Path) -> None:
        self.lab = lab
        self.home = home
        self.env = {
            **os.environ,
            "CLEO_HOME": str(home),
            "CLEO_INVENTORY": str(lab.inventory_path),
            "CLEO_ACTOR": "bench@bench",
            "PYTHONPATH": str(ROOT),
        }
        self.seen = home / "points"

    @property
    def cluster(self) -> Cluster:
        """The lab's PostgreSQL."""
        return cluster_of(self.lab.services["postgres"])

    def declare(self) -> Path:
        """Declare an incident whose recovery point is decided, and return its folder."""
        words = ["declare", "--title", "bench", "--scenario", "database-failure", "--kind", "LAB"]
        name = self._cleo(*words)
        self._cleo("decide", "recovery-point", "latest", "--reason", "the disk died", "-i", name)
        return self.home / "incidents" / name

    def close(self, place: Path) -> None:
        """Close an incident, whatever is not in order: its claims go with it."""
        from journal.incident.closing import phrase, remaining

        with self.runner(place) as process:  # it gives up the incident's claims
            until_at_work(place)
            for _ in range(10):  # what is left open may change under the words: the runner has just come
                words = ["close", "--summary", "over", "--leaving", phrase(remaining(fold(place))), "-i", place.name]
                with suppress(subprocess.CalledProcessError):
                    self._cleo(*words)
                    process.wait(DEADLINE_S)
                    return
            raise RuntimeError(f"{place.name} cannot be closed")

    def _cleo(self, *words: str) -> str:
        argv = [sys.executable, "-P", "-m", "cleo_console", *words]
        return subprocess.run(argv, capture_output=True, text=True, env=self.env, check=True).stdout.strip()

    @contextmanager
    def runner(self, place: Path, dies_at: int = 0) -> Iterator[subprocess.Popen[bytes]]:
        """A runner at work on an incident; it is stopped at the end of the block, if it did not die before."""
        self.seen.write_text("")
        argv = [sys.executable, "-P", "-m", "benchmarks.dying_runner", str(place), str(dies_at), str(self.seen)]
        with (self.home / "runner.log").open("ab") as log:
            process = subprocess.Popen(argv, env=self.env, cwd=ROOT, stdout=log, stderr=log)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(DEADLINE_S)

    def points(self) -> list[str]:
        """Return the names of the points that the last runner passed."""
        return [line.partition(" ")[2] for line in self.seen.read_text().splitlines()]


def until_at_work(place: Path) -> None:
    """Wait until a runner has come to an incident."""
    end = time.monotonic() + DEADLINE_S
    while not held(place):
        if time.monotonic() > end:
            raise TimeoutError("no runner comes to work")
        time.sleep(0.02)


def fold(place: Path) -> Incident:
    """Return an incident as its journal has it now."""
    return fold_journal(place / "journal.db")


def ask(place: Path, action: str, word: str, system: str = "") -> int:
    """Ask for an action, with every gate that yields passed by a person's word."""
    with Journal.open(place / "journal.db", actor="bench@bench") as journal:
        overrides = [Override(gate=gate, reason="bench", target=word) for gate in GATES]
        return IncidentCommands(journal, lambda: fold(place)).request_action(
            action, {}, system=system, confirmed=word, overrides=overrides
        )


def over(place: Path, run: int, process: subprocess.Popen[bytes]) -> Run | None:
    """Wait for the end of a run; None where its runner died first."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        found = fold(place).runs[run]
        if found.state.over:
            return found
        if process.poll() is not None:
            return None
        time.sleep(0.05)
    raise TimeoutError(f"{found.action} is {found.state} after {DEADLINE_S:.0f} s")


def through(incidents: Incidents, place: Path, action: str, word: str) -> Run:
    """Run an action to its end without a kill."""
    with incidents.runner(place) as process:
        found = over(place, ask(place, action, word), process)
    if found is None or found.state is not RunState.SUCCEEDED:
        raise RuntimeError(f"{action} did not succeed: {found}")
    return found


def points_of(incidents: Incidents, scene: Scene, action: str, word: str) -> list[str]:
    """Play a scene once, and return the points that ``action`` passes."""
    scene.before(incidents.lab)
    place = incidents.declare()
    found: list[str] = []
    for each in scene.actions:
        through(incidents, place, each, word)
        found = incidents.points() if each == action else found
    incidents.close(place)
    return found


def kill_at(incidents: Incidents, scene: Scene, action: str, number: int, name: str, word: str) -> Finding:
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


def _killed(incidents: Incidents, place: Path, action: str, number: int, word: str) -> list[str]:
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
    incidents = Incidents(lab, home)
    word = word_of(incidents)
    for scene in scenes:
        for action in scene.actions:
            for number, name in list(enumerate(points_of(incidents, scene, action, word), 1))[::every]:
                yield kill_at(incidents, scene, action, number, name, word)


def word_of(incidents: Incidents) -> str:
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
