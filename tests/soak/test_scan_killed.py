"""A look for an intruder whose runners are killed between any two effects: it comes to its end, and leaves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from cleo_console.lab.service_types import STORES
from cleo_contract.dying_runners import Zygote
from cleo_contract.incident import Work
from cleo_contract.restoring import Recovery, kill_again_and_again
from journal.events.scanned import Scan
from journal.incident.records import RunState
from journal.verify import verify
from tests.labs import running_stores


@pytest.mark.timeout(1800)
def test_a_look_that_is_killed_at_every_point_goes_on_and_leaves_nothing(tmp_path: Path) -> None:
    with running_stores() as lab:
        for system in STORES:
            planted = lab.break_(system, "intruder").details["backup"]
            with Work(tmp_path / system, lab.inventory_path, system) as work:
                played = Recovery()
                with Zygote() as zygote:
                    kill_again_and_again(work, zygote, "intrusion.scan_backups", "", 1, played)
                assert played.killed and played.killed.state is RunState.SUCCEEDED, played.killed
                assert len(played.kills) > 3, played.kills
                scan = Scan.of(played.killed.facts)
                assert scan and [one.backup for one in scan.states if one.strangers][-1] == planted
                with work.runner():
                    left = work.do("intrusion.scan_left")
                assert left.state is RunState.SUCCEEDED, left.summary
                assert not list(lab.directory.rglob("*.scan")), system
            assert verify(work.place.journal).ok
