"""The incident as an action may see it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from actions.context import IncidentFacts, Level, NotedCall
from journal.incident.affected import is_hit
from journal.incident.clocks import rto
from journal.incident.given_up import given_up
from journal.incident.last_good import change_began
from journal.incident.newest_state import damaged, ever_damaged
from journal.incident.spared import standing
from journal.incident.state import Incident


def incident_facts(incident: Incident, system: str, now: datetime) -> IncidentFacts:
    """Return a read-only snapshot of ``incident`` for a run.

    Args:
        incident: its state.
        system: the inventory's system that the run is aimed at: what steps measured of others is left out.
        now: the moment at which the tightest RTO's time left is told.
    """
    running = [clock.left for clock in rto(incident, now) if clock.achieved_at is None]
    facts = {step: run.facts for step in incident.steps if (run := incident.last_run(step, system)) and run.facts}
    return IncidentFacts(
        id=incident.id,
        kind=incident.kind,
        lead=incident.team.holder("lead"),
        head=incident.head,
        escalation=[
            Level(level=one.level, role=one.role, contact=one.contact, answer_s=float(one.respond_within))
            for one in incident.plan.escalation
        ],
        title=incident.title,
        scenario=incident.scenario,
        began_at=incident.began_at.isoformat(),
        decisions={name: record.answer for name, record in incident.decisions.items()},
        intrusion_began=incident.intrusion_began,
        recovery_point=incident.recovery_point,
        facts=facts,
        gives_up=given_up(incident, incident.recovery_point, {}),
        newest_known={system: ledger.known.at for system, ledger in incident.ledgers.items() if ledger.known},
        recovered_to={
            system: min(each.recovered_to for each in ledger.recoveries)
            for system, ledger in incident.ledgers.items()
            if ledger.recoveries
        },
        affected=[system for system in incident.roster.systems if is_hit(incident, system)],
        standing=standing(incident, system) if system in incident.roster.systems else None,
        found_wrong={system: str(found) for system, found in incident.found_wrong.items()},
        damaged=damaged(incident),
        ever_damaged=ever_damaged(incident),
        damage_began=change_began(incident),
        discovered_at=incident.discovered_at,
        takeovers=dict(incident.takeovers),
        rto_left_s=min(running, default=None),
    )


def noted_calls(incident: Incident) -> Mapping[str, NotedCall]:
    """Return the calls that are noted, by level; from any thread."""
    calls = incident.review.calls.copy()
    return {
        level: NotedCall(at=call.paged_at, answered_at=call.answered_at, who=call.who) for level, call in calls.items()
    }
