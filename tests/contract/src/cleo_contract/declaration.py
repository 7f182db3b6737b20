"""What a type's declaration must say, so that plan, console, gates and tabletop can go by it."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from actions.action import Action
from actions.action_help import missing_help
from actions.by_hand import ByHand, typed
from actions.inventory import load_inventory
from actions.readiness.actions_looked_at import how_looked_at
from actions.readiness.ready import DRY_RUN
from actions.system_type import SystemType, load, settings_type
from actions.system_types import GROUP, built_in, system_type
from actions.tabletop.script import ordinary_world
from cleo_contract.system import SystemUnderTest

_DESTRUCTIVE = ("restore", "fence", "promote")
"""The roles before which the interlock asks, at every store."""


def actions_of(type_: SystemType) -> dict[str, Action]:
    """Return the actions of a type, by name."""
    return {name: load(where) for name, where in type_.actions.items()}


class DeclarationContract:
    """Reads the declaration; touches no system."""

    def test_it_is_found_by_its_name(self, system: SystemUnderTest) -> None:
        type_ = system_type(system.type)
        assert type_.name == system.type
        assert settings_type(type_).__struct_config__.tag == type_.name
        assert settings_type(type_).__struct_config__.forbid_unknown_fields
        assert type_.title, f"{GROUP} finds it, and people have no word for it"

    def test_every_action_says_what_a_person_must_know(self, system: SystemUnderTest) -> None:
        found = actions_of(system_type(system.type))
        assert [misfit for action in found.values() for misfit in _misfits(action, found)] == []
        assert [
            name for name, action in found.items() if action.spec.name != name or action.spec.system != system.type
        ] == []

    def test_the_roles_exist(self, system: SystemUnderTest) -> None:
        type_ = system_type(system.type)
        assert [role for role in (*system.roles, *type_.roles) if type_.role(role) not in type_.actions] == []
        found = actions_of(type_)
        losing = [found[name] for role in _DESTRUCTIVE if (name := type_.role(role)) in found]
        assert [action.spec.name for action in losing if not action.spec.destructive] == []

    def test_every_action_is_simulated_in_any_state_of_the_world(self, system: SystemUnderTest) -> None:
        type_, world = system_type(system.type), ordinary_world()
        assert [name for name in type_.actions if not world.acts.get(name) or world.acts[name][-1].when] == []
        assert world.health[type_.name][-1].when == {}

    def test_its_positions_are_as_their_examples(self, system: SystemUnderTest) -> None:
        type_ = system_type(system.type)
        assert [form.name for form in type_.positions if not form.fits(form.example)] == []
        assert all(form.title and form.help for form in type_.positions)

    def test_what_is_typed_by_hand_needs_no_incident_and_holds_no_secret(self, system: SystemUnderTest) -> None:
        known = ByHand(inventory=load_inventory(system.inventory), system=system.name)
        secrets = system.secrets
        told = {
            name: [f"{line.what} {typed(line)}" for line in action.by_hand(known)]
            for name, action in actions_of(system_type(system.type)).items()
            if action.by_hand
        }
        assert [name for name, lines in told.items() if any(secret in " ".join(lines) for secret in secrets)] == []

    def test_every_step_is_looked_at_beforehand_or_it_is_said_why_not(self, system: SystemUnderTest) -> None:
        type_ = system_type(system.type)
        if type_.ready:
            assert callable(load(type_.ready).needs)
            assert callable(load(type_.ready).look)
        acts = actions_of(type_).values()
        assert [action.spec.name for action in acts if not how_looked_at(action)] == []
        if type_.ready:
            looking = {action.spec.name for action in acts if action.ready}
            assert looking == set(type_.own_looks), "others are not loaded to find out"
        own = [action.ready for action in acts if action.ready not in ("", DRY_RUN)]
        assert all(callable(load(where)) for where in own)

    def test_it_is_no_other_ones(self, system: SystemUnderTest) -> None:
        others = [type_ for name, type_ in built_in().items() if name != system.type]
        assert [name for other in others for name in other.actions if name in system_type(system.type).actions] == []


def _misfits(action: Action, all_: dict[str, Action]) -> Iterable[str]:
    """Yield what is missing of an action, in words."""
    spec, changes = action.spec, action.spec.destructive or bool(action.spec.touches)
    if not inspect.getdoc(action.function):
        yield f"{spec.name} has no docstring: its first line is its title"
    yield from missing_help(action)
    for param in spec.params:
        if not param.help:
            yield f"{spec.name}: the parameter {param.name} has no help"
    if changes and action.target is None:
        yield f"{spec.name} changes something, and has no target"
    if changes and not spec.probe:
        yield f"{spec.name} changes something, and has no probe for what an unfinished run left"
    if spec.probe and _changes(all_.get(spec.probe)):
        yield f"{spec.name}: its probe {spec.probe} is none of this type's looks"
    if spec.destructive and not spec.touches:
        yield f"{spec.name} is destructive, and does not say what it touches"
    if spec.undone_by and spec.undone_by not in all_:
        yield f"{spec.name}: there is no {spec.undone_by}, which is to take it back"


def _changes(action: Action | None) -> bool:
    return action is None or action.spec.destructive or bool(action.spec.touches)
