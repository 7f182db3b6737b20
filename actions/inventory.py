"""One environment's systems and how to reach them: the inventory file."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from actions.postgres.settings import PostgresSettings
from actions.transport import HostSpec
from journal.errors import CleoError
from journal.events import Kind
from journal.yaml_file import load_struct

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
        YamlFileError: it cannot be read or does not fit; the error names file, line and field.
        UnknownTarget: a system names a host that is not there.
    """
    inventory = load_struct(path, Inventory)
    for settings in inventory.systems.values():
        inventory.host(settings.host)
    return inventory
