"""Incidents for tests: events with a clock of their own, folded at once or written into a journal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from journal.events import types as e
from journal.events.envelope import Clock
from journal.incident.fold import apply_event
from journal.incident.state import Incident
from journal.store.journal import Journal, OutputLine

BEGAN = datetime(2026, 3, 1, 2, 50, tzinfo=UTC)
DECLARED = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
LAST_COMMIT = {"newest_commit_at": BEGAN.isoformat(), "no_commit_after": BEGAN.isoformat()}
"""What a restore reads in the log of the data that it keeps."""
ADA, BEN = "ada@ops1", "ben@ops2"


def step(id_: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "title": more.pop("title", id_.capitalize()), **more}


def plan(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a plan of one phase with these steps, as data."""
    return {
        "title": "A plan",
        "version": "7",
        "objectives": {
            "rto": {"critical": {"title": "Critical", "rto": "1 h", "validated_by": more.pop("validated_by", [])}},
            "rpo": {"database": {"title": "Database", "rpo": "15 min"}},
        },
        "systems": {"db": {"title": "The database", "tier": "critical", "data": "database"}},
        "scenarios": {"lost": {"title": "Lost", "impact": "", "likelihood": "", "severity": "high", "systems": ["db"]}},
        "strategies": {},
        "phases": [{"id": "one", "title": "One", "sections": [{"title": "Section", "steps": list(steps)}]}],
        **more,
    }


def declaration(plan_data: dict[str, Any], **more: Any) -> e.IncidentDeclared:
    return e.IncidentDeclared(
        **{
            "id": "INC-2026-03-01-1",
            "title": "Database gone",
            "kind": e.Kind.LAB,
            "scenario": "lost",
            "severity": "high",
            "began_at": BEGAN.isoformat(),
            "discovered_at": (BEGAN + timedelta(minutes=5)).isoformat(),
            "plan": plan_data,
            "plan_sha256": "ab" * 32,
            **more,
        }
    )


class Story:
    """Events that follow each other a second apart, and the incident that they fold to."""

    def __init__(self, plan_data: dict[str, Any], **more: Any) -> None:
        self.events: list[e.Event] = []
        self.at = DECLARED
        self._append(declaration(plan_data, **more), ADA)
        self.incident = Incident(self.events[0])

    def tell(self, *bodies: e.Body, by: str = ADA, after: float = 1.0) -> int:
        """Append events and return the last one's seq; the first is ``after`` seconds after the one before."""
        for body in bodies:
            self.at += timedelta(seconds=after)
            self._append(body, by)
            apply_event(self.incident, self.events[-1])
        return self.events[-1].seq

    def run(self, step_id: str, *, status: str = "succeeded", started: dict[str, Any] | None = None, **end: Any) -> int:
        """Append the events of a whole run of a step's action, and return its id."""
        run = self.tell(e.RunRequested(step=step_id, action="some.action"))
        self.tell(e.ActionStarted(step=step_id, run=run, action="some.action", **(started or {})))
        self.tell(e.ActionFinished(step=step_id, run=run, status=status, **{"summary": "told", **end}), after=60)  # type: ignore[arg-type]
        return run

    def state(self, step_id: str) -> str:
        return self.incident.state(step_id).value

    def _append(self, body: e.Body, by: str) -> None:
        seq = len(self.events) + 1
        self.events.append(
            e.Event(
                seq=seq,
                at=self.at,
                actor=by,
                host=by.partition("@")[2],
                body=body,
                hash=f"{seq:064x}",
            )
        )


class SetClock:
    """A clock that stands still until it is set."""

    def __init__(self, at: datetime = DECLARED) -> None:
        self.at = at

    def clock(self) -> Clock:
        ticks: Iterator[int] = iter(range(1, 10**9))
        return Clock(now=lambda: self.at, monotonic_ns=lambda: next(ticks))

    def pass_(self, **length: float) -> None:
        self.at += timedelta(**length)


def write_recovery(path: Path, plan_data: dict[str, Any], *, kind: e.Kind = e.Kind.LAB, more: str = "") -> Path:
    """Write the journal of a lost PostgreSQL that was restored on the bundled plan, with a little of everything.

    Args:
        path: the new journal.
        plan_data: the bundled plan.
        kind: what was declared.
        more: text that systems and people are made to say, wherever they can.
    """
    now = SetClock()
    first = declaration(
        plan_data, scenario="database-failure", kind=kind, title=f"Data directory lost{more}", program="cleo 0.1.0"
    )
    with Journal.create(path, first, actor=ADA, clock=now.clock()) as journal:
        _Recovery(journal, now, more).tell()
    return path


