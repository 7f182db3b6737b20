from __future__ import annotations

from actions.registry import catalogue
from actions.scripts import named_in, scripts


def test_the_scripts_read_in_the_source_are_those_of_the_actions() -> None:
    assert dict(scripts()) == {name: spec.script for name, spec in catalogue().items() if spec.script}


def test_a_text_names_actions_by_their_scripts() -> None:
    assert list(named_in("run /opt/dr/dr_check_status.sh, then systemctl stop redis-server")) == [
        "status.check",
        "redis.stop",
    ]
