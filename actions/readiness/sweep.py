"""Looks at everything that a plan's steps need, all of it at once, and is back at its deadline whatever hangs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import wait
from datetime import timedelta
from typing import Any

import msgspec

from actions.backups.catalogue import Listed
from actions.backups.engines import backed_up
from actions.health import Health
from actions.inventory import Inventory
from actions.outcome import said
from actions.overview.measurements import examine, measure, probe
from actions.readiness.actions_looked_at import acted_on, checked, unlooked, unplayed
from actions.readiness.at_once import HOST, Key, Look, begin
from actions.readiness.backups import look_at_backups
from actions.readiness.commands import look_at_command
from actions.readiness.dry_run import dry_run
from actions.readiness.hosts import look_at_accounts, look_at_host
from actions.readiness.lean import give_back, have_few_arenas, import_clients
from actions.readiness.machines import (
    MachineFacts,
    look_at_capacity,
    look_at_certificate,
    look_at_clock,
    measure_machine,
)
from actions.readiness.needed import Needs, needs_of, ready_of
from actions.readiness.promises import backed_up_every
from actions.readiness.reading import ReadingContext, ReadingWays
from actions.readiness.ready import DRY_RUN, ActionReady, Need
from actions.redaction import Redactor
from actions.registry import registry
from actions.settings import SystemSettings
from actions.system_type import load
from journal.errors import CleoError
from journal.plan.model import Plan, Step
from journal.readiness.finding import ReadyFinding
from journal.readiness.seen import SystemSeen

_GRACE_S, _LEAST_S = 0.5, 0.5
"""Seconds of the deadline that are kept for looks to notice that it is over, and that they get at least."""
_HEALTH_S = 8.0
_AT_ONCE = 64
"""Looks at the same time: most of them wait."""


_ACCOUNTS = "accounts"
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


class _Part(msgspec.Struct, kw_only=True):
    """What one look brings."""

    findings: Iterable[ReadyFinding] = ()
    health: Health | None = None
    seen: SystemSeen | None = None
    listed: Listed | None = None
    machine: MachineFacts | None = None


def sweep(inventory: Inventory, plan: Plan, within_s: float) -> Swept:
    """Look at all of it.

    Args:
        inventory: the environment.
        plan: whose steps are meant.
        within_s: seconds for all looks; what hangs is left behind then, and is "not measured".
    """
    ways, needs = ReadingWays(inventory, max(_LEAST_S, within_s - _GRACE_S)), needs_of(inventory)
    have_few_arenas()
    import_clients(inventory)
    looks = dict(sorted(_looks(inventory, plan, needs, ways), key=_by_system(inventory)))
    ways.expect(key[1] for key in looks)
    found = begin({key: one._replace(run=_guarded(key, one.run, needs, ways)) for key, one in looks.items()}, _AT_ONCE)
    ended = wait(found.values(), ways.left_s + _GRACE_S).done
    swept, late = Swept(), f"the look at it did not end within {within_s:.0f} s"
    for key, future in found.items():
        if future in ended:
            _add(swept, key[1], future.result())
        else:
            swept.findings.append(_unseen(key, needs, late, _LONGER))
            swept.late.append(" ".join(key))
    if not swept.late:
        ways.close()
    swept.findings += [*unlooked(inventory, plan), *unplayed(inventory, plan)]
    swept.findings += look_at_capacity(inventory, swept.machines)
    return _without_secrets(swept)


def _looks(inventory: Inventory, plan: Plan, needs: Needs, ways: ReadingWays) -> Iterable[tuple[Key, Look[_Part]]]:
    for host, own in needs.items():
        yield (HOST, host), Look(_host(inventory, host, own, ways))
        yield (_ACCOUNTS, host), Look(_accounts(inventory, host, own, ways), host)
    for name, settings in inventory.systems.items():
        if not settings.cold:
            yield ("system", name), Look(_system(inventory, name, settings, ways), settings.host)
    every = backed_up_every(inventory, plan)
    for name in backed_up(inventory):
        yield ("backups", name), Look(_backups(inventory, name, every.get(name), ways), inventory.systems[name].host)
    for step in plan.steps():
        if step.kind == "command":
            yield ("command", step.id), Look(_command(inventory, step, ways))
    for number, (action, params) in enumerate(checked(inventory, plan)):
        for name in acted_on(inventory, action):
            yield (f"{action} {number}", name), Look(_action(inventory, action, params, name, ways))


def _by_system(inventory: Inventory) -> Callable[[tuple[Key, object]], int]:
    """Return where a look stands: hosts first, then all of one system together: what was said of it is let go soon."""
    places = {name: number for number, name in enumerate(inventory.systems)}
    return lambda one: -1 if one[0][0] == HOST else places.get(one[0][1], -1)


def _host(
    inventory: Inventory, host: str, needs: Mapping[str, Sequence[Need]], ways: ReadingWays
) -> Callable[[], _Part]:
    """Return the look at a host, and at what machine it is once it was reached."""

    def look() -> _Part:
        ctx = ReadingContext(inventory, "", ways)
        systems, spec = sorted(needs), inventory.host(host)
        findings = [look_at_host(ctx, host, systems), *look_at_certificate(spec, host, systems)]
        if findings[0].state != "ok":
            return _Part(findings=findings)
        facts = measure_machine(ctx, host)
        return _Part(findings=[*findings, *look_at_clock(spec, host, facts, systems)], machine=facts)

    return look


def _accounts(
    inventory: Inventory, host: str, needs: Mapping[str, Sequence[Need]], ways: ReadingWays
) -> Callable[[], _Part]:
    return lambda: _Part(findings=look_at_accounts(ReadingContext(inventory, "", ways), host, needs))


def _system(inventory: Inventory, name: str, settings: SystemSettings, ways: ReadingWays) -> Callable[[], _Part]:
    """Return the look at a system's health, and at what its type looks at."""

    def look() -> _Part:
        ctx = ReadingContext(inventory, name, ways)

        def asked(deadline_s: float) -> Health:
            host = ctx.transport(settings.host) if settings.host else None
            return probe(name, settings, host, deadline_s=deadline_s)

        health = measure(asked, min(_HEALTH_S, ways.left_s), Redactor())
        findings = [_of_health(name, health)]
        if health.status == "not answering":
            return _Part(findings=findings, health=health)  # what hangs would hang again
        if ready := ready_of(settings):
            findings += ready.look(ctx, name, health)
        findings += _closer(ctx, name, health)
        return _Part(findings=findings, health=health)

    return look


