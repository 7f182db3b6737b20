"""A lab's mail server and webhook: an incident tells them, and each way in which they break is seen and said."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from actions.action import Action
from actions.communications.notify import notify
from actions.inventory import load_inventory
from actions.outcome import ActionFailed, Outcome
from cleo_console.lab.post.place import FIRST, SECOND, Post
from tests.actions.contexts import FakeContext
from tests.labs import Lab, lab_directory

pytestmark = pytest.mark.xdist_group("lab-post")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with lab_directory() as directory:
        yield Lab.up(directory, systems=["load_balancer"], post=True)


@pytest.fixture
def post(lab: Lab) -> Iterator[Post]:
    assert lab.post
    yield lab.post
    lab.break_("post", "mend")


def told(lab: Lab) -> str:
    """Tell the stakeholders of a LAB incident, and return what is said of that."""
    action: Action = notify
    try:
        done: Outcome | ActionFailed = FakeContext(load_inventory(lab.inventory_path), title="t").do(
            action, audience="stakeholders"
        )
    except ActionFailed as error:
        done = error
    return f"{done} {getattr(done, 'summary', '')}"


def test_who_is_told_in_a_lab_are_its_own_mailboxes(lab: Lab, post: Post) -> None:
    before = len(post.messages())
    told(lab)
    came = post.messages()[before:]
    assert [line for one in came for line in one.splitlines() if line.startswith("X-Envelope-To")] == [
        f"X-Envelope-To: {FIRST}",
        f"X-Envelope-To: {SECOND}",
    ]
    assert [json.loads(one) for one in came if one.startswith("{")]
    assert lab.status().post
    assert (f"{len(post.messages())} in {post.box}") in dict(lab.status().post.lines)["messages"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("fault", "said", "came"),
    [
        ("refuse-one", "550", 2),
        ("webhook-gone", "404", 2),
        ("webhook-says-no", 'says "ok": false', 2),
        ("down", "refused", 0),
    ],
)
def test_each_way_in_which_it_breaks_is_said(lab: Lab, post: Post, fault: str, said: str, came: int) -> None:
    before = len(post.messages())
    lab.break_("post", fault)
    assert not lab.status().whole
    assert said in told(lab)
    assert len(post.messages()) == before + came
    lab.break_("post", "mend")
    assert lab.status().whole


@pytest.mark.soak
def test_a_mail_server_that_hangs_is_not_waited_for_for_ever(lab: Lab, post: Post) -> None:
    lab.break_("post", "hang")
    assert "no answer" in told(lab) or "did not answer" in told(lab)
