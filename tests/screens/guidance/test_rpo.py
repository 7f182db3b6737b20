"""The header's recovery point objective: what is not measured is worse than any figure, and comes first."""

from __future__ import annotations

import pytest

from journal.events import types as e
from journal.events.run import KnownSystem
from journal.incident.state import Incident
from journal.store.rows import Reading
from screens.guidance.rpo import rpo_line
from tests.journal.stories import DECLARED, Story, plan, step

STORES = {"db": "The database", "docs": "The documents", "cache": "The cache"}
ASKED = {"name": "affected", "question": "Which?", "kind": "systems"}
ALL = "RPO The database not measured, worst known: The cache 5 min exposed"


def three() -> Incident:
    """Three stores of an inventory, the first of which is down."""
    data = plan(step("affected", decision=ASKED))
    data["systems"] = {name: {"title": title, "tier": "critical", "data": "database"} for name, title in STORES.items()}
    data["scenarios"]["lost"]["systems"] = [*STORES, "elsewhere"]
    data["systems"]["elsewhere"] = {"title": "Elsewhere", "tier": "critical", "data": "database"}
    told = Story(data)
    known = [KnownSystem(name=name, type="thing", plays=name) for name in STORES]
    told.tell(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=known))
    told.tell(e.HealthChanged(system="db", status="down", was="up"))
    return told.incident


def said(*, docs: int | None = 60, cache: int | None = 300, wide: bool = False, room: int | None = None) -> str:
    exposed = {"docs": docs, "cache": cache}
    found = {
        f"health:{name}": Reading("", DECLARED, {"facts": {} if seconds is None else {"exposure_s": seconds}})
        for name, seconds in {"db": None, **exposed}.items()
    }
    return rpo_line(three(), found, DECLARED, wide=wide, room=room).plain


@pytest.mark.parametrize(
    ("room", "words"),
    [
        (None, ALL),
        (len(ALL), ALL),
        (len(ALL) - 1, "RPO The database not measured, worst known: The cache 5 min"),
        (40, "RPO The database not measured"),
    ],
)
def test_what_is_not_measured_comes_first_and_never_goes_for_want_of_room(room: int | None, words: str) -> None:
    assert said(room=room) == words


def test_what_is_down_comes_before_what_else_is_not_measured() -> None:
    assert said(docs=None) == "RPO The database not measured and 1 more, The cache 5 min exposed"
    assert said(wide=True).startswith("RPO The database not measured and 1 more, worst known"), "one is not there"
    assert said(docs=None, cache=None) == "RPO not measured"
