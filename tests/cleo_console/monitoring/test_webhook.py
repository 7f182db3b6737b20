"""What becomes of a webhook's body: short, inert text that a declaration begins with, or a sentence."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cleo_console.monitoring.offers import MOST, NotDismissed, Offers
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


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00Z", "2026-11-30T05:00:00Z", "2026-11-30T03:00:00", "tomorrow", None, 5, "9" * 5000]
)
def test_a_time_at_which_nothing_can_have_begun_is_no_time(at: Any) -> None:
    assert told(alert(startsAt=at)).began_at is None


@pytest.mark.parametrize("written", ["utf-8-sig", "utf-16", "utf-16-le", "utf-8"])
def test_a_body_that_a_shell_saved_its_own_way_is_read(written: str) -> None:
    body = json.dumps([{"groupKey": "{}", "alerts": [alert()]}] if written == "utf-8" else {"alerts": [alert()]})
    assert read_webhook(body.encode(written), NOW).offer


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
        b'{"alerts": [{"status": ["firing"]}]}',
        b'{"alerts": [{"status": "firing", "annotations": {"summary": "\\ud800"}}]}',
        b'{"event": []}',
        b'{"event": {"event_type": "service.updated", "data": {"id": "P1"}}}',
        b"[" * 200_000,
        b" " * (MOST_BYTES + 1),
    ],
)
def test_what_is_no_alert_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(NotAnAlert):
        read_webhook(body, NOW)


def pagerduty(kind: str, at: str = "2026-11-30T03:00:00Z", **more: Any) -> bytes:
    """A body as PagerDuty's documentation of webhooks version 3 has it, shortened."""
    about = {
        "id": "PGR0VU2",
        "type": "incident",
        "number": 2,
        "status": "triggered",
        "incident_key": "d3640fbd41094207",
    }
    about |= {"created_at": "2026-11-30T03:00:00Z", "title": "db1 is gone", "urgency": "high", "resolve_reason": None}
    event = {"id": "5ac64822-4adc-4fda-ade0-410becf0de4f", "event_type": kind, "resource_type": "incident"}
    return json.dumps({"event": {**event, "occurred_at": at, "data": about | more}}).encode()


def test_pagerdutys_incident_is_offered_until_it_is_resolved(tmp_path: Path) -> None:
    offers = Offers(tmp_path / "alerts")

    def take(*sent: bytes) -> list[str]:
        assert all(offers.take(read_webhook(one, NOW)) for one in sent)
        return [one.title for one in offers.open(NOW)]

    assert take(pagerduty("incident.triggered")) == ["db1 is gone"]
    assert take(pagerduty("incident.priority_updated"), pagerduty("incident.acknowledged", status="acknowledged"))
    for words in ({"id": "N1", "type": "incident_note", "content": "x", "status": None}, {"status": "unknown"}):
        with pytest.raises(NotAnAlert):
            read_webhook(pagerduty("incident.annotated", **words), NOW)
    offers.answered(offers.open(NOW)[0])
    assert take(pagerduty("incident.escalated"), pagerduty("incident.acknowledged")) == [], "it was declared"
    assert take(pagerduty("incident.reopened", "2026-11-30T03:30:00Z")) == ["db1 is gone"]
    assert take(pagerduty("incident.resolved", status="resolved")) == []


def test_what_is_dismissed_comes_back_where_it_fires_anew_and_who_did_it_is_kept(tmp_path: Path) -> None:
    offers = Offers(tmp_path / "alerts")

    def take(*alerts: dict[str, Any], key: str = "{}") -> list[Offer]:
        assert offers.take(read_webhook(json.dumps({"groupKey": key, "alerts": alerts}).encode(), NOW))
        return offers.open(NOW)

    (seen,) = take(alert())
    offers.dismiss(seen, "ada@ops1", "a test of ours", NOW)
    other = alert(startsAt="2026-11-30T03:59:00Z", labels={"system": "redis"}, fingerprint="f2")
    assert take(alert()) == [], "it is repeated every few hours"
    (back,) = take(alert(), other)
    with pytest.raises(NotDismissed, match="fired anew"):
        offers.dismiss(seen, "ada@ops1", "a test of ours", NOW)
    offers.dismiss(back, "bob@ops1", "the same", NOW)
    assert take(alert(), other | {"status": "resolved"}) == [], "a part of it is over"
    assert take(alert(status="resolved")) == []
    with pytest.raises(NotDismissed, match="is over"):
        offers.dismiss(back, "bob@ops1", "the same", NOW)
    assert len(take(alert())) == 1, "it fires after it was over"
    log = [json.loads(line) for line in (tmp_path / "alerts" / "dismissed.log").read_text().splitlines()]
    assert [(one["by"], one["why"]) for one in log] == [("ada@ops1", "a test of ours"), ("bob@ops1", "the same")]


def test_a_thousand_alerts_in_one_body_are_one_offer_that_counts_them() -> None:
    sent = {"groupKey": "g", "alerts": [alert(fingerprint=f"f{n}") for n in range(1000)], "truncatedAlerts": 9}
    found = read_webhook(json.dumps(sent).encode(), NOW).offer
    assert found and found.title == "postgres is down (and 1,008 more alerts)"


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
