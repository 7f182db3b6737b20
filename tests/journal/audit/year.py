"""Incidents of a year with a small plan of their own, and the pack of them."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from journal.audit.model import Evidence
from journal.audit.pack import Order, write_pack
from journal.audit.span import span_of
from journal.events import types as e
from journal.paths import Paths
from journal.plan.read import plan_from_data
from journal.store.journal import Journal
from tests.journal.stories import ADA, SetClock, declaration, plan, step

NOW = datetime(2026, 11, 30, tzinfo=UTC)
YEAR = span_of("2026-01-01", "2026-12-31")
ORDER = Order(span=YEAR, made_by=ADA, program="a test", now=NOW)
TESTS = [
    {
        "every": "quarter",
        "items": ["Restore", "Failover", "Coordination"],
        "held_by": {"Restore": {"actions": ["*.drill"]}, "Failover": {"actions": ["*.promote"]}},
    }
]
CLOCKS = [
    {"title": "GDPR", "plan": "", "law": "Notify within 72 hours", "law_deadline": "72 h", "source": "33(1)"},
    {"title": "HIPAA", "plan": "soon", "deadline": "90 s", "law_deadline": "60 d", "noticed_by": ["tell"]},
]
PLAN = plan(
    step("drill", action="some.drill"),
    step("look", items=["seen"], optional=True),
    step("tell", items=["sent"], optional=True),
    tests=TESTS,
    compliance=CLOCKS,
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def write(home: Path, id_: str, began: str, kind: e.Kind = e.Kind.DRILL, *bodies: e.Body, **more: Any) -> Path:
    """Write an incident whose events are a minute apart."""
    now = SetClock(at(began))
    folder = home / "incidents" / id_
    folder.mkdir(parents=True)
    first = declaration(
        PLAN, id=id_, kind=kind, began_at=at(began).isoformat(), discovered_at=at(began).isoformat(), **more
    )
    with Journal.create(folder / "journal.db", first, actor=ADA, clock=now.clock()) as journal:
        for body in bodies:
            now.pass_(minutes=1)
            journal.append(body)
    return folder / "journal.db"


def run(action: str, status: str = "succeeded", seq: int = 2) -> list[e.Body]:
    return [
        e.RunRequested(step="drill", action=action),
        e.ActionStarted(step="drill", run=seq, action=action),
        e.ActionFinished(step="drill", run=seq, status=status, summary=f"{action} said so"),
    ]


CLOSED = e.IncidentClosed(summary="over")


def packed(home: Path, **more: Any) -> tuple[Path, Evidence]:
    to = home / f"pack-{len(list(home.glob('pack-*')))}"
    paths = Paths(incidents=home / "incidents", locks=home / "locks")
    return to, write_pack(paths, plan_from_data(PLAN), ORDER._replace(**more), to)


def verdicts(made: Evidence) -> dict[str, str]:
    return {f"{row.item} {row.period}": row.verdict for row in made.tests}


def said(made: Evidence) -> str:
    return "\n".join(one.what for one in made.missing)


def check_as_told(folder: Path) -> list[tuple[int, str]]:
    """Run the commands of a pack's README as another machine would; return status and output of each."""
    commands = [line for line in (folder / "README.txt").read_text().splitlines() if line.startswith("    ")]
    bare = ["env", "-i", "PATH=/usr/bin:/bin", "sh", "-c"]
    done = [subprocess.run([*bare, each], cwd=folder, capture_output=True, text=True, check=False) for each in commands]
    return [(one.returncode, one.stdout) for one in done]


def check(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
