"""Slack and PagerDuty, by stand-ins as strict as their documentation: what each says is told with its cause."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.communications import service
from actions.communications.message import Message
from actions.communications.notify import notify
from journal.events.types import Kind
from tests.actions.communications.post import inventory_file
from tests.actions.communications.services import HOOK, ROUTING_KEY, TOKEN, Services, services
from tests.actions.communications.test_notify import context

MESSAGE = Message("INC-1/L1/7f3a", "incident INC-1: Orders are wrong", "x" * 5000)
PAGERDUTY = f"pagerduty://{ROUTING_KEY}@APIKEY0123456789"


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setattr(service, "_PAUSES_S", (0.01, 0.01))
    with services(monkeypatch) as found:
        yield found


@pytest.mark.parametrize("address", [PAGERDUTY, f"slack://{HOOK}", f"slack://{TOKEN}/#incidents"])
def test_what_is_taken_is_accepted_and_what_is_too_much_now_is_tried_again(reached: Services, address: str) -> None:
    reached.busy = 2
    answer = service.send(address, MESSAGE, 5.0)
    assert (answer.came, reached.calls) == ("accepted", 3), answer
    assert [*reached.posted, *reached.incidents]
    reached.busy = 9
    assert str(service.send(address, MESSAGE, 5.0)).startswith("failed: ")


def test_a_second_copy_of_a_page_opens_no_second_incident(reached: Services) -> None:
    for _ in range(2):
        assert service.send(PAGERDUTY, MESSAGE, 5.0).came == "accepted"
    assert list(reached.incidents) == [MESSAGE.id]
    assert len(reached.incidents[MESSAGE.id][0]) <= 1024


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (PAGERDUTY.replace("R0", "X0"), "refused: Pager Duty refused it (400: Invalid routing key)"),
        (f"slack://{HOOK.replace('X', 'Y')}", "refused: Slack refused it (403: invalid_token)"),
        (f"slack://{TOKEN}/#nowhere", "refused: Slack refused it (200: channel_not_found)"),
        (f"slack://{TOKEN}1/#incidents", "refused: Slack refused it (200: invalid_auth)"),
    ],
)
def test_a_refusal_is_told_in_the_services_own_words(reached: Services, address: str, said: str) -> None:
    assert str(service.send(address, MESSAGE, 5.0)) == said


def test_a_service_that_is_broken_or_gone_is_no_refusal(reached: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    from apprise.plugins import pagerduty

    reached.broken = 503
    assert str(service.send(PAGERDUTY, MESSAGE, 5.0)) == "failed: Pager Duty cannot take it now (503)"
    monkeypatch.setitem(pagerduty.PAGERDUTY_API_LOOKUP, pagerduty.PagerDutyRegion.US, "http://127.0.0.1:9/v2/enqueue")
    assert str(service.send(PAGERDUTY, MESSAGE, 5.0)) == "failed: Pager Duty cannot be reached"


def test_an_archived_channel_is_told_by_hand_first_and_no_key_is_written(reached: Services, tmp_path: Path) -> None:
    key = tmp_path / "hook"
    key.write_text(f"slack://{HOOK}")
    key.chmod(0o600)
    extra, more = f"    team: {{type: service, address: {{file: {key}}}}}\n", "    L1:\n      - {channel: team}\n"
    ctx = context(inventory_file(tmp_path, 9, extra, more), Kind.REAL)
    reached.archived = True
    outcome = notify.function(ctx, audience="L1")
    assert outcome.facts["told"] == {"team": "refused: Slack refused it (410: channel_is_archived)"}
    assert outcome.cures[0].instead
    assert "TOPSECRET" not in str(outcome) + " ".join(ctx.lines)
