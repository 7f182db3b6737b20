"""Which services a lab shall have, from what was asked on the command line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

from actions.system_types import system_types
from cleo_console.lab.post.place import NAME as POST
from cleo_console.lab.second_place.place import NAME as OFFSITE
from cleo_console.lab.service import Instance
from cleo_console.lab.service_types import DEFAULT, STORES, class_of, managers, service_class, service_classes
from cleo_console.lab.sites.place import FAULTY
from cleo_console.lab.sites.place import NAME as SITES
from cleo_console.lab.station import OUTSIDE
from journal.errors import CleoError

NAME = re.compile(r"[a-z][a-z0-9_-]{0,26}")


AT_TWO_SITES = (*STORES, "validation", "load_balancer", "dns")
"""What a lab with two sites can have, where nothing else is said."""


def wanted_services(systems: Sequence[str], standby: bool) -> list[Instance]:
    """The services that are asked for, the first one's standbys last.

    Args:
        systems: each `NAME`, or `NAME=TYPE`. A name that is a type is of that type, any other of the default one. A
            manager (`patroni`) is a type here: a service under it, and its standby, whether or not one is asked for.
        standby: whether the first one shall have a standby in the site `dr`, or as many as its type needs beside it.

    Raises:
        CleoError: a name does not serve or is given twice, or there is no such type or standby.
    """
    services = [_service(each) for each in systems]
    own = [bool(each.manager and class_of(each).standby) for each in services]
    given = [each for number, each in enumerate(services) if own[number] or (standby and not number)]
    services += [one for each in given for one in _standbys(each)]
    names = [each.name for each in services]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise CleoError(f"Two services cannot be called {twice}.", "Give each a name of its own.")
    return services


def usual_at_two_sites(*, cold: bool) -> list[str]:
    """Return the services of a lab with two sites of which nothing else is said: with cold standbys, fewer stores."""
    return [name for name in AT_TWO_SITES if not cold or name not in STORES or service_class(name).cold]


def wanted_at_two_sites(systems: Sequence[str], *, cold: bool = False) -> list[Instance]:
    """The services of a lab with two sites, each standby right behind the one that it follows.

    Args:
        systems: as `wanted_services` has them.
        cold: whether what stands by at the DR site has programs there and nothing else.

    Raises:
        CleoError: as `wanted_services`; or one of them cannot be at a site.
    """
    found = wanted_services(systems, standby=False)
    if misfit := next((each for each in found if not class_of(each).at_sites), None):
        able = ", ".join(sorted(name for name, class_ in service_classes().items() if class_.at_sites))
        raise CleoError(f"A lab of two sites cannot hold a {misfit.type}.", f"It can hold: {able}.")
    found = [replace(each, site=class_of(each).own_site) for each in found]
    return [one for each in found for one in (each, *_apart(each, cold=cold))]


def _apart(primary: Instance, *, cold: bool) -> list[Instance]:
    """What stands by for a service at the other site; nothing where its type has no standby."""
    if not cold:
        return _at_other_site(primary) if class_of(primary).standby else []
    named = Instance(name=f"{primary.name}-cold", type=primary.type, site="dr", standby_of=primary.name, cold=True)
    return [named] if class_of(primary).cold else []


def _service(asked: str) -> Instance:
    name, _, type_name = asked.partition("=")
    if not NAME.fullmatch(name):
        hint = "Take at most 27 small letters, digits, - and _, a letter first."
        raise CleoError(f"`{name}` is no name for a service of a lab.", hint)
    if name == OFFSITE:
        raise CleoError(f"`{name}` is the lab's second place for backups.", "Give the service another name.")
    if name in (SITES, FAULTY, POST):
        raise CleoError(f"`{name}` means something else in a lab.", "Give the service another name.")
    manager = next((each for each in (type_name, "" if type_name else name) if each in managers()), "")
    type_name = managers()[manager] if manager else type_name or (name if name in system_types() else DEFAULT)
    service = Instance(name=name, type=type_name, plays="" if name == type_name else type_name, manager=manager)
    class_of(service)
    return service


def _at_other_site(primary: Instance) -> list[Instance]:
    """Return a service's standby at the DR site; a third member, which its set needs for a majority, is at neither."""
    first, *others = _standbys(primary)
    return [first, *(replace(each, site=OUTSIDE) for each in others)]


def _standbys(primary: Instance) -> list[Instance]:
    names = [f"{primary.name}-standby{'' if number == 1 else f'-{number}'}" for number in (1, 2, 3)]
    wanted = names[: class_of(primary).standbys]
    found = [
        Instance(name=name, type=primary.type, site="dr", standby_of=primary.name, manager=primary.manager)
        for name in wanted
    ]
    class_of(found[0])
    return found
