"""The console's services on a real journal, with a runner that the test plays itself, and a clock that it sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from actions.by_hand import Typed
from journal.commands.declare import Declaration
from journal.commands.offer import Offer
from journal.errors import CleoError
from journal.events import types as e
from journal.events.envelope import Clock
from journal.incident.fold import fold_journal
from journal.incident.state import Incident
from journal.paths import Paths
from journal.plan.action_spec import ActionSpec, Catalogue
from journal.plan.load import load_plan
from journal.plan.model import Plan, Step
from journal.store.journal import Journal
from journal.store.rows import OutputLine
from screens.app_services import IncidentSummary

START = datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC)
INCIDENT = "INC-2026-11-22-01"
TARGET = [
    e.Identity(name="host", value="db1", known="reported"),
    e.Identity(name="confirm", value="cleoai-lab", known="reported"),
    e.Identity(name="data", value="/var/lib/postgresql/15/main", known="last known"),
]


PLANNED_ACTIONS = {"postgres.promote"}
"""Actions that the tests' catalogue has, but not yet."""

PROBES = {"postgres.restore": "postgres.is_restored"}


def catalogue(plan: Plan) -> Catalogue:
    """Return a catalogue of the plan's actions: what the screens need to know of them, and no more."""
    return {
        step.action: ActionSpec(
            name=step.action,
            title=step.title,
            destructive=step.destructive,
            probe=PROBES.get(step.action, ""),
            available=step.action not in PLANNED_ACTIONS,
        )
        for step in plan.steps()
        if step.action
    }


class SetClock:
    """A present that the test moves."""

    def __init__(self) -> None:
        self.now = START + timedelta(minutes=7)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **length: float) -> None:
        self.now += timedelta(**length)


class FakeServices:
    """Implements `screens.app_services.AppServices`; a test looks at ``runner_starts``, and sets what fails."""

    def __init__(self, folder: Path, clock: SetClock) -> None:
        self.actor = "ana@bastion"
        self.paths = Paths(incidents=folder / "incidents", locks=folder / "locks")
        self.clock = clock
        self.alive = True
        self.runner_starts = 0
        self.declared: list[Declaration] = []
        self.runner_trouble = ""
        self.notes: list[str] = []
        self.offered: list[Offer] = []
        self.dismissed: list[tuple[str, str]] = []
        self.commands: dict[str, list[Typed]] = {}
        self._loaded = load_plan(Path(__file__).with_name("plan.yaml"))

    def load(self, plan: Path) -> None:
        """Go by another plan."""
        self._loaded = load_plan(plan)

    @property
    def journal_clock(self) -> Clock:
        return Clock(now=self.clock, monotonic_ns=lambda: 0)

    def incidents(self) -> Sequence[IncidentSummary]:
        if not self.paths.incidents.exists():
            return []
        return [self._summary(folder.name) for folder in sorted(self.paths.incidents.iterdir())]

    def _summary(self, incident_id: str) -> IncidentSummary:
        path = self.paths.incident(incident_id).journal
        try:
            incident = fold_journal(path)
        except CleoError:
            return IncidentSummary(id=incident_id, note=f"The journal {path.name} is no journal.")
        return IncidentSummary.of(incident)

    def plan(self) -> Plan:
        return self._loaded.plan

    def kinds(self) -> Sequence[e.Kind]:
        return [e.Kind.LAB, e.Kind.DRILL]

    def inventory_name(self) -> str:
        return "lab"

    def declare(self, declaration: Declaration) -> str:
        self.declared.append(declaration)
        self.begin(INCIDENT, declaration).close()
        return INCIDENT

    def begin(self, incident_id: str, declaration: Declaration) -> Journal:
        first = e.IncidentDeclared(
            id=incident_id,
            title=declaration.title,
            kind=declaration.kind,
            scenario=declaration.scenario,
            severity=declaration.severity,
            began_at=declaration.began_at.isoformat(),
            discovered_at=declaration.discovered_at.isoformat(),
            plan=self._loaded.data,
            plan_sha256=self._loaded.sha256,
        )
        place = self.paths.incident(incident_id)
        place.folder.mkdir(parents=True)
        return Journal.create(place.journal, first, actor=self.actor, clock=self.journal_clock)

    def offers(self) -> Sequence[Offer]:
        return self.offered

    def answered(self, offer: Offer) -> None:
        self.offered.remove(offer)

    def dismiss(self, offer: Offer, why: str) -> None:
        self.dismissed.append((offer.id, why))
        self.offered.remove(offer)

    def catalogue(self) -> Catalogue:
        return catalogue(self.plan())

    def open(self, incident_id: str, waiting: Callable[[str], None] = lambda holder: None) -> Journal:
        place = self.paths.incident(incident_id)
        return Journal.open(place.journal, actor=self.actor, clock=self.journal_clock, waiting=waiting)

    def shell_commands(self, incident: Incident, step: Step) -> Sequence[Typed]:
        return self.commands.get(step.id, [])

    def now(self) -> datetime:
        return datetime.now(UTC)

    def ensure_runner(self, incident_id: str) -> None:
        self.runner_starts += 1

    def runner_alive(self, incident_id: str) -> bool:
        return self.alive

    def write_fault(self, incident_id: str) -> str:
        return self.runner_trouble

    def way_back(self, incident_id: str, *, plain: bool = False) -> str:
        return f"cleo open {incident_id}"

    def warnings(self) -> Sequence[str]:
        return self.notes


