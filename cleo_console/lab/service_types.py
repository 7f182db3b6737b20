"""The types of systems that a lab can run, and the class that each of them brings."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from functools import cache
from signal import Signals

from actions.system_type import CannotLoad, load
from actions.system_types import system_type, system_types
from cleo_console.lab.service import Instance, LabService
from journal.errors import CleoError

DEFAULT = "postgres"
"""The type of a service whose name is no type."""

STORES = ("postgres", "mongodb", "redis")
"""The services of a lab of which nothing else is said: where CleoAI keeps its data."""


def service_class(type_name: str) -> type[LabService]:
    """The class that makes the services of a type.

    Raises:
        CleoError: there is no such type, its lab part cannot be loaded, or it has none.
    """
    part = system_type(type_name).lab
    if not part:
        raise CleoError(f"A lab cannot run a {type_name}.", f"It can run: {', '.join(service_classes())}.")
    try:
        found: type[LabService] = load(part)
    except CannotLoad as error:
        raise CannotLoad(f"The lab part of {type_name}: {error.message}", error.hint) from error
    return found


def class_of(instance: Instance) -> type[LabService]:
    """The class that makes this service, which may be a standby.

    Raises:
        CleoError: there is no such type, its lab part cannot be loaded, or it has no standby.
    """
    found = service_class(instance.type)
    found = found.managed[instance.manager] if instance.manager else found
    if not instance.standby_of:
        return found
    standby = found.cold if instance.cold else found.standby
    if not standby:
        raise CleoError(f"A lab cannot make a standby of a {instance.type}.", "Leave --standby or --cold away.")
    return standby


@cache
def service_classes() -> Mapping[str, type[LabService]]:
    """The types that a lab can run, each with its class; one whose class cannot be loaded is left out."""
    found: dict[str, type[LabService]] = {}
    for name in sorted(name for name, type_ in system_types().items() if type_.lab):
        with contextlib.suppress(CleoError):
            found[name] = service_class(name)
    return found


@cache
def managers() -> Mapping[str, str]:
    """The managers that a lab can run a service under, each with that service's type."""
    return {manager: name for name, each in service_classes().items() for manager in each.managed}


@cache
def server_programs() -> Mapping[str, Signals]:
    """The server programs of all types, each with the signal that ends it."""
    return {program: ends for each in service_classes().values() for program, ends in each.server_programs.items()}
