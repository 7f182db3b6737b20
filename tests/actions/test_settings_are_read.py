"""Every field of the inventory means something: some code reads it, of the type itself where the type brings it."""

from __future__ import annotations

import ast
import typing
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import pytest

import actions
from actions.inventory import Inventory
from actions.settings import SystemSettings
from actions.system_type import settings_type
from actions.system_types import built_in

ROOT = Path(actions.__file__).parent
OWN = "systems"


def structs(hint: object) -> Iterator[type[msgspec.Struct]]:
    """Yield the structs that a type is made of, itself first."""
    for part in typing.get_args(hint):
        yield from structs(part)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
        for field in typing.get_type_hints(hint).values():
            yield from structs(field)


def read_in(files: Iterable[Path]) -> set[str]:
    """Return the names that code reads from anything."""
    nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text())))
    return {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)}


def unread(settings: type[msgspec.Struct], files: Iterable[Path], house: set[str]) -> list[str]:
    """Return the fields that nothing reads: neither the house nor, of a type's own structs, its own code."""
    own, found = read_in(files), []
    for struct in dict.fromkeys(structs(settings)):
        brought = struct.__module__.split(".")[1:2] == [OWN]
        for name in struct.__struct_fields__:
            inherited = struct is not SystemSettings and name in SystemSettings.__struct_fields__
            if name not in (own if brought and not inherited else own | house):
                found.append(f"{struct.__name__}.{name}")
    return found


@pytest.fixture(scope="module")
def house() -> set[str]:
    return read_in(file for file in ROOT.rglob("*.py") if OWN not in file.relative_to(ROOT).parts)


def test_the_inventory_has_no_field_that_nothing_reads(house: set[str]) -> None:
    assert not unread(Inventory, [], house)


@pytest.mark.parametrize("name", built_in())
def test_a_type_has_no_field_that_nothing_reads(name: str, house: set[str]) -> None:
    assert not unread(settings_type(built_in()[name]), (ROOT / OWN / name).rglob("*.py"), house)


def test_a_field_that_nothing_reads_is_found(house: set[str]) -> None:
    class Settings(SystemSettings, frozen=True, kw_only=True):
        socket_directory: str = ""

    assert unread(Settings, [], house) == ["Settings.socket_directory"]
