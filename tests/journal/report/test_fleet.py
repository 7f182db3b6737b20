"""The report of an incident over several clusters names each of them, and says of each what became of it."""

from __future__ import annotations

import pytest

from journal.events import types as e
from journal.events.run import KnownSystem
from journal.report import render
from journal.report.build import build
from journal.report.model import Report
from journal.store.journal import Journal
from tests.journal.stories import ADA, LAST_COMMIT, SetClock, declaration, plan, step

NAMES = ("orders", "users")
STEPS = (
    step("which", decision={"name": "affected", "question": "Which?", "kind": "systems"}),
    step("restore", action="thing.restore", system="db", verified_by="verify", destructive=True),
    step("verify", action="thing.verify", system="db"),
    step("check", action="thing.check", system="db"),
)


class _Fleet:
    def __init__(self, journal: Journal, now: SetClock) -> None:
        self.journal, self.now = journal, now

    def tell(self) -> None:
        systems = [KnownSystem(name=name, type="thing", plays="db", acts=["thing"]) for name in NAMES]
        self.say(e.RunnerStarted(pid=1, started=1))
        self.say(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=systems))
        self.say(e.DecisionMade(step="which", name="affected", answer="db"))
        for name in NAMES:
            self.say(e.HealthChanged(system=name, status="down", was="up"))
        for name in NAMES:
            facts = {"tables": 5, **LAST_COMMIT}
            self.run("restore", name, "restored", facts=facts if name == "orders" else {})
        self.say(e.HealthChanged(system="orders", status="up", was="down"))
        self.run("check", "orders", "fine")
        self.run("check", "users", "fine")
        self.run("verify", "orders", "5 tables agree")
        self.run("verify", "users", "2 tables differ", status="failed")

    def run(self, step_id: str, system: str, summary: str, status: str = "succeeded", **end: object) -> None:
        action = f"thing.{step_id}"
        run = self.say(e.RunRequested(step=step_id, action=action, system=system))
        self.say(e.ActionStarted(step=step_id, run=run, action=action, system=system))
        self.say(e.ActionFinished(step=step_id, run=run, status=status, summary=summary, **end))  # type: ignore[arg-type]

    def say(self, body: e.Body) -> int:
        self.now.pass_(seconds=10)
        return self.journal.append(body)[0].seq


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    path, now = tmp_path_factory.mktemp("fleet") / "journal.db", SetClock()
    with Journal.create(
        path, declaration(plan(*STEPS, validated_by=["check"])), actor=ADA, clock=now.clock()
    ) as journal:
        _Fleet(journal, now).tell()
    return build(path)


def test_each_cluster_has_its_impact_and_its_loss(report: Report) -> None:
    assert [impact.title for impact in report.impact] == ["The database orders", "The database users"]
    assert [(impact.totals["down"], impact.last) for impact in report.impact] == [(80, "up"), (190, "down")]
    assert [result.title for result in report.rpo] == ["The database orders", "The database users"]
    for name in ("md", "html"):
        text = render(report, name)
        assert "The database users: found down for 3 min 10 s" in text and "down at the end" in text


def test_a_step_that_differs_between_clusters_says_so(report: Report) -> None:
    for name in ("md", "html"):
        text = render(report, name)
        assert "The database orders: done — 5 tables agree; The database users: failed — 2 tables differ" in text
        assert "Check (at The database orders, The database users)" in text
        assert "Succeeded after 10 s at The database orders: restored" in text
        full = render(report, name, full=True)
        assert "thing.restore at The database orders" in full and "attempt 2" not in full
