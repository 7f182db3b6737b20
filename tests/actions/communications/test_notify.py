"""People are told by real servers: each recipient has an answer of its own, and an exercise reaches nobody else."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actions.by_hand import ByHand
from actions.channels.settings import Recipient
from actions.communications.audience import recipients
from actions.communications.message import Message
from actions.communications.notify import by_hand, notify
from actions.communications.sending import send_all
from actions.inventory import load_inventory
from actions.outcome import ActionFailed
from journal.events.types import Kind
from journal.yamlfile.problem import BadFile
from tests.actions.communications.post import Mailbox, inventory_file, mailbox, web
from tests.actions.contexts import FakeContext

BEGAN = "2026-11-29T02:41:00+00:00"
SUPPORT, GONE, DRILL = (f"{name}@cleoai.example" for name in ("support", "gone", "drill"))
NOBODY = "550 5.1.1 no such user here"


@pytest.fixture
def post() -> Iterator[tuple[Mailbox, int]]:
    with mailbox() as found:
        yield found


def context(file: Path, kind: Kind = Kind.REAL, **changes: Any) -> FakeContext:
    facts = {"title": "Orders are wrong", "began_at": BEGAN, "lead": "ana@bastion", "head": "7f3a09bc", **changes}
    return FakeContext(load_inventory(file), kind=kind, **facts)


def test_one_of_two_is_refused_and_the_retry_goes_to_that_one_alone(post: tuple[Mailbox, int], tmp_path: Path) -> None:
    box, port = post
    box.says[GONE] = NOBODY
    ctx = context(inventory_file(tmp_path, port))
    first = notify.function(ctx, text="Orders of today are wrong.")
    assert (first.ok, box.told) == (False, [SUPPORT])
    assert first.facts["told"][f"mail {SUPPORT}"].startswith("accepted: ")
    assert first.facts["told"][f"mail {GONE}"] == f"refused: the mail server says no: {NOBODY}"
    assert first.cures[0].instead, "who is refused for good is told by hand first"
    box.says.clear()
    second = notify.function(ctx, text="Orders of today are wrong.")
    assert (second.ok, box.told) == (True, [SUPPORT, GONE])
    assert second.facts["message"] == first.facts["message"]
    text = box.got[-1][1]
    for words in (
        "Orders of today are wrong.",
        "led by ana",
        "Since 2026-11-29 02:41:00 UTC",
        "journal head 7f3a-09bc",
    ):
        assert words in text
    assert first.facts["message"] in text.replace("=\r\n", "").replace("=\n", "")
    assert "EXERCISE" not in text
    third = notify.function(ctx.with_incident(head="11112222"), text="Orders of today are wrong.")
    assert third.facts["message"] != first.facts["message"], "all have it: it is the next message"
    assert box.told == [SUPPORT, GONE, SUPPORT, GONE]


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.REAL])
def test_an_exercise_reaches_its_own_recipients_alone(post: tuple[Mailbox, int], tmp_path: Path, kind: Kind) -> None:
    box, port = post
    ctx = context(inventory_file(tmp_path, port), kind)
    assert notify.function(ctx).ok
    assert box.told == [DRILL]
    assert f"Subject: EXERCISE ({kind}): " in box.got[0][1]
    assert f"This is an exercise ({kind})." in box.got[0][1]
    assert "support@" not in " ".join(ctx.lines)
    without = tmp_path / "inventory.yaml"
    without.write_text(without.read_text().partition("  exercise:")[0])
    with pytest.raises(ActionFailed, match="nobody who may be told in an exercise"):
        notify.function(context(without, kind))
    assert box.told == [DRILL]


def test_no_name_leads_an_exercise_to_somebody_real(tmp_path: Path) -> None:
    found = load_inventory(inventory_file(tmp_path, 25)).communications
    assert found
    for kind in Kind:
        told = {one.to for audience in found.audiences for one in recipients(found, audience, kind)}
        assert told == ({SUPPORT, GONE} if kind is Kind.REAL else {DRILL})


def test_a_dry_run_shows_the_message_and_sends_nothing(post: tuple[Mailbox, int], tmp_path: Path) -> None:
    box, port = post
    ctx = context(inventory_file(tmp_path, port))
    ctx.dry_run = True
    assert notify.function(ctx).ok
    said = "\n".join(ctx.lines)
    for words in ("incident INC-1: Orders are wrong", f"To mail {SUPPORT}", f"To mail {GONE}", "would send it to"):
        assert words in said
    assert not box.got
    assert not list(ctx.files.iterdir())


def test_a_server_that_says_nothing_holds_up_neither_the_others_nor_the_end(
    post: tuple[Mailbox, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, port = post
    monkeypatch.setattr("actions.communications.sending.ANSWER_S", 60.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        there = f"server: 127.0.0.1, port: {silent.getsockname()[1]}, security: none"
        extra = f"    slow: {{type: mail, {there}, sender: a@b.example}}\n"
        more = "      - {channel: slow, to: x@cleoai.example}\n"
        found = load_inventory(inventory_file(tmp_path, port, extra, more)).communications
        assert found
        to = recipients(found, "stakeholders", Kind.REAL)
        message = Message("id", "subject", "text")
        answers = {one.to: answer for one, answer in send_all(found, to, message, str, lambda: False, deadline_s=1.0)}
    assert answers[SUPPORT].came == answers[GONE].came == "accepted"
    assert answers["x@cleoai.example"].came == "unknown", "nobody knows whether it was taken"
    assert set(box.told) == {SUPPORT, GONE}


def test_a_server_that_is_gone_is_tried_once_and_the_message_is_copied(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    ctx = context(inventory_file(tmp_path, port))
    outcome = notify.function(ctx)
    assert "refused" in outcome.facts["told"][f"mail {SUPPORT}"]
    assert outcome.facts["told"][f"mail {GONE}"] == "failed: not tried: mail failed before"
    assert outcome.cures[0].action == "communications.notify"
    (line,) = by_hand(ByHand(inventory=ctx.inventory, system="", facts=ctx.incident))
    assert line.what.endswith(f"mail {SUPPORT}, mail {GONE}")
    assert line.text.startswith("incident INC-1: Orders are wrong\n")
    (drill,) = by_hand(
        ByHand(inventory=ctx.inventory, system="", facts=context(tmp_path / "inventory.yaml", Kind.DRILL).incident)
    )
    assert SUPPORT not in drill.what + drill.text


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, '{"ok": true}', "accepted: it answered 200; whether anybody reads it is not known"),
        (200, '{"ok": false}', 'failed: it answered 200, and says "ok": false'),
        (200, '{"error": "invalid_token"}', "failed: it answered 200, and says that there was an error"),
        (503, "", "failed: it answered 503"),
    ],
)
def test_what_a_webhook_answers_is_read(tmp_path: Path, status: int, body: str, said: str) -> None:
    with web(lambda: (status, body)) as (got, address):
        key = tmp_path / "hook"
        key.write_text(f"http://{address}/services/T0TOPSECRET")
        key.chmod(0o600)
        extra = f"    hook: {{type: webhook, address: {{file: {key}}}}}\n"
        file = inventory_file(tmp_path, 9, extra)
        file.write_text(file.read_text().replace("{channel: mail, to: drill@cleoai.example}", "{channel: hook}"))
        ctx = context(file, Kind.DRILL)
        outcome = notify.function(ctx)
    assert outcome.facts["told"] == {"hook": said}
    assert got[0]["title"].startswith("EXERCISE (DRILL)")
    assert "TOPSECRET" not in str(outcome) + " ".join(ctx.lines)


@pytest.mark.parametrize(
    ("good", "bad", "line", "said"),
    [
        ("to: gone@cleoai.example", 'to: "gone@cleoai.example,boss@cleoai.example"', 9, "no mail address"),
        ("{channel: mail, to: gone", "{channel: pigeon, to: gone", 9, "no such channel (there is: mail)"),
        ("sender: dr@cleoai.example", "sender: Cleo", 5, "no mail address"),
        ("to: drill@cleoai.example", "to: Support@cleoai.example", 11, "an exercise would reach it"),
    ],
)
def test_what_does_not_parse_is_an_error_with_its_line(
    tmp_path: Path, good: str, bad: str, line: int, said: str
) -> None:
    file = inventory_file(tmp_path, 25)
    file.write_text(file.read_text().replace(good, bad))
    with pytest.raises(BadFile) as raised:
        load_inventory(file)
    assert f"{file}:{line}:" in str(raised.value)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nonsense://topsecret", "none that Apprise knows"),
        ("slack://topsecret", "none that Apprise knows"),
        ("mailto://topsecret@example.com", "write a channel of type: mail"),
        ("json://topsecret", "write a channel of type: webhook"),
        ("pagerduty://AAAAAAAAAAAA@AAAAAAAAAAAA", ""),
    ],
)
def test_an_address_that_does_not_parse_is_found_before_it_is_needed(tmp_path: Path, address: str, said: str) -> None:
    key = tmp_path / "key"
    key.write_text(address)
    key.chmod(0o600)
    file = inventory_file(tmp_path, 25, f"    team: {{type: service, address: {{file: {key}}}}}\n")
    if not said:
        load_inventory(file)
        return
    with pytest.raises(BadFile, match=said) as raised:
        load_inventory(file)
    assert "topsecret" not in str(raised.value)


def test_a_service_with_little_room_gets_the_essential_first() -> None:
    message = Message("INC-1/a/b", "EXERCISE (DRILL): incident INC-1", "x" * 5000)
    text = message.within(1024)
    assert len(text) == 1024
    assert text.startswith("EXERCISE (DRILL): incident INC-1\n")
    assert text.endswith("does not fit here]")
    assert Recipient(channel="team").name == "team"


def test_those_outside_are_asked_for_a_case_number_and_only_in_earnest(
    post: tuple[Mailbox, int], tmp_path: Path
) -> None:
    box, port = post
    outside = "    outside:\n      - {channel: mail, to: support@vendor.example}\n"
    file = inventory_file(tmp_path, port, audience=outside)
    assert notify.function(context(file), audience="outside", text="PostgreSQL 15 panics.").ok
    told, text = box.got[-1]
    assert told == ["support@vendor.example"]
    for words in ("Subject: Support needed: Orders are wrong", "PostgreSQL 15 panics.", "case number", "INC-1"):
        assert words in text
    assert notify.function(context(file, Kind.DRILL), audience="outside").ok
    assert box.got[-1][0] == [DRILL]
