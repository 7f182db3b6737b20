"""Somebody was inside all three stores, files and configuration, before their newest backups, and knows every password.

NEXT leads to a service that they are out of, by way of a state in which nothing of them was found.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from actions.inventory import load_inventory
from cleo_console.lab.service_types import STORES
from journal.incident.records import StepState
from journal.incident.scanned import scan_of, verdict
from journal.incident.state import Incident
from journal.incident.upcoming import next_step
from journal.verify import verify
from tests.e2e.follower import Follower
from tests.labs import Lab, running_stores

PROVEN = (
    *("isolate", "scan-backups", "intrusion-began", "evidence", "configuration-restore", "files-restore"),
    *("postgres-verify", "mongodb-verify", "redis-verify", "rotate-credentials"),
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
    with running_stores("files", "configuration", "validation", "load_balancer") as lab:
        old = {system: _secret(lab, system) for system in STORES}
        done = {system: lab.break_(system, "intruder").details for system in (*STORES, "files", "configuration")}
        follower = Follower(
            lab.inventory_path,
            tmp_path / "home",
            "security-breach",
            to_the_end=True,
            by_hand={"rotate-credentials": lab.put_new_secrets},
        )
        with follower.at_work():
            follower.follow()
            incident, story = follower.incident, "\n".join(follower.story())
            states = {step: incident.state(step) for step in PROVEN}
            well = {StepState.DONE, StepState.FOUND}
            assert set(states.values()) <= well, f"{states}\n{next_step(incident)}\n{story}"
            _was_looked_through(incident, done)
            follower.close()
        assert verify(follower.place.journal).ok
        _is_out(lab, old)


_PLANTED = {"files": "uploads/thumb.php", "configuration": "203.0.113.66"}


def _was_looked_through(incident: Incident, done: Mapping[str, Mapping[str, Any]]) -> None:
    """See that every newest backup was found to hold strangers, and that nobody recovered to it."""
    point = incident.recovery_point
    assert point and point.instant
    for system, planted in done.items():
        scan = scan_of(incident, system)
        assert scan and scan.looked_for and scan.not_looked_for
        newest = [state for state in scan.states if state.backup == planted["backup"]]
        assert newest and all(_PLANTED.get(system, "svc_metrics") in "".join(one.strangers) for one in newest), system
        assert verdict(incident, system, point).kind == "nothing found"
        assert point.instant <= datetime.fromisoformat(planted["noticed"])
    assert incident.intrusion_began and point.instant <= incident.intrusion_began
    assert "nothing was found" in incident.decisions["recovery_point"].because


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
        assert not client.exists("backup1")
        assert all(client.hget(key, "device") != "planted" for key in sessions[1:])
    files: Any = lab.services["files"]
    assert not (files.place.directory / "uploads" / "thumb.php").exists()
    configuration: Any = lab.services["configuration"]
    settled = configuration.place.directory
    assert "203.0.113.66" not in (settled / "network/dr/haproxy.cfg").read_text()
    assert not (settled / "configs/dr/cron.d/metrics").exists(), "the branch does not have it"
    assert "protected-mode no" not in (settled / "configs/dr/redis.conf").read_text()
    mongodb: Any = lab.services["mongodb"]
    with mongodb.member.session() as client:
        assert client.cleoai.episodic_memories.count_documents({"text": "rewritten"}) == 0
        assert client.cleoai["system.js"].count_documents({}) == 0
        users = client.admin["system.users"].find({"user": "svc_metrics"})
        assert all(not user["roles"] for user in users)
