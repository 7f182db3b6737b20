"""Users are told where they look: once, in a person's own words, and proven by what visitors of the page get."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actions.by_hand import ByHand
from actions.communications import status_page as posting
from actions.communications.status_page import by_hand, status_page
from actions.inventory import load_inventory
from actions.outcome import ActionFailed
from journal.events.types import Kind
from journal.yamlfile.problem import BadFile
from tests.actions.communications import status_pages
from tests.actions.communications.status_pages import KEY, PAGE, StandIn
from tests.actions.contexts import FakeContext

SAID = "Conversations cannot be opened."


@pytest.fixture
def page() -> Iterator[tuple[StandIn, str]]:
    with status_pages.status_page() as found:
        yield found


@pytest.fixture
def file(page: tuple[StandIn, str], tmp_path: Path) -> Path:
    return inventory_file(tmp_path, page[1])


def inventory_file(folder: Path, address: str, more: str = "") -> Path:
    key, file = folder / "page-key", folder / "inventory.yaml"
    key.write_text(KEY)
    key.chmod(0o600)
    page = f"{{address: {address}{PAGE}, key: {{file: {key}}}, public: {address}}}"
    file.write_text(f"name: shop\nallows: [REAL, DRILL]\ncommunications:\n  status_page: {page}\n{more}")
    return file


def context(file: Path, kind: Kind = Kind.REAL) -> FakeContext:
    facts = {"title": "pg1 lost its disk", "began_at": "2026-11-29T02:41:00+00:00", "lead": "ana@bastion"}
    return FakeContext(load_inventory(file), kind=kind, **facts)


def test_the_first_run_posts_later_ones_add_and_nothing_internal_is_said(page: tuple[StandIn, str], file: Path) -> None:
    there, ctx = page[0], context(file)
    first = status_page.function(ctx, text=SAID)
    assert first.ok
    assert first.facts["seen"]
    second = status_page.function(ctx, text="A backup is being restored.", state="identified")
    assert second.ok
    last = status_page.function(ctx, text="It is over.", state="resolved")
    assert last.facts["post"] == first.facts["post"]
    (post,) = there.posts
    assert [one["status"] for one in post["incident_updates"]] == ["resolved", "identified", "investigating"]
    assert post["incident_updates"][2]["body"].startswith(f"{SAID}\nSince 2026-11-29 02:41:00 UTC. Next update: 2")
    assert "Next update" not in post["incident_updates"][0]["body"]
    public = f"{post['name']} {post['incident_updates']}"
    assert not [word for word in ("pg1", "ana", "INC-1", "lost its disk") if word in public]
    assert KEY not in "\n".join(ctx.lines)


def test_run_again_the_same_is_not_posted_twice_not_even_resolved(page: tuple[StandIn, str], file: Path) -> None:
    there, ctx = page[0], context(file)
    for state in ("investigating", "resolved", "resolved"):
        assert status_page.function(ctx, text=SAID, state=state, next_update_minutes=0).ok
    assert [len(one["incident_updates"]) for one in there.posts] == [2]


def test_an_answer_that_does_not_come_is_looked_for_on_the_page(page: tuple[StandIn, str], file: Path) -> None:
    there = page[0]
    there.deaf = 1
    assert status_page.function(context(file), text=SAID).ok
    there.deaf = 1
    assert status_page.function(context(file), text="Again.", state="monitoring").ok
    assert [len(one["incident_updates"]) for one in there.posts] == [2]


def test_a_page_that_is_asked_too_much_is_waited_for(page: tuple[StandIn, str], file: Path) -> None:
    page[0].busy = 1
    assert status_page.function(context(file)).ok
    assert len(page[0].posts) == 1


def test_what_visitors_do_not_get_is_not_said_to_be_seen(
    page: tuple[StandIn, str], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, ctx = page[0], context(file)
    there.hidden = 1
    assert status_page.function(ctx, text=SAID).ok, "it is looked at until it shows"
    there.hidden = 1_000
    monkeypatch.setattr(posting, "_SEEN_S", 0.2)
    late = status_page.function(ctx, text="More.", state="identified")
    assert not late.ok
    assert "users do not see it: it is not on the page" in late.summary
    assert late.cures[-1].instead
    file.write_text(file.read_text().replace(f", public: {page[1]}", ""))
    unknown = status_page.function(context(file), text="More still.")
    assert "whether users see it is not known" in unknown.summary
    assert "seen" not in unknown.facts


def test_a_dry_run_says_what_it_would_be_and_posts_nothing(page: tuple[StandIn, str], file: Path) -> None:
    ctx = context(file)
    ctx.dry_run = True
    assert "a new incident, investigating" in status_page.function(ctx, text=SAID).summary
    assert page[0].posts == []
    assert status_page.function(context(file), text=SAID).ok
    assert "an update to 'Service disruption'" in status_page.function(ctx, text="More.").summary
    assert len(page[0].posts[0]["incident_updates"]) == 1


def test_an_exercise_is_posted_to_its_own_page_or_nowhere(
    page: tuple[StandIn, str], file: Path, tmp_path: Path
) -> None:
    with pytest.raises(ActionFailed, match="no status page for exercises"):
        status_page.function(context(file, Kind.DRILL))
    assert page[0].asked == []
    with status_pages.status_page() as (other, address):
        more = f"  exercise_page: {{address: {address}{PAGE}, key: {{file: {tmp_path}/page-key}}, public: {address}}}\n"
        assert status_page.function(context(inventory_file(tmp_path, page[1], more), Kind.DRILL)).ok
        assert other.posts[0]["name"] == "EXERCISE (DRILL): Service disruption"
        assert other.posts[0]["incident_updates"][0]["body"].startswith("EXERCISE (DRILL): ")
    assert page[0].asked == []
    same = f"  exercise_page: {{address: {page[1]}{PAGE}/, key: {{file: x}}}}\n"
    with pytest.raises(BadFile, match="it is the page that users read"):
        load_inventory(inventory_file(tmp_path, page[1], same))


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"key": "another"}, "answered 401.*Could not authenticate"),
        ({"busy": 1_000}, "answered 429"),
    ],
)
def test_what_the_page_says_is_told_with_what_helps(
    page: tuple[StandIn, str], file: Path, monkeypatch: pytest.MonkeyPatch, broken: dict[str, Any], said: str
) -> None:
    monkeypatch.setattr("actions.communications.page._WAIT_S", 0.5)
    vars(page[0]).update(broken)
    with pytest.raises(ActionFailed, match=said) as told:
        status_page.function(context(file))
    assert [cure.instead for cure in told.value.cures] == [False, True]


def test_a_page_that_is_gone_leaves_the_text_to_be_said_elsewhere(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    ctx = context(inventory_file(tmp_path, f"http://127.0.0.1:{port}"))
    with pytest.raises(ActionFailed, match="cannot be reached"):
        status_page.function(ctx)
    known = ByHand(inventory=ctx.inventory, system="", facts=ctx.incident, params={"text": SAID})
    (line,) = by_hand(known)
    assert line.what.endswith("or where users look next")
    assert line.text.startswith(f"Service disruption\n\n{SAID}\n")
