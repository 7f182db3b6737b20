"""A real incident of five minutes on the bundled plan: what applies was run, ticked, decided or done by hand."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from journal.events import types as e
from journal.incident.closing import remaining
from journal.incident.fold import fold_journal
from journal.plan.read import read_plan
from journal.store.journal import Journal
from tests.journal.report.test_report import BUNDLED
from tests.journal.stories import ADA, BEN, DECLARED, SetClock, declaration

LACKED = ("dns", "kubernetes", "mongodb", "redis", "load_balancer", "validation")
RUN = {
    "check-status": "postgres is down.",
    "hold-backups": "Backups are held: scheduled backups wait; expiry is suspended.",
    "verify-backups": "1 backup, newest 20261128-182711F (33 s old); log archived without a gap (files not read).",
    "health-check": "postgres is down. postgres: no process runs. postgres: the data directory is there, empty.",
    "damage-report": "postgres is down, data directory /srv/pg/15/main is there, but not a database.",
    "stop-writers": "postgres is down and has no pg_hba.conf: nobody can write. A restore keeps cleo_app out.",
    "postgres-stop": "postgres was already down.",
    "postgres-restore": "Backup 20261128-182711F is restored to /srv/pg/15/main, not yet recovered.",
    "postgres-apply-wal": "Recovered to 0/4000000 on timeline 2, newest commit 18:27:12 UTC; writers are kept out.",
    "postgres-verify": "10 relations of 3 databases read; 5 as in the manifest of backup 20261128-182711F.",
    "erasure-list": "No erasure request is to be carried out again; the ledger has 214 requests.",
    "allow-writers": "cleo_app can connect again.",
    "take-backup": "Backup 20261128-182817F is taken.",
    "release-backups": "This incident's hold is released: expiry works again; scheduled backups run again.",
}
FOUND = {"health-check": ("no process runs", "the data directory is there, but not a database")}
SETTLES = {
    "damage-report": e.Settling(
        action="postgres.start", use="impossible", words="no database in its data directory", system="postgres"
    ),
    "erasure-list": e.Settling(
        action="postgres.reapply_erasures", use="needless", words="no erasure request since", system="postgres"
    ),
}
_LAST = (DECLARED - timedelta(seconds=52)).isoformat()
FACTS = {
    "postgres-restore": {"newest_commit_at": (DECLARED - timedelta(seconds=47)).isoformat(), "no_commit_after": _LAST},
    "postgres-apply-wal": {"recovered_to": _LAST, "newest_commit_at": _LAST},
    "postgres-verify": {"newest_commit_at": _LAST, "tables": 5},
}
WRITTEN = {
    "summary": "The disk of the primary database died; we restored the last backup and replayed the log.",
    "contributing factors": "The disk had reported errors for two weeks, and nothing watched them.",
    "went well": "The backup was verified before anything was replaced.",
    "for customers": "A disk failed. Conversations could not be opened until the data was back.",
}

_LOOKED, _SINCE = (DECLARED - timedelta(minutes=21)).isoformat(), (DECLARED - timedelta(days=12)).isoformat()
KNOWN = e.ReadinessKnown(
    looked_at=_LOOKED,
    points=[
        e.KnownPoint(
            about="restore of postgres",
            words="proven 43 d ago: the plan wants one every month",
            cure="Prove it: cleo drill restore --system postgres",
            steps=["postgres-restore", "postgres-apply-wal", "postgres-verify"],
            systems=["postgres"],
            stops=False,
            since=_SINCE,
            seen=_LOOKED,
        ),
        e.KnownPoint(
            about="rights of our user at dns",
            words="the primary refuses our update: REFUSED",
            cure="Grant the key in the zone's update-policy.",
            steps=["update-dns"],
            systems=["dns"],
            since=_SINCE,
            seen=_LOOKED,
        ),
    ],
)
"""What `cleo ready` had found before."""


def write_five_minutes(path: Path) -> Path:
    """Write the journal of it, and return its path."""
    now = SetClock()
    title = "Conversations cannot be opened"
    began, seen = (DECLARED - timedelta(seconds=s) for s in (50, 20))
    times = {"began_at": began.isoformat(), "discovered_at": seen.isoformat()}
    first = declaration(read_plan(BUNDLED).data, scenario="database-failure", kind=e.Kind.REAL, title=title, **times)
    with Journal.create(path, first, actor=ADA, clock=now.clock()) as journal:
        _Five(journal, now).tell()
    return path


class _Five:
    def __init__(self, journal: Journal, now: SetClock) -> None:
        self.journal, self.now = journal, now

    def tell(self) -> None:
        plan = read_plan(BUNDLED).plan
        lacks = [step.action for step in plan.steps() if step.action.partition(".")[0] in LACKED]
        self.journal.append(KNOWN, actor=ADA)
        self.say(e.RunnerStarted(pid=1, started=1, lacks=lacks), "runner@ops1")
        self.health("down")
        for level, who in {"L1": "Cem", "L2": "Dora"}.items():
            self.say(e.ContactPaged(level=level))
            self.say(e.ContactAcknowledged(level=level, who=who))
        answers = {"severity": "critical", "affected": "postgres", "recovery_point": "latest", "site": "original-site"}
        answers |= {"strategy": "cold-recovery", "postgres_cure": "restore", "response_team": "team"}
        for step in plan.steps():
            if step.id in RUN:
                self.run(step.id, step.action)
            elif step.decision and step.decision.name in answers:
                name = step.decision.name
                self.say(e.DecisionMade(step=step.id, name=name, answer=answers[name], reason="seen in the log"))
            elif step.items and not step.calls and not plan.phase_of[step.id].optional:
                for item in step.items:
                    self.say(e.ItemChecked(step=step.id, item=item, checked=True), BEN)
                self.say(e.StepMarkedDone(step=step.id, note=""), BEN)
            elif step.action in lacks and not step.when and not step.optional:
                self.say(e.StepMarkedDone(step=step.id, note="looked at by hand"), BEN)
        for text in ("the vendor was called", "a user reports errors", "errors are gone"):
            self.say(e.NoteAdded(text=text), BEN)
        left = [str(point) for point in remaining(fold_journal(self.journal.path))]
        self.say(e.IncidentClosed(summary="Service is back; the last seconds are lost.", remaining=left))
        self.now.pass_(minutes=90)
        for name, text in WRITTEN.items():
            self.say(e.ReportFieldWritten(field=name, text=text), BEN)  # type: ignore[arg-type]
        item = "Alert on disk errors, and replace disks that report them"
        self.say(e.ActionItemWritten(id="A1", text=item, owner="Ben", due="2026-04-01"), BEN)

    def health(self, status: str) -> None:
        self.say(e.HealthChanged(system="postgres", status=status, was="", detail="refused"), "runner@ops1")

    def run(self, step: str, action: str) -> None:
        run = self.say(e.RunRequested(step=step, action=action))
        target = [e.Identity(name="data directory", value="/srv/pg/15/main", known="reported")]
        keeps_out = "postgres.allow_writers" if step in ("stop-writers", "postgres-restore") else ""
        started = e.ActionStarted(
            step=step, run=run, action=action, system="postgres", target=target, digest="cd" * 32, undone_by=keeps_out
        )
        self.say(started, "runner@ops1")
        self.now.pass_(seconds=14)
        settles = [SETTLES[step]] if step in SETTLES else []
        found = [e.Finding(severity="warning", about="postgres", text=text) for text in FOUND.get(step, ())]
        facts = FACTS.get(step, {})
        said = {"summary": RUN[step], "facts": facts, "findings": found, "settles": settles}
        self.say(e.ActionFinished(step=step, run=run, status="succeeded", **said), "runner@ops1")  # type: ignore[arg-type]
        if step == "postgres-apply-wal":
            self.health("degraded")
            self.health("up")

    def say(self, body: e.Body, by: str = ADA) -> int:
        self.now.pass_(seconds=1)
        return self.journal.append(body, actor=by)[0].seq
