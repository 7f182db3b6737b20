"""The branch restored once from its remote alone: as it is there, measured, and nothing is left."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from actions.outcome import ActionFailed
from tests.actions.systems.configuration.repositories import ConfigurationLab, configuration_lab

pytestmark = pytest.mark.xdist_group("configuration")


@pytest.fixture
def lab() -> Iterator[ConfigurationLab]:
    with configuration_lab() as found:
        yield found


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
