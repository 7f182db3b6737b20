"""Who closes an incident is told of what is in force what the system itself shows, at every door."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cleo_console.test_cli import Cleo
from tests.cleo_console.test_plain_cli import answered
from tests.labs import Lab, lab

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("close-looks")

SEEN = r"backups.release takes it back; seen at \d\d:\d\d:\d\d UTC: "


@pytest.fixture
def cleo(tmp_path: Path, lab: Lab) -> Iterator[Cleo]:
    cleo = Cleo(tmp_path)
    cleo.env["CLEO_INVENTORY"] = str(lab.inventory_path)
    cleo("declare", "--title", "looks", "--scenario", "database-failure", "--kind", "LAB")
    yield cleo
    cleo("run", "backups.release", "--override", "order=the looks were seen")
    cleo.close()


def test_the_system_is_asked_whether_what_is_in_force_still_is(cleo: Cleo, lab: Lab) -> None:
    before = lab.postgres.backup_config.read_text()
    cleo("run", "backups.hold")
    refused = cleo("close", "--summary", "over", status=1).stderr
    assert re.search(f"{SEEN}Expiry is suspended; scheduled backups wait. Held for INC-", refused)

    lab.postgres.backup_config.write_text(before)
    lab.postgres.hold_file.unlink()
    refused = cleo("close", "--summary", "over", status=1).stderr
    assert re.search(f"{SEEN}Expiry is at work; scheduled backups run.", refused)
    said = answered(cleo, "x", "over", ".", "q")
    assert re.search(r"seen\s+at\s+\d\d:\d\d:\d\d\s+UTC:\s+Expiry\s+is\s+at\s+work", said)
