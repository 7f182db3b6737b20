"""The paths of a plan's steps in its data."""

from __future__ import annotations

from collections.abc import Iterator

from journal.plan.model import Plan, Step
from journal.yamlfile.problem import FilePath

Finding = tuple[FilePath, str]
"""The path of a part of the plan, and what is wrong with it."""


def placed_steps(plan: Plan) -> Iterator[tuple[FilePath, Step]]:
    """Yield every step with its path, in the order of the checklist."""
    for p, phase in enumerate(plan.phases):
        for s, section in enumerate(phase.sections):
            for n, step in enumerate(section.steps):
                yield ("phases", p, "sections", s, "steps", n), step
