"""One environment's systems and how to reach them: the inventory file."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, TypeVar

from actions.channels.settings import Communications
from actions.channels.settings import problems as misfits_of
from actions.settings import ErasureSettings, EvidenceSettings, OffsiteSettings, Settings, SystemSettings
from actions.system_type import CannotLoad, SystemType, settings_type
from actions.system_types import UnknownType, find_type, system_type, system_types
from actions.transport import HostSpec
from journal.errors import CleoError
from journal.events.run import KnownSystem
from journal.events.types import Kind
from journal.yamlfile.convert import convert, convert_each
from journal.yamlfile.names import strange
from journal.yamlfile.problem import BadFile, FilePath, Problem
from journal.yamlfile.yaml_source import read_bytes, read_yaml

S = TypeVar("S", bound=SystemSettings)


class UnknownTarget(CleoError):
    """The inventory has no such system or host."""


class _File(Settings, frozen=True, kw_only=True):
    """An inventory as it is written: what a system must say depends on its type."""

    name: str
    allows: list[Kind]
    lab: bool = False
    hosts: dict[str, HostSpec] = {}
    systems: dict[str, Any] = {}
    offsite: OffsiteSettings | None = None
    erasure: ErasureSettings | None = None
    evidence: EvidenceSettings | None = None
    communications: Communications | None = None


NONE = "none"
"""What an inventory is called that stands in for none."""


class Inventory(_File, frozen=True, kw_only=True):
    """An environment.

    Attributes:
        name: what people call it.
        allows: the kinds of incident that may be declared against it.
        lab: whether it is one of ours on loopback; a LAB incident accepts no other.
        hosts: where programs run.
        systems: what can be recovered, by name.
        offsite: the second place of their backups, if there is one.
        erasure: where erasure requests are written down, if that is known.
        evidence: where evidence of a break-in is kept; without it, by hand.
        communications: whom to tell, and through what; without it people are told by hand.
    """

    systems: dict[str, SystemSettings] = {}

    @property
    def is_none(self) -> bool:
        """Whether it stands in for an inventory that is not there."""
        return self.name == NONE and not self.systems

    def system(self, name: str, type_: type[S]) -> S:
        """Return the settings of one system.

        Raises:
            UnknownTarget: there is no such system, or it is of another type.
        """
        found = self.systems.get(name)
        if not isinstance(found, type_):
            raise UnknownTarget(
                f"The inventory {self.name} has no system {name} of the type {type_.__struct_config__.tag}.",
                f"Add it under systems: in the inventory. It has: {', '.join(self.systems) or 'none'}.",
            )
        return found

    def type_of(self, name: str) -> SystemType:
        """Return the type of one system.

        Raises:
            UnknownTarget: there is no such system.
        """
        if name in self.systems:
            return system_type(self.systems[name].type)
        has = f"The inventory {self.name} has: {', '.join(self.systems) or 'none'}."
        raise UnknownTarget(f"There is no system {name}." if name else "No system is named.", has)

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
        BadFile: it does not fit, or a system names a host or a system that is not there; each is named with its line.
    """
    source = read_yaml(path, read_bytes(path))
    file = convert(_File, source)
    systems = convert_each(source, "systems", {name: _settings_type(found) for name, found in file.systems.items()})
    inventory = Inventory(
        name=file.name,
        allows=file.allows,
        lab=file.lab,
        hosts=file.hosts,
        systems=systems,
        offsite=file.offsite,
        erasure=file.erasure,
        evidence=file.evidence,
        communications=file.communications,
    )
    if problems := list(_problems(inventory)):
        raise BadFile([Problem(str(path), source.line(where), where, what) for where, what in problems])
    return inventory


def _settings_type(found: Any) -> type[SystemSettings] | str:
    """Return what a system's entry must fit, or why that cannot be told."""
    if not isinstance(found, dict):
        return "Expected `object`"
    if not isinstance(name := found.get("type"), str):
        return f"'type' is missing; it is one of: {', '.join(system_types())}"
    try:
        return settings_type(system_type(name))
    except (UnknownType, CannotLoad) as error:
        return str(error)


def _problems(inventory: Inventory) -> Iterator[tuple[FilePath, str]]:
    """Yield the place of each name that leads nowhere, and what is wrong with it."""
    for part, names in (("hosts", inventory.hosts), ("systems", inventory.systems)):
        for name in names:
            if what := strange(name):
                yield (part, name), what
    known = ", ".join(inventory.hosts) or "none"
    yield from _misplaced_ledger(inventory, known)
    yield from _mistold(inventory)
    for name, settings in inventory.systems.items():
        for where, host in settings.hosts().items():
            if host not in inventory.hosts:
                yield ("systems", name, *where), f"there is no such host under hosts: (there is: {known})"
        if settings.drill.host and settings.drill.host not in inventory.hosts:
            yield ("systems", name, "drill", "host"), f"there is no such host under hosts: (there is: {known})"
        if settings.standby_of and not _leads(inventory, name, settings):
            yield ("systems", name, "standby_of"), f"there is no other {settings.type} of that name under systems:"
        elif settings.standby_of and _in_circle(inventory, name):
            yield ("systems", name, "standby_of"), "the standbys follow each other in a circle: none is a primary"
        yield from _misplaced_standby(inventory, name, settings)


