"""The primary site is gone for good, with its backups, and no standby follows: recovered from the second place alone.

The robot that presses what NEXT names recovers it on a host at the DR site that had programs and nothing else.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cleo_console.lab.sites import network
from cleo_console.lab.station import PRIMARY
from journal.incident.records import StepState
from tests.e2e.responder import Responder
from tests.e2e.stand import Stand
from tests.labs import Lab, lab_directory
from tests.soak.test_site_lost import User
from tests.waiting import until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes networks")

COLD = "postgres-cold"
DONE = (StepState.DONE, StepState.FOUND, StepState.LOOKED)
STEPS = (
    "postgres-fence",
    "activate-cold",
    "postgres-restore",
    "postgres-apply-wal",
    "postgres-verify",
    "allow-writers",
    "enable-traffic",
    "update-dns",
    "verify-dns",
)


def test_next_leads_from_the_second_place_to_another_host(tmp_path: Path) -> None:
    with lab_directory() as directory:
        lab = Lab.up(directory, two_sites=True, cold=True, backup_minutes=600)
        stand, user = Stand(lab, tmp_path / "home"), User(lab)
        rows = lab.psql("SELECT count(*) FROM messages")
        stand.cleo("backup", "run", "--type", "offsite-sync")
        with user.at_work(), stand.runner_ended():
            until(lambda: user.seen and user.seen[-1][1] == "p1", 20)
            lab.break_("site", "destroy")
            stand.declare("natural-disaster")
            with stand.console(incident=stand.incident_id) as console:
                console.until("NEXT")
                responder = Responder(console)
                responder.follow_next_to_the_end()
                until(lambda: user.seen[-1][1] == "d1", 60)
                responder.close()
            incident = stand.incident()
            lab.break_("site", "heal")
            assert lab.sites
            assert not network.is_port_open(lab.sites.stations[PRIMARY].namespace), "the old site is not fenced"
        assert {step: incident.state(step) for step in STEPS if incident.state(step) not in DONE} == {}
        assert incident.roster.players("postgres") == [COLD]
        assert lab.cluster(COLD).psql("SELECT count(*) FROM messages") == rows
        assert "Nothing is wrong" in stand.cleo("journal", "verify", stand.incident_id)
