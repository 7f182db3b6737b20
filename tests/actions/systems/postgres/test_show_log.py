"""The end of the server's own log: read only, and without secrets."""

from __future__ import annotations

import contextlib

import pytest

from actions.inventory import load_inventory
from actions.redaction import BLOT
from actions.systems.postgres.show_log import show_log
from journal.errors import CleoError
from tests.actions.contexts import FakeContext
from tests.labs import Lab, lab

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-by-hand")


def test_it_is_shown_of_a_server_that_is_up_and_of_one_that_is_down(lab: Lab) -> None:
    ctx = FakeContext(load_inventory(lab.inventory_path))
    password = ctx.inventory.systems["postgres"].password.read()  # type: ignore[attr-defined]
    with contextlib.suppress(CleoError):
        lab.psql(f"SELECT '{password}'::int")
    shown = ctx.do(show_log, lines=30)
    assert shown.ok, shown.summary
    assert password not in "\n".join(ctx.lines)
    assert f'invalid input syntax for type integer: "{BLOT}"' in "\n".join(ctx.lines)
    lab.break_("postgres", "kill-postmaster")
    assert ctx.do(show_log).ok
    assert ctx.effects == []
