"""Answers that are given before a drill: what does not fit is named with its line, before anything is begun."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.registry import catalogue
from cleo_console.drills.answers import read_answers
from cleo_console.plans import bundled
from journal.plan.load import load_plan
from journal.yamlfile.problem import BadFile

WRONG = """\
inventory: production
scenario: natural-disaster
decisions: {afected: postgres, strategy: cold}
skip: {no-such: it is not there}
done: {postgres-restore: I did}
clean_up:
  - {action: backups.releas}
  - {action: postgres.restore, on: postgres}
"""


def test_all_that_does_not_fit_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    plan = load_plan(bundled()).plan
    with pytest.raises(BadFile) as refused:
        read_answers(file, WRONG.encode(), plan, "lab", ["database-failure"], catalogue())
    found = [(problem.line, problem.field) for problem in refused.value.problems]
    assert found == [
        (1, "inventory"),
        (2, "scenario"),
        (3, "decisions.afected"),
        (3, "decisions.strategy"),
        (4, "skip.no-such"),
        (5, "done.postgres-restore"),
        (7, "clean_up[0].action"),
        (8, "clean_up[1]"),
    ]
