"""One environment's systems and how to reach them: the inventory file."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from actions.systems.postgres.settings import PostgresSettings
from actions.transport import HostSpec
from journal.errors import CleoError
from journal.events.types import Kind
from journal.yamlfile.convert import convert
from journal.yamlfile.names import strange
from journal.yamlfile.problem import BadFile, Problem
from journal.yamlfile.yaml_source import read_bytes, read_yaml

Settings = PostgresSettings
"""The union of every system's settings; a new system adds its own here."""

S = TypeVar("S", bound=msgspec.Struct)


class UnknownTarget(CleoError):
    """The inventory has no such system or host."""


class Inventory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An environment.

    Attributes:
        name: what people call it.
        allows: the kinds of incident that may be declared against it.
        lab: whether it is one of ours on loopback; a LAB incident accepts no other.
        hosts: where programs run.
        systems: what can be recovered, by the name the plan uses.
    """

    name: str
    allows: list[Kind]
    lab: bool = False
    hosts: dict[str, HostSpec] = {}
    systems: dict[str, Settings] = {}

    def system(self, name: str, type_: type[S]) -> S:
        """Return the settings of one system.

        Raises:
            UnknownTarget: there is no such system, or it is of another type.
        """
        found = self.systems.get(name)
        if not isinstance(found, type_):
            raise UnknownTarget(
                f"The inventory {self.name} has no {name} of the type {type_.__name__}.",
                f"Add it under systems: in the inventory. It has: {', '.join(self.systems) or 'none'}.",
            )
        return found

    def host(self, name: str) -> HostSpec:
        """Return how to reach one host.

        Raises:
            UnknownTarget: there is no such host.
        """
        try:
            return self.hosts[name]
        except KeyError:
            raise UnknownTarget(
                f"The inventory {self.name} has no host {name}.",
                f"Add it under hosts:. It has: {', '.join(self.hosts) or 'none'}.",
            ) from None


def load_inventory(path: Path) -> Inventory:
    """Return the inventory in the file ``path``.

    Raises:
        CleoError: it cannot be read.
        BadFile: it does not fit, or a system names a host that is not there; file, line and field are named.
    """
    source = read_yaml(path, read_bytes(path))
    inventory = convert(Inventory, source)
    places = [(part, name) for part in ("hosts", "systems") for name in getattr(inventory, part)]
    if odd := [(where, what) for where in places if (what := strange(where[1]))]:
        raise BadFile([Problem(str(path), source.line(where), where, what) for where, what in odd])
    homeless = [
        ("systems", name, "host")
        for name, settings in inventory.systems.items()
        if settings.host not in inventory.hosts
    ]
    if homeless:
        known = ", ".join(inventory.hosts) or "none"
        message = f"there is no such host under hosts: (there is: {known})"
        raise BadFile([Problem(str(path), source.line(where), where, message) for where in homeless])
    return inventory
