"""Somebody was inside all three stores and knows every password: NEXT leads to a service that they are out of."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from actions.inventory import load_inventory
from cleo_console.lab.service_types import STORES
from journal.incident.records import StepState
from journal.incident.upcoming import next_step
from journal.verify import verify
from tests.e2e.follower import Follower
from tests.labs import Lab, running_stores
from tests.waiting import until

PROVEN = (
    *("isolate", "evidence", "postgres-verify", "mongodb-verify", "redis-verify", "rotate-credentials"),
    *(
        "credentials-test",
        "revoke-tokens",
        "test-auth",
        "reopen-lb",
        "test-traffic",
        "enable-traffic",
        "evidence-verify",
    ),
)
"""What is done by a run that succeeded, and by nobody's word."""


@pytest.mark.timeout(1800)
def test_next_leads_from_a_break_in_to_a_service_that_they_are_out_of(tmp_path: Path) -> None:
    with running_stores("validation", "load_balancer") as lab:
        good_until = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        old = {system: _secret(lab, system) for system in STORES}
        until(lambda: lab.psql("SELECT now() > timestamptz '" + good_until + "' + interval '3 s'") == "t")
        for system in STORES:
            lab.break_(system, "intruder")
        follower = Follower(
            lab.inventory_path,
            tmp_path / "home",
            "security-breach",
            good_until=good_until,
            hit=STORES,
            to_the_end=True,
            by_hand={"rotate-credentials": lab.put_new_secrets},
        )
        with follower.at_work():
            follower.follow()
            incident, story = follower.incident, "\n".join(follower.story())
            states = {step: incident.state(step) for step in PROVEN}
            assert set(states.values()) == {StepState.DONE}, f"{states}\n{next_step(incident)}\n{story}"
            follower.close()
        assert verify(follower.place.journal).ok
        _is_out(lab, old)


def _secret(lab: Lab, system: str) -> str:
    return (lab.directory / system / "secrets" / "cleo_app").read_text().strip()


def _is_out(lab: Lab, old: dict[str, str]) -> None:
    """See past all of our own code that what was planted is gone, and what was read is worth nothing."""
    assert lab.psql("SELECT count(*) FROM pg_roles WHERE rolname = 'svc_metrics' AND rolcanlogin") == "0"
    assert lab.psql("SELECT count(*) FROM pg_trigger WHERE tgname = 'audit_users'") == "0"
    entry: Any = load_inventory(lab.inventory_path).systems["postgres"]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host="127.0.0.1", port=entry.port, user="cleo_app", dbname="cleoai", password=old["postgres"])
    redis: Any = lab.services["redis"]
    with redis.node.client() as client:
        assert "off" in (client.acl_getuser("svc_metrics") or {"flags": ["off"]})["flags"]
        sessions = [client.execute_command("SELECT", 1), *client.scan_iter("session:*")]
        assert all(client.hget(key, "device") != "planted" for key in sessions[1:])
    mongodb: Any = lab.services["mongodb"]
    with mongodb.member.session() as client:
        assert client.cleoai.episodic_memories.count_documents({"text": "rewritten"}) == 0
        users = client.admin["system.users"].find({"user": "svc_metrics"})
        assert all(not user["roles"] for user in users)
