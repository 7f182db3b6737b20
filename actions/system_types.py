"""Which types of systems there are: those that ship with Cleo, and those of packages that are installed beside it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from actions.system_type import SystemType, load
from journal.errors import CleoError

BUILT_IN = (
    "actions.systems.postgres:SYSTEM",
    "actions.systems.mongodb:SYSTEM",
    "actions.systems.redis:SYSTEM",
    "actions.systems.files:SYSTEM",
    "actions.systems.configuration:SYSTEM",
    "actions.systems.validation:SYSTEM",
    "actions.systems.load_balancer:SYSTEM",
    "actions.systems.pooler:SYSTEM",
    "actions.systems.dns:SYSTEM",
    "actions.systems.kubernetes:SYSTEM",
)
"""The types that ship with Cleo. Others are packages of their own, with an entry point in `GROUP`."""
GROUP = "cleo.systems"
"""The entry-point group. Looking through it takes 50 ms: only what is not built in is looked for there."""


class UnknownType(CleoError):
    """There is no such type of system, or the package that brings it cannot be loaded."""


@cache
def built_in() -> Mapping[str, SystemType]:
    """Return the types that ship with Cleo, by name."""
    found: list[SystemType] = [load(where) for where in BUILT_IN]
    return {each.name: each for each in found}


@cache
def _installed() -> tuple[Mapping[str, SystemType], Mapping[str, str]]:
    """Return the types that other packages bring, and why some cannot be loaded, by name."""
    from importlib.metadata import entry_points

    found: dict[str, SystemType] = {}
    broken: dict[str, str] = {}
    for point in entry_points(group=GROUP):
        if point.name in built_in():
            continue
        try:
            brought = point.load()
            if not isinstance(brought, SystemType) or brought.name != point.name:
                raise TypeError(f"{point.value} is not the SystemType {point.name}")
            found[point.name] = brought
        except (Exception, SystemExit) as error:  # noqa: BLE001  # somebody else's: it takes no console down
            broken[point.name] = f"{type(error).__name__}: {error}"
    return found, broken


def system_types() -> dict[str, SystemType]:
    """Return every type there is, by name. One whose package cannot be loaded is left out: `system_type` says why."""
    return {**built_in(), **_installed()[0]}


def find_type(name: str) -> SystemType | None:
    """Return a type by its name; None where there is none."""
    return built_in().get(name) or _installed()[0].get(name)


def system_type(name: str) -> SystemType:
    """Return a type by its name.

    Raises:
        UnknownType: there is none, or its package cannot be loaded.
    """
    if found := find_type(name):
        return found
    if why := _installed()[1].get(name):
        raise UnknownType(f"The type of system {name} cannot be loaded: {why}", "Mend or remove the package of it.")
    import difflib

    near = difflib.get_close_matches(name, system_types(), n=1)
    raise UnknownType(
        f"There is no type of system {name}; there are: {', '.join(system_types())}.",
        f"Did you mean {near[0]}?" if near else "Install the package that brings it, beside Cleo.",
    )


def role(type_name: str, role_name: str) -> str:
    """Return the action that plays a role at a type of system, as that says it or as it is called by convention."""
    found = find_type(type_name)
    return found.role(role_name) if found else f"{type_name}.{role_name}"
