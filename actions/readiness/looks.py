"""Every look at what a plan's steps need, each with what is said where it brings nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec

from actions.backups.catalogue import Listed
from actions.backups.engines import backed_up
from actions.health import Health
from actions.inventory import Inventory
from actions.overview.measurements import examine, measure, probe
from actions.readiness.actions_looked_at import acted_on, checked
from actions.readiness.at_once import HOST, Key
from actions.readiness.backups import about_backups, look_at_backups
from actions.readiness.commands import about_command, look_at_command
from actions.readiness.dry_run import about_action, dry_run
from actions.readiness.hosts import look_at_accounts, look_at_host
from actions.readiness.machines import MachineFacts, look_at_certificate, look_at_clock, measure_machine
from actions.readiness.needed import needs_of, ready_of
from actions.readiness.promises import backed_up_every
from actions.readiness.reading import ReadingContext, ReadingWays
from actions.readiness.ready import DRY_RUN, ActionReady, Need
from actions.redaction import Redactor
from actions.registry import registry
from actions.settings import SystemSettings
from actions.system_type import load
from journal.plan.model import Plan, Step
from journal.readiness.finding import ReadyFinding
from journal.readiness.seen import SystemSeen

_HEALTH_S = 8.0
_OUR_LOGIN = ("password", "tls")
"""Reasons of a probe that say that it is our login that fails: all else that logs in does not get further."""
_LOG_IN = "Correct our login: its user, password and certificates in the inventory, or what the server lets it do."


class Part(msgspec.Struct, kw_only=True):
    """What one look brings."""

    findings: Iterable[ReadyFinding] = ()
    health: Health | None = None
    seen: SystemSeen | None = None
    listed: Listed | None = None
    machine: MachineFacts | None = None


class Asked(NamedTuple):
    """One look.

    Attributes:
        run: does it.
        unseen: what it leaves unknown where it brings nothing, by the name that it would have: without words.
        host: the host that it needs; empty: none.
    """

    run: Callable[[], Part]
    unseen: ReadyFinding
    host: str = ""


def looks_at(inventory: Inventory, plan: Plan, ways: ReadingWays) -> dict[Key, Asked]:
    """Return every look, hosts first, then all of one system together: what was said of it is let go soon.

    Args:
        inventory: the environment.
        plan: whose steps are meant.
        ways: to its hosts.
    """
    places = {name: number for number, name in enumerate(inventory.systems)}

    def place(one: tuple[Key, Asked]) -> int:
        kind, name = one[0]
        return -1 if kind == HOST else places.get(name, -1)

    found = [
        *_at_hosts(inventory, ways),
        *_at_systems(inventory, plan, ways),
        *_at_commands(inventory, plan, ways),
        *_at_actions(inventory, plan, ways),
    ]
    return dict(sorted(found, key=place))


def _unseen(
    about: str, systems: Sequence[str] = (), actions: Sequence[str] = (), steps: Sequence[str] = ()
) -> ReadyFinding:
    return ReadyFinding(about=about, state="not measured", words="", systems=systems, actions=actions, steps=steps)


def _at_hosts(inventory: Inventory, ways: ReadingWays) -> Iterable[tuple[Key, Asked]]:
    for host, own in needs_of(inventory).items():
        systems = sorted(own)
        unseen, accounts = (_unseen(f"{what} {host}", systems=systems) for what in ("host", "accounts on"))
        yield (HOST, host), Asked(_host(inventory, host, systems, ways), unseen)
        yield ("accounts", host), Asked(_accounts(inventory, host, own, ways), accounts, host)


def _at_systems(inventory: Inventory, plan: Plan, ways: ReadingWays) -> Iterable[tuple[Key, Asked]]:
    for name, settings in inventory.systems.items():
        if not settings.cold:
            unseen = _unseen(f"system {name}", systems=[name])
            yield ("system", name), Asked(_system(inventory, name, settings, ways), unseen, settings.host)
    every = backed_up_every(inventory, plan)
    for name in backed_up(inventory):
        unseen = _unseen(about_backups(name), systems=[name])
        look = _backups(inventory, name, every.get(name), ways)
        yield ("backups", name), Asked(look, unseen, inventory.systems[name].host)


def _at_commands(inventory: Inventory, plan: Plan, ways: ReadingWays) -> Iterable[tuple[Key, Asked]]:
    for step in plan.steps():
        if step.kind == "command":
            unseen = _unseen(about_command(step), steps=[step.id])
            yield ("command", step.id), Asked(_command(inventory, step, ways), unseen)


def _at_actions(inventory: Inventory, plan: Plan, ways: ReadingWays) -> Iterable[tuple[Key, Asked]]:
    for number, (action, params) in enumerate(checked(inventory, plan)):
        for name in acted_on(inventory, action):
            unseen = _unseen(about_action(action, params, name), systems=[name] if name else [], actions=[action])
            yield (f"{action} {number}", name), Asked(_action(inventory, action, params, name, ways), unseen)


def _host(inventory: Inventory, host: str, systems: Sequence[str], ways: ReadingWays) -> Callable[[], Part]:
    """Return the look at a host, and at what machine it is once it was reached."""

    def look() -> Part:
        ctx, spec = ReadingContext(inventory, "", ways), inventory.host(host)
        findings = [look_at_host(ctx, host, systems), *look_at_certificate(spec, host, systems)]
        if findings[0].state != "ok":
            return Part(findings=findings)
        facts = measure_machine(ctx, host)
        return Part(findings=[*findings, *look_at_clock(spec, host, facts, systems)], machine=facts)

    return look


def _accounts(
    inventory: Inventory, host: str, needs: Mapping[str, Sequence[Need]], ways: ReadingWays
) -> Callable[[], Part]:
    return lambda: Part(findings=look_at_accounts(ReadingContext(inventory, "", ways), host, needs))


def _system(inventory: Inventory, name: str, settings: SystemSettings, ways: ReadingWays) -> Callable[[], Part]:
    """Return the look at a system's health, and at what its type looks at."""

    def look() -> Part:
        ctx = ReadingContext(inventory, name, ways)

        def asked(deadline_s: float) -> Health:
            host = ctx.transport(settings.host) if settings.host else None
            return probe(name, settings, host, deadline_s=deadline_s)

        health = measure(asked, min(_HEALTH_S, ways.left_s), Redactor())
        findings = [_of_health(name, health)]
        if health.status == "not answering":
            return Part(findings=findings, health=health)  # what hangs would hang again
        if ready := ready_of(settings):
            findings += ready.look(ctx, name, health)
        findings += _closer(ctx, name, health)
        return Part(findings=findings, health=health)

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
    ours = health.status == "not measured" and health.facts.get("reason") in _OUR_LOGIN
    see = _LOG_IN if ours else "See cleo health; where it is an incident, declare it."
    return ReadyFinding(
        about=f"system {name}",
        state="not measured" if silent else "ok" if good else "wrong",
        words=f"{health.status}: {health.detail}",
        cure="" if good else see,
        systems=[name],
        stops=silent,
    )


def _backups(inventory: Inventory, name: str, every: timedelta | None, ways: ReadingWays) -> Callable[[], Part]:
    def look() -> Part:
        listed, seen, findings = look_at_backups(ReadingContext(inventory, name, ways), every)
        return Part(findings=findings, seen=seen, listed=listed)

    return look


def _command(inventory: Inventory, step: Step, ways: ReadingWays) -> Callable[[], Part]:
    return lambda: Part(findings=look_at_command(ReadingContext(inventory, "", ways), step))


def _action(
    inventory: Inventory, name: str, params: Mapping[str, Any], system: str, ways: ReadingWays
) -> Callable[[], Part]:
    """Return an action's look: a function of its own, or its dry run."""

    def look() -> Part:
        ctx, action = ReadingContext(inventory, system, ways), registry()[name]
        if action.ready == DRY_RUN:
            found = dry_run(ctx, action, params)
        else:
            check: ActionReady = load(action.ready)
            found = iter(check(ctx))
        systems = [system] if system else []
        return Part(
            findings=[
                msgspec.structs.replace(one, actions=one.actions or [name], systems=one.systems or systems)
                for one in found
            ]
        )

    return look
