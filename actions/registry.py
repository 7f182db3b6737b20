"""Every action there is, real and planned. Importing it loads no client library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import TypeVar

from actions.action import Action
from actions.planned import PLANNED_ACTIONS
from actions.system_type import CannotLoad, SystemType, load
from actions.system_types import built_in, find_type, system_types
from journal.plan.action_spec import ActionSpec

_HOUSE = {
    "status.check": "actions.overview.status:status_check",
    "health.check": "actions.overview.health_check:health_check",
    "damage.report": "actions.overview.damage:damage_report",
    "erasure.list": "actions.erasure.listing:list_requests",
    "evidence.preserve": "actions.evidence.preserve:preserve",
    "evidence.verify": "actions.evidence.verify:verify",
    "intrusion.scan_backups": "actions.intrusion.scan:scan_backups",
    "intrusion.scan_left": "actions.intrusion.scan:scan_left",
    "credentials.rotate": "actions.credentials.rotate:rotate",
    "credentials.test": "actions.credentials.test:test",
    "communications.notify": "actions.communications.notify:notify",
    "communications.escalate": "actions.communications.escalate:escalate",
    "communications.status_page": "actions.communications.status_page:status_page",
    "backups.verify": "actions.backups.verify:verify",
    "backups.hold": "actions.backups.hold:hold",
    "backups.release": "actions.backups.hold:release",
    "backups.held": "actions.backups.hold:held",
    "backups.take": "actions.backups.take:take",
    "backups.fetch": "actions.backups.fetch:fetch",
    "cold_standby.activate": "actions.cold_standby.activate:activate",
    "cold_standby.is_activated": "actions.cold_standby.activate:is_activated",
}
"""The actions that are about every type of system, and where each is. The others are in the types' declarations."""
HOUSE_LOOKS = ("communications.notify", "communications.status_page", "erasure.list")
"""Which of those bring a look of their own for an ordinary day (as `SystemType.own_looks`)."""

T = TypeVar("T")


def _places(types: Iterable[SystemType]) -> dict[str, str]:
    """Return where each action is: those about every type of system, and those of ``types``."""
    return _HOUSE | {name: where for type_ in types for name, where in type_.actions.items()}


def places() -> dict[str, str]:
    """Return where every action is that a package brings (``module:function``), by name. None is imported."""
    return _places(system_types().values())


@cache
def shipped() -> dict[str, str]:
    """Return where the actions are that ship with Cleo, as `places`."""
    return _places(built_in().values())


def _place(name: str) -> str:
    """Return where an action is; empty where none is. Other packages are looked through for strange names alone."""
    if name in shipped():
        return shipped()[name]
    if any(spec.name == name for spec in PLANNED_ACTIONS):
        return ""
    type_ = find_type(name.partition(".")[0])
    return type_.actions.get(name, "") if type_ else ""


class _Actions(Mapping[str, T]):
    """Actions by name, and what ``look`` finds for each when it is asked for. Only who lists them scans packages."""

    def __init__(self, look: Callable[[str], T | None], names: Callable[[], list[str]]) -> None:
        self._look = look
        self._names = names

    def __getitem__(self, name: str) -> T:
        found = self._look(name)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())


@cache
def registry() -> Mapping[str, Action]:
    """Return the actions that can be run, by name. Each is imported when somebody first looks at it."""
    return _Actions(_action, lambda: [name for name in places() if _action(name)])


@cache
def catalogue() -> Mapping[str, ActionSpec]:
    """Return every action's description by name, those included that a later version brings."""
    planned = {spec.name: spec for spec in PLANNED_ACTIONS}

    def look(name: str) -> ActionSpec | None:
        action = _action(name)
        return action.spec if action else planned.get(name) or _broken(name)

    return _Actions(look, lambda: list(planned | places()))


@cache
def _action(name: str) -> Action | None:
    where = _place(name)
    try:
        found: Action | None = load(where) if where else None
    except CannotLoad:
        if name in shipped():
            raise
        return None
    return found


def _broken(name: str) -> ActionSpec | None:
    """Return what is said of an action whose package is installed and cannot be loaded; None where there is none."""
    try:
        found: Action | None = load(where) if (where := _place(name)) else None
    except CannotLoad as error:
        why = error.message
        return ActionSpec(name=name, title=why, system=name.partition(".")[0], available=False, broken=why)
    return found.spec if found else None
