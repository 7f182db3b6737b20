"""The branch restored once from its remote alone, as it is there, and looked through after a break-in."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from actions.intrusion.scan import scan_backups
from actions.outcome import ActionFailed
from journal.events.scanned import Scan
from tests.actions.systems.configuration.repositories import ConfigurationLab, configuration_lab

pytestmark = pytest.mark.xdist_group("configuration")


@pytest.fixture
def lab() -> Iterator[ConfigurationLab]:
    with configuration_lab() as found:
        yield found


def test_what_an_intruder_opened_is_named_and_the_last_commit_without_it_found(lab: ConfigurationLab) -> None:
    before = lab.place.git("rev-parse", "--short=12", "HEAD")
    done = lab.lab.break_("configuration", "intruder").details
    looked = lab.context(discovered_at=datetime.now(UTC)).do(scan_backups)
    scan = Scan.of(looked.facts)
    assert looked.ok and scan and scan.not_looked_for
    assert before in looked.summary.partition(";")[0]
    (bad,) = (one for one in scan.states if one.strangers)
    led = "network/dr/haproxy.cfg: server dr2 203.0.113.66:8080 check"
    assert (bad.backup, list(bad.strangers)) == (done["backup"], [led])
    cron, redis = "configs/dr/cron.d/metrics", "configs/dr/redis.conf"
    opened = {f"edit of {redis}", f"{redis}: protected-mode no", f"{redis}: loadmodule /tmp/metrics.so"}
    assert {*opened, f"file {cron}", f"edit of {cron}", led} <= set(looked.facts["strangers"])
    breach = lab.context(scenario="security-breach")
    lab.do("restore", breach, commit=before)
    assert "1 file that it does not have go away" in "".join(breach.effects)
    assert not (lab.directory / cron).exists() and list(lab.directory.parent.glob(f"*.aside-*/**/{cron}"))
    long_ago = f"{datetime.now(UTC).year - 1}-01-01T00:00:00Z"
    commit = lab.place.commit({"network/dr/zone.txt": "api IN A 203.0.113.66\n"}, "Dated back", long_ago)
    looked = lab.context(discovered_at=datetime.now(UTC)).do(scan_backups)
    assert looked.facts["nothing_found_at"] is None and f"holds commit {commit[:12]}" in looked.summary, (
        "all is compared with it, by its date"
    )
    with pytest.raises(ActionFailed, match="No backup 123456"):
        lab.context(discovered_at=datetime.now(UTC)).do(scan_backups, good="123456")


def left(lab: ConfigurationLab) -> list[str]:
    return [path.name for path in lab.directory.parent.iterdir() if "drill" in path.name]


def test_a_drill_needs_nothing_but_the_remote_and_a_damaged_remote_fails_it(lab: ConfigurationLab) -> None:
    lab.lab.break_("configuration", "hand-edit")
    before = lab.running()
    done = lab.do("drill")
    assert done.ok, done
    head = subprocess.check_output(["git", "--git-dir", str(lab.place.remote), "rev-parse", "main"], text=True).strip()
    assert done.facts["drill"] == head
    assert done.facts["drill_files"] == len(before) - 1, "one file is no commit's"
    assert done.facts["drill_lost_s"] > 0, "an edit that no commit holds"
    assert lab.running() == before
    assert left(lab) == []
    lab.set_inventory("    - network/dr\n", "    - network/dr\n    - certificates\n")
    named = lab.do("drill")
    assert not named.ok
    assert [finding.about for finding in named.findings] == ["certificates"]
    blob = max((lab.place.remote / "objects").glob("??/*"), key=lambda path: path.stat().st_size)
    blob.chmod(0o600)
    blob.write_bytes(blob.read_bytes()[:-20])
    with pytest.raises(ActionFailed, match="could not be restored"):
        lab.do("drill")
    assert left(lab) == []
    assert lab.do("drill_left").ok
