"""Every action there is, real and promised. Importing it loads no client library."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import TypeVar

from actions.action import Action
from actions.planned import PLANNED_ACTIONS
from journal.errors import CleoError
from journal.plan.action_spec import ActionSpec

_REAL = {
    "status.check": "actions.overview.status:status_check",
    "health.check": "actions.overview.health_check:health_check",
    "damage.report": "actions.overview.damage:damage_report",
    "backups.verify": "actions.systems.postgres.backups.verify:verify",
    "backups.hold": "actions.systems.postgres.backups.hold:hold",
    "backups.release": "actions.systems.postgres.backups.hold:release",
    "backups.held": "actions.systems.postgres.backups.hold:held",
    "backups.take": "actions.systems.postgres.backups.take:take",
    "postgres.is_running": "actions.systems.postgres.start_stop:is_running",
    "postgres.start": "actions.systems.postgres.start_stop:start",
    "postgres.stop": "actions.systems.postgres.start_stop:stop",
    "postgres.writers": "actions.systems.postgres.writers:writers",
    "postgres.stop_writers": "actions.systems.postgres.writers:stop_writers",
    "postgres.allow_writers": "actions.systems.postgres.writers:allow_writers",
    "postgres.restore": "actions.systems.postgres.restore:restore",
    "postgres.apply_wal": "actions.systems.postgres.apply_wal:apply_wal",
    "postgres.is_restored": "actions.systems.postgres.is_restored:is_restored",
    "postgres.verify": "actions.systems.postgres.verify:verify",
}
"""Where each action is found. Each is imported when somebody first looks at it: the console opens on one step."""

T = TypeVar("T")


class _Looked(Mapping[str, T]):
    """Names, and what ``look`` finds for each when it is asked for."""

    def __init__(self, names: Mapping[str, object], look: Callable[[str], T]) -> None:
        self._names = names
        self._look = look

    def __getitem__(self, name: str) -> T:
        if name not in self._names:
            raise KeyError(name)
        return self._look(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class UnknownAction(CleoError):
    """There is no action of that name, and no script."""


@cache
def registry() -> Mapping[str, Action]:
    """Return the actions that can be run, by name."""
    return _Looked(_REAL, _action)


@cache
def catalogue() -> Mapping[str, ActionSpec]:
    """Return every action's description by name, those included that a later version brings."""
    promised = {spec.name: spec for spec in PLANNED_ACTIONS}
    return _Looked({**promised, **_REAL}, lambda name: _action(name).spec if name in _REAL else promised[name])


def _action(name: str) -> Action:
    module, _, attribute = _REAL[name].partition(":")
    found: Action = getattr(import_module(module), attribute)
    return found


def find(name_or_script: str) -> ActionSpec:
    """Return an action by its name, or by the written plan's script (with or without its folder).

    Raises:
        UnknownAction: there is none; the error names what comes near.
    """
    wanted = name_or_script.strip()
    by_script = {spec.script: spec for spec in catalogue().values() if spec.script}
    for known in (catalogue(), by_script):
        if wanted in known:
            return known[wanted]
    base = wanted.rpartition("/")[2]
    for script, spec in by_script.items():
        if script.rpartition("/")[2] == base:
            return spec
    near = difflib.get_close_matches(wanted, [*catalogue(), *by_script], n=3)
    raise UnknownAction(
        f"There is no action {wanted}.",
        f"Did you mean {' or '.join(near)}?" if near else "cleo run --help shows them all.",
    )
