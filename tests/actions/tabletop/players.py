"""Three ways to play any exercise: well, by enter alone, and badly. All go through the commands and the runner."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from journal.commands.incident import NotNow, StillOpen
from journal.commands.review import ReviewCommands
from journal.exercise.script import Inject, exercise_from_data
from journal.incident.called import is_needed
from journal.incident.closing import phrase
from journal.incident.decisions import AnswerRefused
from journal.incident.known import not_met
from journal.incident.records import RunState, StepState
from journal.incident.suggestion import beginning, suggestion
from journal.plan.model import Step
from tests.actions.tabletop.tables import Player

_MOST_TRIES = 3


class Way(NamedTuple):
    """What good players know of one scenario.

    Attributes:
        answers: to its decisions; ``point_s`` is the recovery point, in seconds before the disruption.
        left_out: steps that its evidence speaks against.
        cures: what is done after a step failed, before it is run again.
    """

    answers: dict[str, str]
    point_s: float | None = None
    left_out: tuple[str, ...] = ()
    cures: dict[str, tuple[str, ...]] = {}


RESTORED = {"postgres_cure": "restore", "mongodb_cure": "restore", "redis_cure": "restore"}

WELL = {
    "database-failure": Way(
        {"response_team": "team", "site": "original-site", **RESTORED}, left_out=("redis-reload-aof",)
    ),
    "infrastructure-failure": Way({"response_team": "team", "site": "dr-site"}, cures={"test-traffic": ("update-lb",)}),
    "data-corruption": Way(
        {"response_team": "leadership", "site": "original-site", **RESTORED},
        point_s=2400,
        left_out=("redis-reload-aof",),
    ),
    "security-breach": Way(
        {"response_team": "security", "site": "dr-site", **RESTORED, "images": "signed", "strangers": "disable"},
        point_s=5400,
        left_out=("redis-reload-aof",),
        cures={"pull-images": ("images",)},
    ),
    "natural-disaster": Way(
        {"response_team": "leadership", "site": "dr-site", "fence_by": "network"},
        cures={"postgres-fence": ("fence-by",)},
    ),
}


def play_well(player: Player) -> None:
    """Do as plan and evidence say: with reasons and notes, every inject answered, every failure cured."""
    way = _known(player)
    for step in player.incident().plan.steps():
        if not player.applies(step):
            continue
        if step.id in way.left_out:
            player.desk.skip(step.id, "the damage report speaks against it")
        else:
            _call(player, step)
            if not player.incident().settled(step.id):
                player.do(step.id)
            _cure(player, step, way)
        _answer_injects(player)
    _close(player)


def _call(player: Player, step: Step) -> None:
    """Call those whom the response team needs, one of whom is called by mistake first."""
    calls = ReviewCommands(player.journal, player.incident)
    for level in step.calls:
        calls.page(level, "pager")
        if is_needed(player.incident(), level):
            calls.acknowledge(level, "Ada")
        else:
            calls.take_call_back(level)


def _cure(player: Player, step: Step, way: Way) -> None:
    if player.incident().state(step.id) is not StepState.FAILED or step.may_fail:
        return
    for cure in way.cures.get(step.id, ()):
        player.do(cure)
    if step.id in way.cures:
        player.do(step.id)
    else:
        player.desk.mark_done(step.id, f"by hand, for: {player.last(step.action).summary}")


def _answer_injects(player: Player) -> None:
    player.table.settle()
    injects = {inject.id: inject for inject in _injects(player)}
    for name in list(player.incident().review.unanswered):
        if "note" in injects[name].answered_by:
            player.desk.note(f"To {name}: {injects[name].expected}")
    player.table.settle()


def _injects(player: Player) -> list[Inject]:
    return exercise_from_data(player.incident().review.exercise).injects


def play_by_enter(player: Player) -> None:
    """Do whatever comes next, as it is suggested: tick everything, run again what fails, and go on."""
    tried: set[str] = set()
    while step := next((step for step in player.ready() if step.id not in tried), None):
        tried.add(step.id)
        if step.decision:
            _suggested(player, step)
        elif step.action:
            for _ in range(_MOST_TRIES):
                if player.run(step, {}).state is not RunState.FAILED:
                    break
        else:
            for item in step.items:  # the last one marks it done
                with suppress(NotNow):  # that somebody answered is not ticked, but noted with the call
                    player.desk.check_item(step.id, item, True)
    _close(player)


def _suggested(player: Player, step: Step) -> None:
    """Answer what is suggested, without a reason; where it is refused, the first answer that is not."""
    assert step.decision
    if step.decision.kind == "instant":
        begin = beginning(player.incident(), step.decision)
        player.desk.decide(step.id, begin.answer, because=begin.because)
        return
    suggested = suggestion(player.incident(), step.decision).answer
    for answer in [suggested, *step.decision.options, f"time:{player.before(60)}"]:
        with suppress(AnswerRefused):
            player.desk.decide(step.id, answer)
            return


def play_badly(player: Player) -> None:
    """Force everything, leave out what fails, answer nobody, and let users in whatever the checks said."""
    way = _known(player, point_s=600)
    for step in player.incident().plan.steps():
        if not player.applies(step):
            continue
        if step.id in ("hold-backups", "verify-backups"):
            player.desk.skip(step.id, "no time")
        elif step.decision:
            answer = way.answers.get(step.decision.name)
            player.desk.decide(step.id, answer) if answer else _suggested(player, step)
        elif not step.action and not not_met(player.incident(), step):
            player.desk.mark_done(step.id)
        elif not step.action or (player.force(step.id).state is not RunState.SUCCEEDED and not step.may_fail):
            player.desk.skip(step.id, "no time")
    _close(player)


def _known(player: Player, point_s: float | None = None) -> Way:
    """Return the scenario's way, with its recovery point among the answers."""
    way = WELL[player.incident().scenario]
    player.answers = dict(way.answers)
    if way.point_s is not None:
        player.answers["recovery_point"] = f"time:{player.before(point_s or way.point_s)}"
    return way._replace(answers=dict(player.answers))


def _close(player: Player) -> None:
    leaving = ""
    while player.incident().closed_at is None:
        try:
            player.desk.close("it is over", leaving=leaving)
        except StillOpen as error:  # a probe may find more meanwhile
            leaving = phrase(error.left)
