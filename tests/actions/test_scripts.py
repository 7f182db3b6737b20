from __future__ import annotations

from actions.registry import catalogue
from actions.scripts import named_in, scripts


def test_the_scripts_read_in_the_source_are_those_of_the_actions() -> None:
    assert dict(scripts()) == {name: spec.script for name, spec in catalogue().items() if spec.script}


def test_what_is_read_in_the_source_of_an_action_is_what_it_takes() -> None:
    read, real = named_in("\n".join(scripts().values())), catalogue()
    assert list(read) == list(scripts())
    for name, spec in read.items():
        assert spec.destructive == real[name].destructive, name
        assert [(p.name, p.type, p.required) for p in spec.params] == [
            (p.name, p.type, p.required) for p in real[name].params
        ], name


def test_a_text_names_actions_by_their_scripts() -> None:
    said = "run /opt/dr/dr_check_status.sh, then systemctl stop redis-server"
    assert list(named_in(said)) == ["status.check", "redis.stop"]
