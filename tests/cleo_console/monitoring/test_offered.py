"""What waits to be answered is offered whatever inventory and plan look like: incidents are listed beside it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from cleo_console.app_services import ConsoleServices
from cleo_console.monitoring.offers import Offers
from cleo_console.monitoring.webhook import Told
from journal.commands.offer import Offer
from journal.paths import Paths


@pytest.mark.parametrize("spoilt", ["inventory", "plan"])
def test_an_alert_is_offered_though_inventory_or_plan_cannot_be_read(tmp_path: Path, spoilt: str) -> None:
    file = tmp_path / f"{spoilt}.yaml"
    file.write_text("what: is this")
    paths = Paths(incidents=tmp_path / "incidents", locks=tmp_path / "locks")
    services = ConsoleServices(msgspec.structs.replace(paths, **{spoilt: file}), "tester@here")
    told = Offer(id="a", source="Alertmanager", title="gone", told_at=datetime.now(UTC), system="db", scenario="fire")
    assert Offers(paths.alerts).take(Told("a", told))
    assert services.offers() == [told]
