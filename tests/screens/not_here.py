"""An incident with steps that nothing here does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from journal.store.journal import Journal
from tests.journal.stories import plan, step
from tests.screens.app_services import INCIDENT, FakeServices, declaration

NOT_HERE = {"app.data", "app.auth", "lb.open"}
STEPS = (
    step("restore", title="Restore it", action="db.restore"),
    step("data", title="Compare the stores", action="app.data", needs=["restore"]),
    step("auth", title="Check user access", action="app.auth", needs=["restore"]),
    step("accept", title="User acceptance", needs=["auth"], items=["Flows tested"]),
    step("open", title="Enable traffic", action="lb.open", system="db", needs=["accept"], destructive=True),
    step("stores", title="Restore the stores", action="app.data", when={"scenario": ["lost"]}, needs=["accept"]),
)


def begun(services: FakeServices, folder: Path, *steps: dict[str, Any]) -> Journal:
    """Declare an incident on a plan of these steps."""
    file = folder / "plan.yaml"
    file.write_text(json.dumps(plan(*steps)))
    services.load(file)
    return services.begin(INCIDENT, declaration(scenario="lost"))
