"""The primary site is cut off, silently: recovered on the DR site by who presses what NEXT names, and it comes back."""

from __future__ import annotations

import http.client
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.inventory import load_inventory
from actions.systems.dns.exchange import NoAnswer, ask
from actions.systems.dns.settings import DnsSettings
from cleo_console.lab.sites import network
from cleo_console.lab.station import PRIMARY
from journal.incident.records import StepState
from journal.incident.state import Incident
from tests.e2e.responder import Responder
from tests.e2e.stand import Stand
from tests.labs import Lab, lab_directory
from tests.waiting import until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes networks")

STANDBY = "postgres-standby"
DONE = (StepState.DONE, StepState.FOUND, StepState.LOOKED)


class User:
    """Somebody outside: asks a resolver for the application's address and reads a page there, four times a second.

    Args:
        lab: a lab of two sites.

    Attributes:
        seen: when each try began, and which server answered; empty: none did.
    """

    def __init__(self, lab: Lab) -> None:
        self._dns = load_inventory(lab.inventory_path).system("dns", DnsSettings)
        self.seen: list[tuple[datetime, str]] = []
        self._over = threading.Event()

    @contextmanager
    def at_work(self) -> Iterator[User]:
        """Be there while the block runs."""
        thread = threading.Thread(target=self._work)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join()

    def out(self) -> tuple[datetime, datetime]:
        """Return when the first try failed, and when the first one after all that failed succeeded."""
        failed = [number for number, (_, server) in enumerate(self.seen) if not server]
        return self.seen[failed[0]][0], self.seen[failed[-1] + 1][0]

    def _work(self) -> None:
        while not self._over.wait(0.25):
            began = datetime.now(UTC)
            self.seen.append((began, self._try()))

    def _try(self) -> str:
        import dns.message

        try:
            answer = ask(self._dns.resolvers[0], dns.message.make_query("api.dr.test.", "A"), 2.0)
            address = next(one.to_text() for rrset in answer.answer for one in rrset)
            link = http.client.HTTPConnection(address, timeout=2)
            link.request("GET", "/ready")
            got = link.getresponse()
            return str(got.getheader("X-Served-By")) if got.status == 200 else ""
        except (OSError, http.client.HTTPException, StopIteration, NoAnswer):
            return ""


@pytest.fixture
def lab() -> Iterator[Lab]:
    with lab_directory() as directory:
        yield Lab.up(directory, two_sites=True, backup_minutes=600)


@pytest.mark.parametrize(
    ("how", "scenario"),
    [("cut", "infrastructure-failure"), ("reject", "infrastructure-failure"), ("cut", "natural-disaster")],
)
def test_next_leads_to_the_dr_site_and_the_old_primary_stays_fenced(
    lab: Lab, tmp_path: Path, how: str, scenario: str
) -> None:
    stand, user = Stand(lab, tmp_path / "home"), User(lab)
    rows = lab.cluster(STANDBY).psql("SELECT count(*) FROM messages")
    with user.at_work(), stand.runner_ended():
        until(lambda: user.seen and user.seen[-1][1] == "p1", 20)
        lab.break_("site", how)
        stand.declare(scenario)
        with stand.console(incident=stand.incident_id) as console:
            console.until("NEXT")
            responder = Responder(console)
            responder.follow_next_to_the_end()
            until(lambda: user.seen[-1][1] == "d1", 60)
            responder.close()
        incident = stand.incident()
        _recovered(lab, stand, rows)
        began, back = user.out()
        _the_report_agrees(incident, began, back)
        lab.break_("site", "heal")
        _stays_fenced(lab, user)
    steps = ("postgres-fence", "postgres-promote", "postgres-verify", "enable-traffic", "update-dns", "verify-dns")
    assert {step: incident.state(step) for step in steps if incident.state(step) not in DONE} == {}
    assert incident.roster.players("postgres") == [STANDBY]


def _recovered(lab: Lab, stand: Stand, rows: str) -> None:
    standby = lab.cluster(STANDBY)
    assert standby.psql("SELECT pg_is_in_recovery()") == "f"
    assert standby.psql("SELECT count(*) FROM messages") == rows
    assert "Nothing is wrong" in stand.cleo("journal", "verify", stand.incident_id)


def _the_report_agrees(incident: Incident, began: datetime, back: datetime) -> None:
    """Propagation is called verified once users are at the DR site, and not long after; it began when they were out."""
    verified = incident.steps["verify-dns"].at
    assert verified
    assert verified >= back, "users were called back before they were"
    assert (verified - back).total_seconds() < 120
    assert abs((incident.began_at - began).total_seconds()) < 15


def _stays_fenced(lab: Lab, user: User) -> None:
    """The site is back, and its port is cut: nothing reaches the old primary, and nothing is written there."""
    assert lab.sites
    port = lab.sites.stations[PRIMARY].namespace
    assert not network.is_port_open(port)
    newest = lab.postgres.psql("SELECT count(*), max(at) FROM heartbeat")
    tries = len(user.seen)
    until(lambda: len(user.seen) > tries + 12, 60)
    assert {server for _, server in user.seen[tries:]} == {"d1"}
    assert lab.postgres.psql("SELECT count(*), max(at) FROM heartbeat") == newest
