"""The loss on a real server: what was committed there, and is not there any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from actions.action import Action
from actions.health import Health
from actions.inventory import load_inventory
from actions.outcome import Outcome
from actions.runner.facts import incident_facts
from actions.systems.postgres.apply_wal import apply_wal
from actions.systems.postgres.probe import probe
from actions.systems.postgres.restore import restore
from actions.systems.postgres.start_stop import start, stop
from actions.systems.postgres.verify import verify
from actions.systems.postgres.writers import allow_writers, stop_writers
from journal.events import types as e
from journal.events.measured import Measured
from journal.incident import clocks
from journal.incident.clocks import RpoClock
from tests.actions.contexts import FakeContext
from tests.journal.stories import Story, plan, step
from tests.labs import Lab, lab
from tests.waiting import until

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-loss")

NAMES = {"stop_writers": stop_writers, "stop": stop, "restore": restore, "apply": apply_wal, "start": start}
PROVED = ("restore", "apply", "start")
EARLIER = timedelta(hours=3)
"""A start that was typed wrongly."""


class Told:
    """An incident on the lab: actions are really run, and what they report goes into the incident's story."""

    def __init__(self, lab: Lab, began: datetime, **incident: Any) -> None:
        more = {name: {"verified_by": "verify"} if name in PROVED else {} for name in (*NAMES, "verify")}
        steps = [step(name, action=f"postgres.{name}", system="postgres", **extra) for name, extra in more.items()]
        systems = {"postgres": {"title": "PostgreSQL", "tier": "critical", "data": "database"}}
        hit = {"lost": {"title": "Lost", "impact": "", "likelihood": "", "severity": "high", "systems": ["postgres"]}}
        self.story = Story(plan(*steps, systems=systems, scenarios=hit), began_at=began.isoformat())
        self.ctx = FakeContext(load_inventory(lab.inventory_path), **incident)
        self.lab = lab

    def do(self, name: str, **params: Any) -> Outcome:
        action: Action = {**NAMES, "verify": verify}[name]
        known = incident_facts(self.story.incident, "postgres", self.now()).newest_known
        outcome = self.ctx.with_incident(newest_known=known).do(action, **params)
        if not self.ctx.dry_run:
            self.story.at = self.now()
            started = {"destructive": action.spec.destructive}
            status = "succeeded" if outcome.ok else "failed"
            self.story.run(name, status=status, started=started, facts=outcome.facts)
        return outcome

    def recover(self, point: str) -> None:
        self.ctx.with_incident(decisions={"recovery_point": point})
        for name in ("stop_writers", "stop", "restore", "apply"):
            assert self.do(name).ok

    def probe(self) -> Health:
        settings = self.ctx.inventory.systems["postgres"]
        return probe("postgres", settings, self.ctx.transport(settings.host), deadline_s=10)

    def found_down(self, last: Measured) -> None:
        self.story.at = self.now()
        self.story.tell(e.HealthChanged(system="postgres", status="down", was="up", last=last), after=0)

    @property
    def rpo(self) -> RpoClock:
        (clock,) = clocks.rpo(self.story.incident)
        return clock

    @staticmethod
    def now() -> datetime:
        return datetime.now(UTC)


def newest(lab: Lab) -> datetime:
    return datetime.fromisoformat(lab.psql("SELECT max(at) FROM heartbeat") + ":00").astimezone(UTC)


def rows(lab: Lab) -> int:
    return int(lab.psql("SELECT count(*) FROM heartbeat"))


def more_heartbeats(lab: Lab, number: int) -> None:
    wanted = rows(lab) + number
    until(lambda: rows(lab) >= wanted)


def back_at(told: Told) -> str:
    """What the last recovery reached, as a fact."""
    text: str = Measured(recovered_to=told.rpo.recovered_to).facts()["recovered_to"]
    return text


@contextmanager
def let_in_again(told: Told) -> Iterator[None]:
    try:
        yield
    finally:
        assert told.ctx.do(allow_writers).ok


def test_what_a_chosen_point_throws_away_is_the_loss_whatever_start_was_typed(lab: Lab) -> None:
    more_heartbeats(lab, 2)
    point = newest(lab)
    more_heartbeats(lab, 4)
    told = Told(lab, began=point - EARLIER)
    with let_in_again(told):
        assert told.do("stop_writers").ok
        last, before = newest(lab), rows(lab)
        told.recover(f"time:{point.isoformat()}")
        gone, back = before - rows(lab), newest(lab)
        loss = told.rpo.loss
        assert loss
        assert loss.exact
        assert abs(loss.seconds - (last - back).total_seconds()) < 0.1
        assert loss.seconds > 3
        assert loss.heartbeats == gone >= 5
        assert told.rpo.met is None, "nothing has verified it"
        said = next(line for line in told.ctx.lines if "gives up" in line)
        assert f"{(last - point).total_seconds():.1f}"[:1] in said
        assert told.do("verify").ok
        assert told.rpo.met is True

        assert told.do("apply").facts["recovered_to"] == back_at(told), "asked again, it tells the same"
        assert told.rpo.met is True
        told.recover("latest")
        again = told.rpo.loss
        assert again
        assert again.exact, "a second recovery on the same way: the first one's loss stays"
        assert abs(again.seconds - loss.seconds) < 0.5
        assert told.rpo.met is None, "what verified the first proves nothing of the second"


def test_a_crash_loses_nothing_and_that_is_known_before_anybody_writes(lab: Lab) -> None:
    told = Told(lab, began=Told.now() - EARLIER)
    seen = Measured.of(told.probe().facts)
    assert seen.newest_commit_at
    assert 0 < (seen.heartbeats or 0) <= rows(lab)
    assert seen.clock_ahead_s is not None
    assert abs(seen.clock_ahead_s) < 1
    fault = lab.break_("postgres", "kill-postmaster")
    told.found_down(seen)
    assert told.do("start").ok
    more_heartbeats(lab, 2)
    assert told.do("verify").ok
    assert told.rpo.loss
    assert (told.rpo.loss.seconds, told.rpo.loss.exact, told.rpo.met) == (0.0, True, True)
    assert told.rpo.recovered_to
    assert told.rpo.recovered_to >= datetime.fromisoformat(fault.details["last_heartbeat"])


def test_with_the_disk_gone_the_probe_tells_what_was_lost(lab: Lab) -> None:
    lab.psql("SELECT pg_switch_wal()")
    more_heartbeats(lab, 4)
    told = Told(lab, began=Told.now() + EARLIER)
    seen = Measured.of(told.probe().facts)
    fault = lab.break_("postgres", "lose-data-directory")
    told.found_down(seen)
    with let_in_again(told):
        told.recover("latest")
        truth = datetime.fromisoformat(fault.details["last_heartbeat"]) - newest(lab)
        loss = told.rpo.loss
        assert loss
        assert loss.at_least - 1.1 <= truth.total_seconds() <= loss.seconds
        assert loss.bound == "at most"
        assert loss.heartbeats
        assert told.do("verify").ok
        assert told.rpo.met is True
