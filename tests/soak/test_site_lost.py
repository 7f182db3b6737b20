"""The primary site is lost, wholly or half: recovered on the DR site by who presses what NEXT names; it comes back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cleo_console.lab.mongodb.service import MemberService
from cleo_console.lab.post.place import FIRST, SECOND
from cleo_console.lab.redis.service import NodeService
from cleo_console.lab.sites import network
from cleo_console.lab.station import PRIMARY
from journal.incident.records import RunState, StepState
from journal.incident.state import Incident
from tests.e2e.outside import User
from tests.e2e.responder import Responder
from tests.e2e.stand import Stand
from tests.labs import Lab, lab_directory
from tests.waiting import until

pytestmark = [pytest.mark.skipif(os.geteuid() != 0, reason="only root makes networks"), pytest.mark.timeout(1800)]

STANDBY = "postgres-standby"
STORES = ("postgres", "mongodb", "redis")
DONE = (StepState.DONE, StepState.FOUND, StepState.LOOKED)


@pytest.fixture
def lab() -> Iterator[Lab]:
    with lab_directory() as directory:
        yield Lab.up(directory, two_sites=True, post=True, backup_minutes=600)


@pytest.mark.parametrize(
    ("how", "scenario"),
    [
        ("cut", "infrastructure-failure"),
        ("reject", "infrastructure-failure"),
        ("hosts", "infrastructure-failure"),
        ("half", "infrastructure-failure"),
        ("cut", "natural-disaster"),
    ],
)
def test_next_leads_to_the_dr_site_and_the_old_primary_stays_fenced(
    lab: Lab, tmp_path: Path, how: str, scenario: str
) -> None:
    stand, user = Stand(lab, tmp_path / "home"), User(lab)
    rows = lab.cluster(STANDBY).psql("SELECT count(*) FROM messages")
    with user.at_work(), stand.runner_ended():
        until(lambda: user.is_at("p1", 8), 30)
        lab.break_("site", how)
        stand.declare(scenario)
        with stand.console(incident=stand.incident_id) as console:
            console.until("NEXT")
            responder = Responder(console)
            responder.follow_next_to_the_end()
            until(lambda: user.is_at("d1"), 60)
            responder.close()
        incident = stand.incident()
        _recovered(lab, stand, rows)
        _holds_what_users_wrote(lab, user)
        _accepted_once(lab, user, incident, how)
        began, back = user.out()
        _the_report_agrees(incident, began, back)
        if how != "half":  # it has nothing that could come back
            lab.break_("site", "heal")
            _stays_fenced(lab, user)
    _people_were_told(lab, incident)
    fenced = [f"{store}-{what}" for store in STORES for what in ("fence", "promote", "verify", "allow-writers")]
    steps = (*fenced, "redis-warm-cache", "enable-traffic", "update-dns", "verify-dns")
    steps = tuple("allow-writers" if step == "postgres-allow-writers" else step for step in steps)
    assert {step: incident.state(step) for step in steps if incident.state(step) not in DONE} == {}
    assert {store: incident.roster.players(store) for store in STORES} == {s: [f"{s}-standby"] for s in STORES}
    by = {"half": "service"}.get(how, "network")
    assert [run.facts.get("fenced_by") for run in _ended(incident, "postgres.fence")] == [by]
    if how == "half":
        assert incident.state("isolate-old-site") in DONE


def _ended(incident: Incident, action: str) -> list[Any]:
    """Return the runs of an action that changed something and are over."""
    return [run for run in incident.runs.values() if run.action == action and not run.dry_run and run.finished_at]


def _recovered(lab: Lab, stand: Stand, rows: str) -> None:
    standby = lab.cluster(STANDBY)
    assert standby.psql("SELECT pg_is_in_recovery()") == "f"
    assert standby.psql("SELECT count(*) FROM messages") == rows
    mongodb, redis = lab.services["mongodb-standby"], lab.services["redis-standby"]
    assert isinstance(mongodb, MemberService)
    assert isinstance(redis, NodeService)
    with mongodb.member.session() as client:
        assert client.admin.command("hello")["isWritablePrimary"]
    assert redis.node.info("replication")["role"] == "master"
    assert "Nothing is wrong" in stand.cleo("journal", "verify", stand.incident_id)


def _holds_what_users_wrote(lab: Lab, user: User) -> None:
    """All that was acknowledged at the DR site is in both, and of the primary site's all but its last second's."""
    postgres = set(lab.cluster(STANDBY).psql("SELECT title FROM conversations").splitlines())
    mongodb = lab.services["mongodb-standby"]
    assert isinstance(mongodb, MemberService)
    with mongodb.member.session() as client:
        remembered = set(client.cleoai.episodic_memories.distinct("text"))
    wanted = {*user.written("p1")[:-4], *user.written("d1")[:-1]}  # the last of all may be under way
    assert (wanted - postgres, wanted - remembered) == (set(), set())


def _accepted_once(lab: Lab, user: User, incident: Incident, how: str) -> None:
    """No try was acknowledged by both sites, in turn or each in its own data; none at the old one after a promotion."""
    servers = [one.server for one in user.seen if one.server]
    assert servers == sorted(servers, reverse=True), "p1 answered after d1 did"
    promoted = [run.started_at for run in _ended(incident, "postgres.promote")]
    assert len(promoted) == 1
    assert promoted[0]
    late = [one for one in user.seen if one.at > promoted[0] and one.server == "p1"]
    assert not late, "acknowledged at the old site after the promotion"
    if how != "half":  # the old stores are gone with their disks
        old = set(lab.postgres.psql("SELECT title FROM conversations").splitlines())
        assert old & set(user.written("d1")) == set(), "the old primary has what was acknowledged at the DR site"


def _people_were_told(lab: Lab, incident: Incident) -> None:
    """Each recipient of whom the journal says "accepted" got that message."""
    assert lab.post
    came = lab.post.messages()
    told = [run.facts for run in _ended(incident, "communications.notify") if run.state is RunState.SUCCEEDED]
    assert told, "nobody was told"
    for facts in told:
        assert all(answer.startswith("accepted") for answer in facts["told"].values()), facts
        with_it = [one for one in came if facts["message"] in one]
        mails = [one for one in with_it if one.startswith("X-Envelope-From")]
        assert sorted(line for one in mails for line in one.splitlines() if line.startswith("X-Envelope-To")) == [
            f"X-Envelope-To: {FIRST}",
            f"X-Envelope-To: {SECOND}",
        ]
        assert len(with_it) == len(mails) + 1, "the webhook"


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
    assert user.is_at("d1", 12)
    assert lab.postgres.psql("SELECT count(*), max(at) FROM heartbeat") == newest
