"""Every action there is, real and promised. Importing it loads no client library."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache

from actions.action import Action
from actions.backups.hold import held, hold, release
from actions.backups.take import take
from actions.backups.verify import verify as verify_backups
from actions.postgres.apply_wal import apply_wal
from actions.postgres.is_restored import is_restored
from actions.postgres.restore import restore
from actions.postgres.start_stop import is_running, start, stop
from actions.postgres.verify import verify as verify_postgres
from actions.postgres.writers import allow_writers, stop_writers, writers
from actions.promised import PROMISED
from actions.validation.damage import damage_report
from actions.validation.status import health_check, status_check
from journal.action_spec import ActionSpec
from journal.errors import CleoError

_REAL = (
    status_check,
    health_check,
    damage_report,
    verify_backups,
    hold,
    release,
    held,
    take,
    is_running,
    start,
    stop,
    writers,
    stop_writers,
    allow_writers,
    restore,
    apply_wal,
    is_restored,
    verify_postgres,
)


class UnknownAction(CleoError):
    """There is no action of that name, and no script."""


@cache
def registry() -> Mapping[str, Action]:
    """Return the actions that can be run, by name."""
    return {action.spec.name: action for action in _REAL}


@cache
def catalogue() -> Mapping[str, ActionSpec]:
    """Return every action's description by name, those included that a later version brings."""
    specs = {spec.name: spec for spec in PROMISED}
    return specs | {name: action.spec for name, action in registry().items()}


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
