"""Every action that ships is looked at beforehand, or says why nobody can; which bring a look of their own is told."""

from __future__ import annotations

from actions.readiness.actions_looked_at import how_looked_at
from actions.registry import HOUSE_LOOKS, registry, shipped
from actions.system_types import built_in


def test_every_action_is_looked_at_or_says_why_not() -> None:
    assert [name for name in sorted(shipped()) if not how_looked_at(registry()[name])] == []


def test_which_actions_bring_a_look_of_their_own_is_known_without_loading_them() -> None:
    declared = {*HOUSE_LOOKS, *(name for one in built_in().values() for name in one.own_looks)}
    assert {name for name in shipped() if registry()[name].ready} == declared