class _Recovery:
    def __init__(self, journal: Journal, now: SetClock, more: str) -> None:
        self.journal = journal
        self.now = now
        self.more = more

    def tell(self) -> None:
        self.say(e.RunnerStarted(pid=4711, started=1), by=ADA)
        self.run("check-status", "status.check", "postgres is down", printed=["postgres  down", "redis     up"])
        self.say(e.HealthChanged(system="postgres", status="down", was="up", detail=f"connection refused{self.more}"))
        self.say(e.StepMarkedDone(step="hold-backups", note=f"cron stopped by hand{self.more}"))
        self.decide("severity", "severity", "critical", "all conversations are unreachable")
        for item in ("Incident posted", "Time of the next update promised"):
            self.say(e.ItemChecked(step="update-status-page", item=item, checked=True), by=BEN)
        self.say(e.StepMarkedDone(step="update-status-page", note=""), by=BEN)
        self.say(e.StepSkipped(step="damage-report", reason=f"the directory is gone, nothing to report{self.more}"))
        self.decide("affected", "affected", "postgres")
        self.decide("recovery-point", "recovery_point", "latest")
        self.decide("strategy", "strategy", "cold-recovery", f"the standby is gone too{self.more}")
        self.say(e.NoteAdded(text=f"first page came in{self.more}", happened_at="2026-03-01T02:52:00+00:00"), by=BEN)
        self.decide("postgres-cure", "postgres_cure", "restore")
        self.restore()
        facts = {"newest_commit_at": "2026-03-01T02:49:18+00:00", "tables": 5}
        self.run("postgres-verify", "postgres.verify", "5 tables agree with the manifest", facts=facts)
        self.say(e.HealthChanged(system="postgres", status="up", was="down"))
        self.doubt()
        for step_id in ("mongodb-verify", "verify-deployments", "test-auth", "test-api"):
            self.say(e.StepMarkedDone(step=step_id, note="looked at by hand"), by=BEN)
        self.now.pass_(minutes=20)
        self.say(e.IncidentClosed(summary=f"Service is back; 42 s of heartbeats are lost.{self.more}"))

    def restore(self) -> None:
        """A refused first try, a failed second one, and the one that worked, with an override."""
        action = "postgres.restore"
        refused = self.say(e.RunRequested(step="postgres-restore", action=action))
        message = f"Backups must be verified first.{self.more}"
        self.say(e.RunRefused(step="postgres-restore", run=refused, gate="verified", message=message, yields="reason"))
        self.run("postgres-restore", action, "repository unreachable", status="failed", left_behind="nothing changed")
        override = e.Override(gate="verified", reason=f"verified an hour ago by the schedule{self.more}")
        self.run(
            "postgres-restore",
            action,
            f"backup 20260301-020003F restored{self.more}",
            overrides=[override],
            printed=[f"restore file base/{n}{self.more}" for n in range(30)],
            argv=["pgbackrest", "--stanza=main", f"--note={self.more}", "restore"],
            facts={"backup": "20260301-020003F", **LAST_COMMIT},
        )

    def doubt(self) -> None:
        run = self.say(e.RunRequested(step="postgres-start", action="postgres.start"))
        self.say(e.ActionStarted(step="postgres-start", run=run, action="postgres.start"))
        self.say(
            e.ActionInDoubt(step="postgres-start", run=run, why=f"its runner is gone{self.more}", program="exited 0")
        )
        self.say(
            e.DoubtResolved(step="postgres-start", run=run, verdict="done", reason=f"it answers queries{self.more}")
        )

    def decide(self, step_id: str, name: str, answer: str, reason: str = "") -> None:
        self.say(e.DecisionMade(step=step_id, name=name, answer=answer, reason=reason))

    def say(self, body: e.Body, by: str = ADA) -> int:
        self.now.pass_(seconds=20)
        return self.journal.append(body, actor=by)[0].seq

    def run(
        self,
        step_id: str,
        action: str,
        summary: str,
        *,
        status: str = "succeeded",
        printed: list[str] | None = None,
        argv: list[str] | None = None,
        overrides: list[e.Override] | None = None,
        **end: Any,
    ) -> int:
        run = self.say(e.RunRequested(step=step_id, action=action, overrides=overrides or []))
        target = [
            e.Identity(name="host", value=f"db1{self.more}", known="reported"),
            e.Identity(name="system identifier", value="7391", known="last known"),
            e.Identity(name="machine id", value="?", known="unknown"),
        ]
        destructive = action == "postgres.restore"
        self.say(
            e.ActionStarted(
                step=step_id,
                run=run,
                action=action,
                params={"set": f"latest{self.more}"},
                target=target if destructive else [],
                digest="cd" * 32,
                destructive=destructive,
                overrides=overrides or [],
            )
        )
        if argv:
            self.say(e.ProgramStarted(step=step_id, run=run, key="main", argv=argv, host="db1"))
        self.now.pass_(minutes=4)
        self.journal.append_output(run, [OutputLine(run, 0, self.now.at, "stdout", text) for text in printed or []])
        if argv:
            self.say(e.ProgramFinished(step=step_id, run=run, key="main", code=0, duration_s=240.0))
        lines, digest = self.journal.output_digest(run)
        self.say(
            e.ActionFinished(
                step=step_id,
                run=run,
                status=status,  # type: ignore[arg-type]
                summary=summary,
                duration_s=241.5,
                output_lines=lines,
                output_sha256=digest,
                **end,
            )
        )
        return run
