"""The looks of one group are one result, whichever of them the cursor is on."""

from __future__ import annotations

from journal.events import types as e
from screens.guidance.looks import look_lines
from tests.journal.stories import Story, plan, step


def test_each_look_says_what_the_others_saw() -> None:
    told = Story(
        plan(*(step(one, together="looks", action="some.action") for one in ("up", "backups", "damage")), step("other"))
    )
    by_id = told.incident.plan.by_id
    assert look_lines(told.incident, by_id["up"]) == []
    told.run("up", summary="db is down")
    warning = e.Finding(severity="warning", about="20260301F", text="a file is damaged")
    known = e.Finding(severity="warning", about="backups", text="named in the summary already")
    told.run("backups", summary="2 backups", findings=[warning, known])
    said = [str(line) for line in look_lines(told.incident, by_id["up"])]
    assert len(said) == 1
    assert "1.1.2 Backups" in said[0] and "2 backups; 20260301F: a file is damaged" in said[0]
    assert "db is down" in str(look_lines(told.incident, by_id["backups"]))
    assert look_lines(told.incident, by_id["other"]) == []
