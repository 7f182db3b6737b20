"""Whoever leads an exercise: injects by hand, held, left out, in other words; the clock stopped; hints and notes."""

from __future__ import annotations

import pytest

from journal.commands.exercise import ExerciseCommands
from journal.commands.refusals import NotNow
from journal.events import types as e
from journal.report.words import sentence
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
        assert incident.review.unanswered["laptop"] == "For lead: Somebody has a dump"
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
