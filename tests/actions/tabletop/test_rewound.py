"""A tabletop that is taken back: as if what came after had not been played, and all of it in the journal."""

from __future__ import annotations

import random
from typing import Any
from unittest.mock import Mock

import msgspec
import pytest

from journal.commands.exercise import ExerciseCommands
from journal.commands.refusals import NotNow
from journal.events import types as e
from journal.exercise.rewinding import Place, places
from journal.exercise.script import exercise_from_data
from journal.exercise.story import Story
from journal.incident.counted import of_the_table
from journal.incident.fold import apply_event, fold_events
from journal.incident.records import StepState
from journal.incident.state import Incident
from journal.report.timeline import EntryBuilder
from journal.store.journal import Reader
from journal.verify import WENT_BACK, verify
from screens.facilitator.following import Following
from tests.actions.tabletop.tables import Player, table

_OF_THE_TABLE = {"seq", "head", "actors", "team", "history", "rewound", "runner", "plan", "roster", "lacks", "took"}


def _events(player: Player) -> list[e.Event]:
    with Reader(player.place.journal) as reader:
        return list(reader.events())


def _story(incident: Incident) -> dict[str, Any]:
    """Return all of a state that is of the story."""
    found = {name: value for name, value in vars(incident).items() if name not in _OF_THE_TABLE}
    return found | {"work": incident.team.work}


def _after(events: list[e.Event], *bodies: e.Body) -> list[e.Event]:
    last = events[-1]
    return [
        *events,
        *(e.Event(last.seq + n, last.at, "eve@there", "there", body, f"{n}") for n, body in enumerate(bodies, 1)),
    ]


def _before(incident: Incident, body: type[e.Body], step: str = "") -> Place:
    return next(one for one in places(incident) if isinstance(one.next.body, body) and one.next.body.step == step)


def test_a_state_that_is_rewound_is_the_one_of_that_moment_and_what_follows_goes_on_from_it() -> None:
    with table("database-failure", response_team="team") as player:
        player.walk(until="recovery-point")
        ExerciseCommands(player.journal, player.incident).mark("eve@there", "+ asked")
        events = _events(player)
    later = [e.NoteAdded(text="once more"), e.DecisionMade(step="severity", name="severity", answer="SEV2")]
    found = [place.to for place in places(fold_events(events))]
    assert len(found) > 5
    for to in random.Random(1).sample(found, 3):
        then = [one for one in events if one.seq <= to]
        rewound = fold_events(_after(events, e.ExerciseRewound(to=to)))
        assert _story(rewound) == _story(fold_events(then))
        again = fold_events(_after(events, e.ExerciseRewound(to=to), *later))
        ahead = fold_events(_after(then, *later))
        assert again.states() == ahead.states()
        assert again.answers == ahead.answers
        assert (again.seq, len(again.rewound)) == (events[-1].seq + 3, 1)
        twice = fold_events(_after(events, e.ExerciseRewound(to=to), *later, e.ExerciseRewound(to=to)))
        assert _story(twice) == _story(fold_events(then))


def test_nothing_but_a_tabletop_is_rewound_and_none_to_what_does_not_count() -> None:
    with table("database-failure") as player:
        player.do("severity")
        events = _events(player)
    first = events[0]
    real = [msgspec.structs.replace(first, body=msgspec.structs.replace(first.body, kind=e.Kind.REAL)), *events[1:]]
    kept = fold_events(_after(real, e.ExerciseRewound(to=2)))
    assert "severity" in kept.decisions
    assert not kept.rewound
    assert not list(places(kept))
    decided = next(one.seq for one in events if isinstance(one.body, e.DecisionMade))
    back, stale = e.ExerciseRewound(to=2), e.ExerciseRewound(to=decided)
    gone = fold_events(_after(events, back, e.NoteAdded(text="a"), stale))
    assert len(gone.rewound) == 1
    assert gone.notes == 1


def test_a_rewind_that_does_not_count_takes_no_inject_back_that_was_to_be_given() -> None:
    with table("database-failure") as player:
        events = _events(player)
    first, *rest = _after(events, e.InjectLed(inject="laptop", do="give"), e.ExerciseRewound(to=10**6))
    incident = Incident(first)
    story = Story(exercise_from_data(fold_events(events).review.exercise))
    for event in rest:
        apply_event(incident, event)
        story.take(incident, event)
    assert "laptop" in story.leading.asked


def test_what_somebody_did_is_said_to_be_rewound_once_however_often_it_was() -> None:
    with table("database-failure") as player:
        player.do("severity")
        events = _events(player)
    first, second = (place.to for place in list(places(fold_events(events)))[:2])
    played = _after(events, e.ExerciseRewound(to=second), e.ExerciseRewound(to=first))
    seen = Following().look(Mock(events=Mock(return_value=played)))
    (did,) = (one.did for one in seen.people if one.who == player.journal.actor)
    assert did.count(", rewound") == 1


def test_the_table_goes_back_with_world_clock_and_injects_and_what_ran_does_not_count() -> None:
    with table("database-failure", response_team="team") as player:
        lead = ExerciseCommands(player.journal, player.incident)
        player.walk(until="recovery-point")
        place = _before(player.incident(), e.DecisionMade, "severity")
        facts = player.table.world.facts()
        lead.give("laptop")
        player.until(lambda incident: "laptop" in incident.review.injects)
        player.table.world.become({"postgres.server": "up"})
        at = player.incident().last_at
        lead.rewind(place.to, "before the severity")
        player.table.settle()
        incident = player.incident()
        assert incident.state("severity") is StepState.READY
        assert "laptop" not in incident.review.injects
        assert player.table.world.facts()["postgres.server"] == facts["postgres.server"]
        assert player.table.clock.now() < at
        with pytest.raises(NotNow, match="Nothing can go on from event"):
            lead.rewind(place.to + 1)
        player.walk(until="recovery-point")  # and it is played again
        assert player.incident().state("severity") is StepState.DONE
        assert not of_the_table(e.InjectLed(inject="laptop", do="give"))
        lead.give("laptop")
        incident = player.until(lambda incident: "laptop" in incident.review.injects)
        told = next(one for one in places(incident) if getattr(one.next.body, "inject", "") == "laptop")
        lead.rewind(told.to)
        player.table.settle()
        player.table.settle()
        assert "laptop" not in player.incident().review.injects  # it is given when it is asked for again
        words = [EntryBuilder(player.incident()).text(event) for event in _events(player)]
        assert sum(one.startswith("Played, then rewound: ") for one in words) > 3
        assert any(
            one.startswith("Rewound: what was played since does not count — before the severity") for one in words
        )
        assert len(player.assessment().rewound) == 2
    assert not [note for note in verify(player.place.journal).notes if note.startswith(WENT_BACK)]  # as it should


def test_a_run_that_is_rewound_ends_unheard_and_can_be_asked_for_again() -> None:
    with table("database-failure", speed=5) as player:
        step = next(one for one in player.incident().plan.steps() if one.action == "status.check")
        run = player.desk.request_run(step.id)
        player.until(lambda incident: incident.unfinished())
        with pytest.raises(NotNow):
            ExerciseCommands(player.journal, player.incident).rewind(player.incident().seq)
        place = _before(player.incident(), e.RunRequested, step.id)
        ExerciseCommands(player.journal, player.incident).rewind(place.to)
        player.table.settle()
        again = player.desk.request_run(step.id)
        incident = player.until(lambda incident: again in incident.runs and incident.runs[again].state.over)
        assert run not in incident.runs