def _closer(ctx: ReadingContext, name: str, health: Health) -> Iterable[ReadyFinding]:
    """Yield what the type's own closer look says that a person must see to: that stops nothing by itself."""
    for one in examine(ctx, name, health, thorough=False).findings:
        if one.severity != "note":
            about = f"{name}: {one.about}" if one.about not in ("", name) else f"system {name}"
            cure = one.cure or "Look closer: cleo health --comprehensive, in an incident or a drill."
            yield ReadyFinding(about=about, state="wrong", words=one.text, cure=cure, systems=[name], stops=False)


def _of_health(name: str, health: Health) -> ReadyFinding:
    """Return a system's health as a finding: what ails it now is no obstacle to a recovery, and is to be seen to."""
    good = health.status == "up"
    silent = health.status in ("not measured", "not answering")
    return ReadyFinding(
        about=f"system {name}",
        state="not measured" if silent else "ok" if good else "wrong",
        words=f"{health.status}: {health.detail}",
        cure="" if good else "See cleo health; where it is an incident, declare it.",
        systems=[name],
        stops=silent,
    )


def _backups(inventory: Inventory, name: str, every: timedelta | None, ways: ReadingWays) -> Callable[[], _Part]:
    def look() -> _Part:
        listed, seen, findings = look_at_backups(ReadingContext(inventory, name, ways), every)
        return _Part(findings=findings, seen=seen, listed=listed)

    return look


def _command(inventory: Inventory, step: Step, ways: ReadingWays) -> Callable[[], _Part]:
    return lambda: _Part(findings=look_at_command(ReadingContext(inventory, "", ways), step))


def _action(
    inventory: Inventory, name: str, params: Mapping[str, Any], system: str, ways: ReadingWays
) -> Callable[[], _Part]:
    """Return an action's look: a function of its own, or its dry run."""

    def look() -> _Part:
        ctx, action = ReadingContext(inventory, system, ways), registry()[name]
        if action.ready == DRY_RUN:
            found = dry_run(ctx, action, params)
        else:
            check: ActionReady = load(action.ready)
            found = iter(check(ctx))
        systems = [system] if system else []
        return _Part(
            findings=[
                msgspec.structs.replace(one, actions=one.actions or [name], systems=one.systems or systems)
                for one in found
            ]
        )

    return look


def _guarded(key: Key, look: Callable[[], _Part], needs: Needs, ways: ReadingWays) -> Callable[[], _Part]:
    """Return a look that raises nothing: what it would raise is not measured, and takes no other look down."""

    def told() -> _Part:
        part, found = _Part(), list[ReadyFinding]()
        try:
            part = look()
            found.extend(part.findings)
        except CleoError as error:
            found.append(_unseen(key, needs, error.message, error.hint))
        except Exception as error:  # noqa: BLE001  # a broken system may answer anything
            cure = "This is a fault of the program, or of a package beside it: look at it by hand."
            found.append(_unseen(key, needs, said(error), cure))
        finally:
            if ways.ended(key[1]):
                give_back()
        part.findings = found
        return part

    return told


def _unseen(key: Key, needs: Needs, words: str, cure: str) -> ReadyFinding:
    """Return that nobody could look at something."""
    kind, name = key[0].split()[0], key[1]
    systems = sorted(needs[name]) if kind in (HOST, _ACCOUNTS) else [name] if name and kind != "command" else []
    return ReadyFinding(
        about=f"{kind} on {name}" if kind == _ACCOUNTS else f"{kind} {name}".strip(),
        state="not measured",
        words=words,
        cure=cure,
        systems=systems,
        actions=[kind] if "." in kind else [],
        steps=[name] if kind == "command" else [],
    )


def _add(swept: Swept, name: str, part: _Part) -> None:
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
