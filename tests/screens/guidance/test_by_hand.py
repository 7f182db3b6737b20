"""Of what the console cannot run, a person says as one what became of the steps that wait for each other alone."""

from __future__ import annotations

from journal.plan.action_spec import ActionSpec
from screens.guidance.left_out import known_reason
from screens.guidance.next_action import by_hand_together
from screens.guidance.status import next_words
from tests.journal.stories import Story, plan, step

HERE = {"db.act": ActionSpec(name="db.act", title="Act")}
CHECK = {"action": "app.check"}


def together(told: Story, step_id: str) -> list[str]:
    return [one.id for one in by_hand_together(told.incident, told.incident.plan.by_id[step_id], HERE)]


def test_what_follows_from_each_other_is_one_and_what_runs_or_harms_or_is_optional_is_not_in_it() -> None:
    told = Story(
        plan(
            step("api", **CHECK),
            step("smoke", needs=["api"], **CHECK),
            step("act", action="db.act"),
            step("late", needs=["act"], **CHECK),
            step("users", needs=["smoke"], destructive=True, **CHECK),
            step("more", optional=True, **CHECK),
        )
    )
    assert together(told, "api") == ["api", "smoke"]
    assert together(told, "act") == ["act"]
    assert together(told, "users") == ["users"]
    assert next_words(told.incident, HERE) == "nothing here does it: 1.1.1 Api and 3 more", "nobody did the rest either"


def test_an_action_that_is_installed_and_broken_is_not_said_to_be_missing() -> None:
    told = Story(plan(step("api", **CHECK), step("smoke", action="app.smoke")))
    broken = ActionSpec(name="app.check", title="Check", available=False, broken="app.check cannot be loaded: no psql.")
    causes = [known_reason(told.incident, one, {"app.check": broken}) for one in told.incident.plan.steps()]
    assert causes == ["app.check cannot be loaded: no psql", "no action app.smoke is installed"]
