"""Whoever leads an exercise: injects by hand, held, left out, in other words; the clock stopped; hints and notes."""

from __future__ import annotations

from unittest.mock import ANY

import msgspec
import pytest

from actions.tabletop import table as tabletop
from journal.commands.exercise import ExerciseCommands
from journal.commands.incident import IncidentCommands
from journal.commands.refusals import NotNow
from journal.events import types as e
from journal.events.envelope import Clock
from journal.exercise.script import Exercise, Inject
from journal.incident.addressing import open_for
from journal.report.words import sentence
from journal.store.journal import Journal, Reader
from screens.facilitator.following import Following
from tests.actions.tabletop.tables import Player, table


def _lead(player: Player) -> ExerciseCommands:
    return ExerciseCommands(player.journal, player.incident)


def test_injects_come_as_the_facilitator_wants_them() -> None:
    with table("database-failure", response_team="team") as player:
        lead = _lead(player)
        lead.reword("laptop", "Somebody has a dump")
        lead.address("laptop", "lead")
        lead.hold("tickets")
        lead.skip("eta")
        lead.give("laptop")  # long before its moment
        incident = player.until(lambda incident: "laptop" in incident.review.injects)
        assert incident.review.unanswered["laptop"].said == "For lead: Somebody has a dump"
        with pytest.raises(NotNow, match="was given already"):
            lead.skip("laptop")
        player.do("severity")
        player.wait(2000)
        assert not {"tickets", "eta"} & player.given()
        lead.release("tickets")
        player.until(lambda incident: "tickets" in incident.review.injects)
        observed = {inject.id: inject.observed for inject in player.assessment().injects}
        assert observed["eta"] == "left out by the facilitator"


def test_while_the_clock_is_stopped_nothing_comes() -> None:
    with table("database-failure") as player:
        lead = _lead(player)
        lead.pause(True)
        player.table.settle()
        before = player.table.clock.now()
        lead.give("tickets")
        player.table.settle()
        assert player.table.clock.now() == before
        assert "tickets" not in player.given()
        lead.pause(False)
        player.until(lambda incident: "tickets" in incident.review.injects)


def test_players_learn_at_the_end_what_was_noted_of_them() -> None:
    with table("database-failure") as player:
        lead = _lead(player)
        lead.say("Look at the backups", "scribe")
        lead.mark("ben@here", "+ asked who leads")
        incident, noted = player.incident(), e.ParticipantMarked(who="ben@here", text="asked who leads", mark="good")
        assert "asked" not in sentence(incident, noted)
        player.journal.append(e.IncidentClosed(summary="over"))
        incident = player.until(lambda incident: incident.closed_at)
        assert sentence(incident, noted) == "The facilitator noted of ben@here, done well — asked who leads"
        (mark,), (hint,) = player.assessment().marks, player.assessment().hints
        assert (mark.who, mark.mark, mark.text) == ("ben@here", "good", "asked who leads")
        assert hint.text == "For scribe: Look at the backups"


def test_what_is_for_a_role_is_theirs_alone_while_somebody_has_it() -> None:
    with table("database-failure") as player:
        lead, incident, me = _lead(player), player.incident(), player.journal.actor
        lead.address("laptop", "lead")
        lead.give("laptop")
        incident = player.until(lambda incident: "laptop" in incident.review.unanswered)
        assert [told.inject for told in open_for(incident, me)] == ["laptop"]  # nobody leads: everybody sees it
        player.table.settle()
        with Journal.open(player.place.journal, actor="eve@there", clock=Clock(now=player.table.clock.now)) as eve:
            IncidentCommands(eve, player.incident).take_role("lead")
            incident = player.incident()
            assert not open_for(incident, me)
            player.desk.note("what the scribe wrote")  # answers nothing that they were not told
            player.table.settle()
            assert [told.inject for told in open_for(player.incident(), "eve@there")] == ["laptop"]
            IncidentCommands(eve, player.incident).note("declined")
            player.until(lambda incident: "laptop" not in incident.review.unanswered)


def test_an_inject_of_ones_own_is_answered_in_words() -> None:
    with table("database-failure") as player:
        lead = _lead(player)
        lead.ask("@tester Do you pay? | Yes | No, never")
        incident = player.incident()
        (told,) = open_for(incident, player.journal.actor)
        assert told.said == "For tester: Do you pay? (1 Yes; 2 No, never)"
        with pytest.raises(NotNow, match="none of the choices"):
            player.desk.reply(told.inject, "perhaps")
        player.desk.reply(told.inject, "2: the lawyer says so")
        assert not player.incident().review.unanswered
        with Reader(player.place.journal) as reader:
            seen = Following().look(reader)
        assert (seen.injects[-1].state, seen.injects[-1].answered) == ("answered", ANY)
        assert seen.injects[-1].answered[1] == "tester: No, never, the lawyer says so"


def test_a_hint_of_the_script_comes_by_itself_and_is_counted() -> None:
    inject = {"id": "ask", "text": "Well?", "asks": True, "expected": "yes", "at_s": 5, "objective": "do"}
    inject["hints"] = [{"text": "Say yes", "after_s": 60}, {"text": "Say it now"}]
    own = Exercise(title="Own", scenario="database-failure", injects=[msgspec.convert(inject, Inject)], speed=1e6)
    with table("database-failure", own=own) as player:
        player.wait(100)
        player.table.settle()
        _lead(player).say("Say it now", inject="ask")
        hints = player.assessment().hints
        assert [(hint.inject, hint.scripted, hint.by.partition("@")[0]) for hint in hints] == [
            ("ask", 1, "facilitator"),
            ("ask", 2, "tester"),
        ]
        player.desk.reply("ask", "yes")
        assert player.assessment().injects[0].observed.startswith("inject ask was answered: “yes”")


def test_a_table_that_is_left_while_it_is_paused_ends_though_something_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabletop, "LEFT_PAUSED_AFTER_S", 0.0)
    with table("database-failure", speed=1) as player:
        step = next(one for one in player.incident().plan.steps() if one.action == "status.check")
        player.desk.request_run(step.id)
        player.until(lambda incident: incident.unfinished())
        _lead(player).pause(True)
        player.table.settle()
        player.table.end_when_left()  # nobody of these took a seat
        player.until(lambda incident: incident.runner and incident.runner.stopped_at)
