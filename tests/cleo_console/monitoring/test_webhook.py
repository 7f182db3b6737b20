"""What becomes of a webhook's body: short, inert text that a declaration begins with, or a sentence."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cleo_console.monitoring.offers import MOST, Offers
from cleo_console.monitoring.webhook import MOST_BYTES, NotAnAlert, read_webhook
from cleo_console.plans import bundled
from journal.commands.offer import Offer, likely_scenario
from journal.plan.load import load_plan

NOW = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)


def alert(**more: Any) -> dict[str, Any]:
    one = {
        "status": "firing",
        "labels": {"alertname": "SystemDown", "severity": "critical", "system": "postgres"},
        "annotations": {"summary": "postgres is down"},
        "startsAt": "2026-11-30T03:58:00.123456789Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": "f1",
    }
    return one | more


def told(*alerts: dict[str, Any], key: str = "{}:{}") -> Offer:
    found = read_webhook(json.dumps({"version": "4", "groupKey": key, "alerts": alerts}).encode(), NOW)
    assert found.offer
    return found.offer


def test_of_several_alerts_the_gravest_is_named_since_the_first_of_them() -> None:
    minor = alert(labels={"alertname": "Lag"}, annotations={}, startsAt="2026-11-30T03:50:00Z")
    over = alert(status="resolved", startsAt="2026-11-30T01:00:00Z")
    found = told(over, minor, alert())
    assert (found.title, found.system) == ("postgres is down (and 1 more alert)", "postgres")
    assert found.began_at == datetime(2026, 11, 30, 3, 50, tzinfo=UTC)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "2026-11-30T05:00:00Z", "tomorrow", None, 5, "9" * 5000])
def test_a_time_at_which_nothing_can_have_begun_is_no_time(at: Any) -> None:
    assert told(alert(startsAt=at)).began_at is None


def test_what_is_told_is_text_and_nothing_more(tmp_path: Path) -> None:
    words = "\x1b]0;x\x07\x1b[2Jrm -rf /\n[bold]$(id)\u202e" + "x" * 9000
    found = told(
        alert(annotations={"summary": words}, labels={"system": "../../x", "severity": ["critical"]}), key="../e"
    )
    assert found.title.startswith("rm -rf / [bold]$(id)x")
    assert len(found.title) == 160
    assert Offers(tmp_path / "alerts").take(
        read_webhook(json.dumps({"alerts": [alert()], "groupKey": "../e"}).encode(), NOW)
    )
    assert [path.parent for path in tmp_path.rglob("*.json")] == [tmp_path / "alerts"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"alerts": {}}',
        b'{"alerts": ["x", 5]}',
        b'{"event": []}',
        b'{"event": {"event_type": "service.updated", "data": {"id": "P1"}}}',
        b"[" * 200_000,
        b" " * (MOST_BYTES + 1),
    ],
)
def test_what_is_no_alert_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(NotAnAlert):
        read_webhook(body, NOW)


def test_pagerdutys_incident_is_offered_until_it_is_resolved(tmp_path: Path) -> None:
    def sent(kind: str) -> bytes:
        about = {"id": "PGR0VU2", "title": "db1 is gone", "created_at": "2026-11-30T03:00:00Z", "status": "triggered"}
        return json.dumps({"event": {"id": "01", "event_type": kind, "data": about}}).encode()

    offers = Offers(tmp_path / "alerts")
    assert offers.take(read_webhook(sent("incident.triggered"), NOW))
    assert [one.title for one in offers.open(NOW)] == ["db1 is gone"]
    offers.answered(offers.open(NOW)[0])
    assert offers.take(read_webhook(sent("incident.escalated"), NOW))
    assert offers.open(NOW) == [], "it was declared"
    for kind in ("incident.resolved", "incident.reopened"):
        assert offers.take(read_webhook(sent(kind), NOW))
    assert len(offers.open(NOW)) == 1
    assert offers.take(read_webhook(sent("incident.resolved"), NOW))
    assert offers.open(NOW) == []


def test_a_flood_is_turned_away_and_what_is_told_again_is_one(tmp_path: Path) -> None:
    offers = Offers(tmp_path / "alerts")
    taken = [
        offers.take(read_webhook(json.dumps({"groupKey": f"{n // 2}", "alerts": [alert()]}).encode(), NOW))
        for n in range(2 * MOST + 2)
    ]
    assert taken == [True] * (2 * MOST) + [False] * 2
    assert len(offers.open(NOW)) == MOST


def test_a_scenario_is_proposed_where_one_alone_fits_without_a_diagnosis() -> None:
    plan = load_plan(bundled()).plan
    found = {part: likely_scenario(plan, part) for part in ("postgres", "kubernetes", "files", "configuration", "")}
    assert found == {
        "postgres": "database-failure",
        "kubernetes": "infrastructure-failure",
        "files": "",
        "configuration": "",
        "": "",
    }
