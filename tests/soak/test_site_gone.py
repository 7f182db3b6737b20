"""The primary site is gone for good, with its backups, and no standby follows: recovered from the second place alone.

The robot that presses what NEXT names recovers it on a host at the DR site that had programs and nothing else.
"""

from __future__ import annotations

import http.client
import os
from pathlib import Path

import pytest

from actions.inventory import load_inventory
from actions.systems.dns.exchange import NoAnswer, ask
from actions.systems.dns.settings import DnsSettings
from cleo_console.lab.files.service import StoreService
from cleo_console.lab.mongodb.cluster import DATABASE
from cleo_console.lab.mongodb.service import MemberService
from cleo_console.lab.redis.service import NodeService
from cleo_console.lab.sites import network
from cleo_console.lab.station import PRIMARY
from journal.incident.records import StepState
from tests.e2e.responder import Responder
from tests.e2e.stand import Stand
from tests.labs import Lab, lab_directory
from tests.waiting import until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes networks")

COLD, COLD_MONGODB, COLD_REDIS, COLD_FILES = "postgres-cold", "mongodb-cold", "redis-cold", "files-cold"
DONE = (StepState.DONE, StepState.FOUND, StepState.LOOKED)
STEPS = (
    "postgres-fence",
    "activate-cold",
    "postgres-restore",
    "postgres-apply-wal",
    "postgres-verify",
    "redis-fence",
    "redis-restore",
    "redis-verify",
    "redis-allow-writers",
    "files-restore",
    "files-verify",
    "files-allow-writers",
    "mongodb-fence",
    "mongodb-restore",
    "mongodb-rebuild-indexes",
    "mongodb-verify",
    "mongodb-allow-ttl",
    "mongodb-allow-writers",
    "allow-writers",
    "enable-traffic",
    "update-dns",
    "verify-dns",
)


def served_by(lab: Lab) -> str:
    """Return which server answers who asks a resolver for the application and reads a page; empty: none does."""
    import dns.message

    try:
        resolver = load_inventory(lab.inventory_path).system("dns", DnsSettings).resolvers[0]
        answer = ask(resolver, dns.message.make_query("api.dr.test.", "A"), 2.0)
        address = next(one.to_text() for rrset in answer.answer for one in rrset)
        link = http.client.HTTPConnection(address, timeout=2)
        link.request("GET", "/ready")
        got = link.getresponse()
        return str(got.getheader("X-Served-By")) if got.status == 200 else ""
    except (OSError, http.client.HTTPException, StopIteration, NoAnswer):
        return ""


def keys(lab: Lab, name: str) -> set[str]:
    """Return the keys of one of its Redis servers that outlive a recovery."""
    service = lab.services[name]
    assert isinstance(service, NodeService)
    with service.node.client(database=2) as client:
        return {str(key) for key in client.scan_iter()}


def stored(lab: Lab, name: str) -> dict[str, bytes]:
    """Return what the snapshot holds that was taken as the lab was made: its models and letters, by name."""
    service = lab.services[name]
    assert isinstance(service, StoreService)
    found = [*service.place.directory.glob("models/*.bin"), *service.place.directory.glob("uploads/letter-*")]
    assert found
    return {path.name: path.read_bytes() for path in found}


def documents(lab: Lab, name: str) -> int:
    """Return how many conversations one of its MongoDB servers has."""
    service = lab.services[name]
    assert isinstance(service, MemberService)
    with service.member.session() as client:
        return client[DATABASE]["conversations"].count_documents({})


def test_next_leads_from_the_second_place_to_another_host(tmp_path: Path) -> None:
    with lab_directory() as directory:
        lab = Lab.up(directory, two_sites=True, cold=True, also=["files"], backup_minutes=600)
        stand = Stand(lab, tmp_path / "home")
        rows, cached = lab.psql("SELECT count(*) FROM messages"), keys(lab, "redis")
        uploads = stored(lab, "files")
        had = documents(lab, "mongodb")
        stand.cleo("backup", "run", "--type", "offsite-sync")
        with stand.runner_ended():
            until(lambda: served_by(lab) == "p1", 60)
            lab.break_("site", "destroy")
            stand.declare("natural-disaster")
            with stand.console(incident=stand.incident_id) as console:
                console.until("NEXT")
                responder = Responder(console)
                responder.follow_next_to_the_end()
                until(lambda: served_by(lab) == "d1", 60)
                responder.close()
            incident = stand.incident()
            lab.break_("site", "heal")
            assert lab.sites
            assert not network.is_port_open(lab.sites.stations[PRIMARY].namespace), "the old site is not fenced"
        assert {step: incident.state(step) for step in STEPS if incident.state(step) not in DONE} == {}
        stops = {incident.state(step) for step in ("postgres-stop", "mongodb-stop", "redis-stop")}
        assert stops == {StepState.IMPOSSIBLE}, "nothing runs at a cold standby that could be stopped"
        assert incident.roster.players("postgres") == [COLD]
        assert incident.roster.players("redis") == [COLD_REDIS]
        assert keys(lab, COLD_REDIS) == cached
        assert incident.roster.players("files") == [COLD_FILES]
        assert uploads.items() <= stored(lab, COLD_FILES).items()
        assert lab.cluster(COLD).psql("SELECT count(*) FROM messages") == rows
        assert incident.roster.players("mongodb") == [COLD_MONGODB]
        assert documents(lab, COLD_MONGODB) == had
        assert "Nothing is wrong" in stand.cleo("journal", "verify", stand.incident_id)
