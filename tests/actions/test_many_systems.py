"""Many systems, of which some never answer: all are asked at once, and nobody waits for the others' silence."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from actions.inventory import load_inventory
from actions.overview.status import status_check
from tests.actions.contexts import FakeContext

MANY = 40


@pytest.fixture
def answers_all_together() -> Iterator[int]:
    """The port of what answers nobody before all are there."""
    with socket.create_server(("127.0.0.1", 0), backlog=MANY) as server, ExitStack() as links:

        def serve() -> None:
            waiting = [links.enter_context(server.accept()[0]) for _ in range(MANY)]
            for link in waiting:
                link.sendall(b'{"ok": false, "all": "here"}\n')

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def test_all_are_asked_at_the_same_time(
    answers_all_together: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = {"type": "toy", "host": "db1", "port": answers_all_together, "folder": "/nowhere", "copies": "/nowhere"}
    store |= {"token": {"env": "TOY_TOKEN"}}
    monkeypatch.setenv("TOY_TOKEN", "word")
    systems = {f"store-{number}": store for number in range(MANY)}
    inventory = {"name": "many", "allows": ["LAB"], "hosts": {"db1": {"via": "local"}}, "systems": systems}
    (tmp_path / "inventory.yaml").write_text(json.dumps(inventory))
    context = FakeContext(load_inventory(tmp_path / "inventory.yaml"))
    found = context.do(status_check)
    assert len(found.findings) == MANY
    assert all("'all': 'here'" in finding.text for finding in found.findings), found.findings[:2]
