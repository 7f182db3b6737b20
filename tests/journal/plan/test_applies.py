from __future__ import annotations

import pytest

from journal.plan.applies import applies
from journal.plan.model import Step

STEP = Step(id="s", title="s", when={"strategy": ["cold", "warm"], "affected": ["db"]})


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        ({"strategy": "cold", "affected": "db"}, True),
        ({"strategy": "warm", "affected": "web,db"}, True),
        ({"strategy": "cold", "affected": "web, db"}, True),
        ({"strategy": "cold", "affected": "web,dbs"}, False),
        ({"strategy": "hot", "affected": "db"}, False),
        ({"strategy": "hot"}, False),
        ({"affected": "web"}, False),
        ({"strategy": "cold"}, None),
        ({"strategy": "cold", "affected": ""}, None),
        ({}, None),
    ],
)
def test_a_step_applies_when_all_its_conditions_hold(answers: dict[str, str], verdict: bool | None) -> None:
    assert applies(STEP, answers) is verdict


def test_a_step_without_conditions_always_applies() -> None:
    assert applies(Step(id="s", title="s"), {}) is True
