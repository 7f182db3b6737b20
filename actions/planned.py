"""Actions that the plan names and a later version brings: none at the moment.

They are in the catalogue so that the plan can be checked and the console can say "not available yet: do
it by hand, and note what you did". They are run in tabletops alone, and there their gates count.
"""

from __future__ import annotations

from journal.plan.action_spec import ActionSpec

PLANNED_ACTIONS: list[ActionSpec] = []
