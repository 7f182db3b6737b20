"""Looks at everything that a plan's steps need, all of it at once, and is back at its deadline whatever hangs."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue

import msgspec

from actions.backups.catalogue import Listed
from actions.health import Health
from actions.inventory import Inventory
from actions.outcome import said
from actions.readiness.actions_looked_at import unlooked, unplayed
from actions.readiness.at_once import Key, Look, begin
from actions.readiness.lean import give_back, import_clients, keep_one_heap
from actions.readiness.looks import Asked, Part, looks_at
from actions.readiness.machines import MachineFacts, look_at_capacity
from actions.readiness.reading import ReadingWays
from actions.redaction import Redactor
from journal.errors import CleoError
from journal.plan.model import Plan
from journal.readiness.finding import ReadyFinding
from journal.readiness.seen import SystemSeen

_GRACE_S, _LEAST_S = 0.5, 0.5
"""Seconds of the deadline that are kept for looks to notice that it is over, and that they get at least."""
_AT_ONCE = 64
"""Looks at the same time: most of them wait."""
_LONGER = "Look whether it answers at all: cleo health. Give it more time: cleo ready --within SECONDS."


class Swept(msgspec.Struct, kw_only=True):
    """What a sweep saw.

    Attributes:
        findings: everything that was looked at.
        health: of each system.
        systems: what counts of each system's backups.
        listed: the backups themselves.
        machines: what was measured of each host's machine.
        late: what did not end within the deadline, and was left behind.
    """

    findings: list[ReadyFinding] = []
    health: dict[str, Health] = {}
    systems: dict[str, SystemSeen] = {}
    listed: dict[str, Listed] = {}
    machines: dict[str, MachineFacts] = {}
    late: list[str] = []


def sweep(inventory: Inventory, plan: Plan, within_s: float) -> Swept:
    """Look at all of it.

    Args:
        inventory: the environment.
        plan: whose steps are meant.
        within_s: seconds for all looks; what hangs is left behind then, and is "not measured".
    """
    ways = ReadingWays(inventory, max(_LEAST_S, within_s - _GRACE_S))
    keep_one_heap()
    import_clients(inventory)
    looks = looks_at(inventory, plan, ways)
    ways.expect(name for _, name in looks)
    begun = begin({key: Look(_guarded(key[1], one, ways), one.host) for key, one in looks.items()}, _AT_ONCE, ways.end)
    found = _ended(begun, len(looks), ways)
    swept, late = Swept(), f"the look at it did not end within {within_s:.0f} s"
    for key, look in looks.items():
        if part := found.pop(key, None):
            _add(swept, key[1], part)
        else:
            swept.findings.append(_nothing_of(look, late, _LONGER))
            swept.late.append(" ".join(key))
    if not swept.late:
        ways.close()
    swept.findings += [*unlooked(inventory, plan), *unplayed(inventory, plan)]
    swept.findings += look_at_capacity(inventory, swept.machines)
    return _without_secrets(swept)


def _ended(begun: SimpleQueue[tuple[Key, Part]], number: int, ways: ReadingWays) -> dict[Key, Part]:
    """Return what looks brought: of all of them, or of those that ended before the deadline."""
    found = dict[Key, Part]()
    end = time.monotonic() + ways.left_s + _GRACE_S
    with suppress(Empty):
        while len(found) < number:
            key, part = begun.get(timeout=max(0.0, end - time.monotonic()))
            found[key] = part
    return found


def _guarded(name: str, look: Asked, ways: ReadingWays) -> Callable[[], Part]:
    """Return a look that raises nothing: what it would raise is not measured, and takes no other look down."""

    def told() -> Part:
        part, found = Part(), list[ReadyFinding]()
        try:
            part = look.run()
            found.extend(part.findings)
        except CleoError as error:
            found.append(_nothing_of(look, error.message, error.hint))
        except Exception as error:  # noqa: BLE001  # a broken system may answer anything
            cure = "This is a fault of the program, or of a package beside it: look at it by hand."
            found.append(_nothing_of(look, said(error), cure))
        finally:
            if ways.ended(name):
                give_back()
        part.findings = found
        return part

    return told


def _nothing_of(look: Asked, words: str, cure: str) -> ReadyFinding:
    """Return that nobody could look at something, and why."""
    return msgspec.structs.replace(look.unseen, words=words, cure=cure)


def _add(swept: Swept, name: str, part: Part) -> None:
    swept.findings += part.findings
    if part.health:
        swept.health[name] = part.health
    if part.seen:
        swept.systems[name] = part.seen
    if part.machine:
        swept.machines[name] = part.machine
    if part.listed:
        swept.listed[name] = part.listed


def _without_secrets(swept: Swept) -> Swept:
    """Return it with every secret that this process has read blotted out."""
    blot = Redactor().text
    swept.findings = [
        msgspec.structs.replace(one, words=blot(one.words), cure=blot(one.cure)) for one in swept.findings
    ]
    return swept