def _mistold(inventory: Inventory) -> Iterator[tuple[FilePath, str]]:
    """Yield what does not fit of whom to tell."""
    if inventory.communications:
        yield from ((("communications", *where), what) for where, what in misfits_of(inventory.communications))


def _misplaced_ledger(inventory: Inventory, known: str) -> Iterator[tuple[FilePath, str]]:
    """Yield that the ledger of erasure requests is on no known host, or where a restore would take it back."""
    ledger = inventory.erasure
    if ledger is None:
        return
    if ledger.host not in inventory.hosts:
        yield ("erasure", "host"), f"there is no such host under hosts: (there is: {known})"
    for name, settings in inventory.systems.items():
        if settings.host == ledger.host and settings.place() and f"{ledger.file}/".startswith(f"{settings.place()}/"):
            yield ("erasure", "file"), f"it lies in {settings.place()}: a restore of {name} would take it back"


def _leads(inventory: Inventory, name: str, settings: SystemSettings) -> bool:
    """Whether a standby follows another system of its own type."""
    leader = inventory.systems.get(settings.standby_of)
    return leader is not None and settings.standby_of != name and leader.type == settings.type


def _misplaced_standby(inventory: Inventory, name: str, settings: SystemSettings) -> Iterator[tuple[FilePath, str]]:
    """Yield why a cold standby would be of no use: it stands by for nobody, or is lost with its primary."""
    leader = inventory.systems.get(settings.standby_of)
    if settings.cold and not settings.standby_of:
        yield ("systems", name, "cold"), "nothing tells in whose place it is restored (standby_of:)"
    elif settings.cold and leader and leader.site == settings.site:
        yield ("systems", name, "site"), f"it stands by for {settings.standby_of}, on whose site it would be lost, too"
    elif settings.cold and leader and settings.host and leader.host == settings.host:
        yield ("systems", name, "host"), f"it stands by for {settings.standby_of}, whose host that is"


def _in_circle(inventory: Inventory, name: str) -> bool:
    """Whether a standby follows itself through others, so that none of them is a primary."""
    seen, at = set[str](), name
    while at in inventory.systems and at not in seen:
        seen.add(at)
        at = inventory.systems[at].standby_of
    return at == name


def known_systems(inventory: Inventory, planned: Collection[str]) -> list[KnownSystem]:
    """Return the inventory's systems as the journal keeps them.

    One plays the plan's system that it names, else the one of its own name, unless that is the name of another type.
    One that is alone of its type plays the plan's system called like the type, where nothing else does. A standby plays
    only what it names. What leads nowhere is said by `misplaced`.

    Args:
        inventory: the inventory.
        planned: the plan's systems.
    """
    plays = {
        name: settings.plays or (name if name in planned and _by_name(name, settings) else "")
        for name, settings in inventory.systems.items()
    }
    for type_ in set(planned) - set(plays.values()):
        alone = [name for name, one in inventory.systems.items() if one.type == type_ and not one.standby_of]
        if len(alone) == 1 and not plays[alone[0]]:
            plays[alone[0]] = type_
    led = {one.standby_of for one in inventory.systems.values() if one.cold}
    return [
        _known(name, settings, plays[name], cold=["cold_standby"] if name in led else [])
        for name, settings in inventory.systems.items()
    ]


def _by_name(name: str, settings: SystemSettings) -> bool:
    """Whether a system plays the plan's system of its own name without saying so."""
    return not settings.standby_of and (name == settings.type or find_type(name) is None)


def misplaced(inventory: Inventory, planned: Collection[str]) -> list[str]:
    """Return what the inventory says of a plan that leads nowhere, a line each.

    Args:
        inventory: the inventory.
        planned: the plan's systems.
    """
    found = []
    for system in known_systems(inventory, planned):
        settings = inventory.systems[system.name]
        if system.name in planned and system.plays != system.name:
            does = f"plays {system.plays}" if system.plays else f"is a {settings.type}"
            does = f"stands by for {settings.standby_of}" if settings.standby_of else does
            found.append(
                f"the system {system.name} {does}, and is not what the plan calls {system.name}: call it otherwise,"
                f" or write plays: {system.name}"
            )
        if settings.plays and settings.plays not in planned:
            found.append(
                f"the system {system.name} plays {settings.plays}, which the plan does not have: no step acts on it"
                f" (the plan has: {', '.join(planned)})"
            )
    return found


def _known(name: str, settings: SystemSettings, plays: str, cold: list[str]) -> KnownSystem:
    keeps_backups = bool(system_type(settings.type).backups) and not settings.standby_of
    return KnownSystem(
        name=name,
        type=settings.type,
        title=settings.title,
        site=settings.site,
        plays=plays,
        standby_of=settings.standby_of,
        cold=settings.cold,
        backups_site=settings.backups_site,
        acts=[settings.type, *(["backups"] if keeps_backups else []), *_has(settings), *cold],
    )


def _has(settings: SystemSettings) -> list[str]:
    """Return what the house's actions in a breach act on at a system. A standby's are its primary's."""
    type_ = system_type(settings.type)
    parts = {"evidence": type_.evidence, "credentials": type_.credentials, "intrusion": type_.traces}
    return [] if settings.standby_of else [name for name, where in parts.items() if where]
