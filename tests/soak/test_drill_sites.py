"""A cross-region failover is drilled by answers on two sites: over, users led there, and all of it back again."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cleo_console.test_cli import Cleo
from tests.labs import Lab, lab_directory
from tests.soak.test_drill_walk import FILLED

pytestmark = [pytest.mark.skipif(os.geteuid() != 0, reason="only root makes networks"), pytest.mark.timeout(3600)]

NAME = "cross-region-failover"


@pytest.fixture
def lab() -> Iterator[Lab]:
    with lab_directory() as directory:
        yield Lab.up(directory, two_sites=True, backup_minutes=1000)


def test_over_to_the_other_site_and_back(lab: Lab, tmp_path: Path) -> None:
    cleo, file = Cleo(tmp_path), tmp_path / "answers.yaml"
    kept = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "CLEO_ACTOR": "cron"}
    cleo.env = kept | {"CLEO_HOME": cleo.env["CLEO_HOME"], "CLEO_INVENTORY": str(lab.inventory_path)}
    text = cleo("drill", "answers", NAME).stdout
    for asked, answer in FILLED.items():
        text = text.replace(asked, answer)
    file.write_text(text)
    stopped = cleo("drill", "run", NAME, "--answers", str(file), status=3)
    assert "STOPPED at 5.1.4 Take the old site from its users (isolate-old-site): it is destructive" in stopped.stderr
    file.write_text(re.sub(r"^#  (isolate-old-site:)", r"  \1", text, flags=re.MULTILINE))
    done = cleo("drill", "run", NAME, "--answers", str(file))
    assert "is closed (completed with deviations)" in done.stdout
    assert "as Cross-region failover, by dns.update" in done.stdout, "it says what it counts as"
    assert "redis.allow_writers at redis-standby: succeeded" in done.stdout, "who reads there is let in again"
    assert lab.postgres.psql("SELECT pg_is_in_recovery()") == "f"
    assert lab.cluster("postgres-standby").psql("SELECT pg_is_in_recovery()") == "t"
    assert not list(lab.directory.rglob("run/hold")), "backups are held still"