def declaration(**changes: Any) -> Declaration:
    """Return a believable declaration."""
    values: dict[str, Any] = {
        "title": "conversations unreachable, data directory gone",
        "scenario": "database-failure",
        "severity": "high",
        "kind": e.Kind.LAB,
        "began_at": START,
        "discovered_at": START + timedelta(minutes=3),
    }
    return Declaration(**{**values, **changes})


RESTORE = {"step": "restore", "action": "postgres.restore"}


class PlayedRunner:
    """Writes what a runner would write."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    def take_lease(self) -> None:
        self.journal.append(e.RunnerStarted(pid=4242, started=1), actor="runner@db0")

    def start(self, run: int, *, step: str, action: str, **fields: Any) -> None:
        fields.setdefault("target", TARGET)
        self.journal.append(e.ActionStarted(step=step, run=run, action=action, **fields), actor="runner@db0")

    def say(self, run: int, *texts: str, stream: str = "out") -> None:
        at = START
        self.journal.append_output(run, [OutputLine(run, 0, at, stream, text) for text in texts])

    def finish(self, run: int, *, step: str, status: str = "succeeded", summary: str = "done", **fields: Any) -> None:
        self.journal.append(
            e.ActionFinished(step=step, run=run, status=status, summary=summary, **fields),  # type: ignore[arg-type]
            actor="runner@db0",
        )

    def refuse(self, run: int, *, step: str, gate: str, message: str, yields: str = "never", system: str = "") -> None:
        body = e.RunRefused(step=step, run=run, gate=gate, message=message, yields=yields, system=system)  # type: ignore[arg-type]
        self.journal.append(body, actor="runner@db0")

    def doubt(self, run: int, *, step: str, why: str, program: str = "") -> None:
        self.journal.append(e.ActionInDoubt(step=step, run=run, why=why, program=program), actor="runner@db0")

    def lost_restore(self, *programs: str) -> int:
        """A restore whose runner died, with programs of which nobody saw the end. Returns the run's id."""
        run = self.journal.append(e.RunRequested(**RESTORE))[0].seq
        self.start(run, **RESTORE, destructive=True)
        for argv in programs:
            self.journal.append(e.ProgramStarted(step="restore", run=run, key=argv, argv=[argv]))
        self.doubt(run, step="restore", why="its runner was gone", program="pgbackrest: no exit status")
        return run

    def health(self, system: str, status: str, detail: str = "", **facts: Any) -> None:
        seen = None if status in ("down", "not measured") else START.isoformat()
        payload = {"status": status, "detail": detail, "facts": facts, "seen_at": seen}
        self.journal.set_reading(f"health:{system}", payload)

    def progress(self, run: int, **payload: Any) -> None:
        self.journal.set_reading(f"progress:{run}", payload)
