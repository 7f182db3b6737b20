"""Measures every system of the inventory in parallel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Thread
from typing import TYPE_CHECKING

import msgspec

from actions.examination import Examination, Examine
from actions.health import Health
from actions.outcome import Cancelled, Finding, said
from actions.redaction import Redactor
from actions.system_type import load
from actions.system_types import system_type
from actions.transport import Transport
from journal.errors import CleoError
from journal.incident.spared import UNSEEN

if TYPE_CHECKING:
    from actions.context import ActionContext
    from actions.settings import SystemSettings

_GRACE_S = 0.5
"""Seconds beyond its deadline after which a look is left behind."""
_AT_ONCE = 16
"""Systems that are looked at closely at the same time: that runs programs, also on hosts that several share."""


def measure_all(ctx: ActionContext, deadline_s: float) -> dict[str, Health]:
    """Return every system's health by its name: all are asked at once, and one that hangs holds up no other.

    Of a cold standby there is nothing to ask before it takes its primary's place: it is left out.

    Args:
        ctx: with the systems.
        deadline_s: seconds that each of them may take, and so all of them; one that does not keep to it is left
            behind half a second later.
    """
    found: dict[str, Future[Health]] = {name: Future() for name, one in ctx.inventory.systems.items() if not one.cold}
    for name, future in found.items():
        Thread(target=_look, args=(ctx, name, deadline_s, future), name=f"look-{name}", daemon=True).start()
    wait(found.values(), deadline_s + _GRACE_S)
    late = Health(status="not measured", detail=f"the look at it did not end within {deadline_s:g} s")
    return {name: future.result() if future.done() else late for name, future in found.items()}


def _look(ctx: ActionContext, name: str, deadline_s: float, found: Future[Health]) -> None:
    try:
        found.set_result(_measure(ctx, name, deadline_s))
    except BaseException as error:  # noqa: BLE001  # told to whoever waits for it
        found.set_exception(error)


def _measure(ctx: ActionContext, name: str, deadline_s: float) -> Health:
    def look(deadline_s: float) -> Health:
        settings = ctx.inventory.systems[name]
        host = ctx.transport(settings.host) if settings.host else None
        return probe(name, settings, host, deadline_s=deadline_s)

    return measure(look, deadline_s, Redactor())


def probe(name: str, settings: SystemSettings, host: Transport | None, *, deadline_s: float) -> Health:
    """Return one system's health as its type's `actions.examination.Probe` tells it: it may raise, or tell a secret."""
    if settings.cold:
        return Health(status="not measured", detail=f"a cold standby of {settings.standby_of}: nothing runs there yet")
    found: Health = load(system_type(settings.type).probe)(name, settings, host, deadline_s=deadline_s)
    return found


def measure(look: Callable[[float], Health], deadline_s: float, redactor: Redactor) -> Health:
    """Return the health that a look at one system finds, without secrets; whatever it raises makes it not measured."""
    try:
        found = look(deadline_s)
    except Exception as error:  # noqa: BLE001  # a broken system may answer anything; that takes no other one down
        found = Health(status="not measured", detail=error.message if isinstance(error, CleoError) else said(error))
    return Health(status=found.status, detail=redactor.text(found.detail), facts=redactor.value(found.facts))


def examine_all(
    ctx: ActionContext, measured: Mapping[str, Health], *, thorough: bool
) -> Iterator[tuple[str, Examination]]:
    """Yield each system with its examination, in the inventory's order; some are looked at while others are.

    Args:
        ctx: with the systems.
        measured: the health of each system that is to be examined.
        thorough: also what takes minutes.

    Raises:
        Cancelled: somebody stopped the look.
    """
    if not measured:
        return
    with ThreadPoolExecutor(min(_AT_ONCE, len(measured)), thread_name_prefix="examine") as pool:
        looks = {name: pool.submit(examine, ctx, name, one, thorough=thorough) for name, one in measured.items()}
        try:
            for name, look in looks.items():
                ctx.check_cancelled()
                yield name, look.result()
        finally:
            pool.shutdown(cancel_futures=True)


def examine(ctx: ActionContext, name: str, health: Health, *, thorough: bool) -> Examination:
    """Examine one system with its type's examination; without one, return its health.

    What it raises is said; it takes no other system's look down.
    """
    where = system_type(ctx.inventory.systems[name].type).examine
    if not where:
        return Examination()
    try:
        look: Examine = load(where)
        return _of(name, look(ctx, name, health, thorough=thorough))
    except Cancelled:
        raise
    except Exception as error:  # noqa: BLE001  # a broken system may answer anything
        words = f"could not be looked at: {said(error)}"
        finding = Finding(severity="warning", about=name, text=words, cure="Look at it by hand.")
        return Examination(lines=[words], findings=[finding], facts={UNSEEN: said(error)})


def _of(name: str, seen: Examination) -> Examination:
    """Return an examination whose settlings name the system that was looked at, whatever they named."""
    settles = [msgspec.structs.replace(one, system=name) for one in seen.settles]
    return msgspec.structs.replace(seen, settles=settles)


def not_up(measured: Mapping[str, Health]) -> list[Finding]:
    """Return a finding for each system that is not up: a look that saw one is done, and its step never a tick."""
    return [
        Finding(severity="warning", about=name, text=f"{health.status}: {health.detail}".rstrip(": "))
        for name, health in measured.items()
        if health.status != "up"
    ]


def unresolved_damage(ctx: ActionContext) -> list[Finding]:
    """Return the damage that earlier actions found, as far as no later one found it repaired."""
    cure = "A verification to the end tells whether it is still so."
    return [
        Finding(severity="warning", about=name, text=f"its data was {words}", cure=cure)
        for name, words in ctx.incident.found_wrong.items()
    ]


def log_health(ctx: ActionContext, measured: dict[str, Health]) -> str:
    """Log every system's line, and return the summary."""
    wrong = ctx.incident.found_wrong
    for name, health in measured.items():
        known = f" DATA WRONG: {wrong[name]}." if name in wrong else ""
        ctx.log(f"{name}: {health.status}.{known} {health.detail}")
    not_up = [f"{name} is {health.status}" for name, health in measured.items() if health.status != "up"]
    not_up += [f"{name}'s data is wrong ({wrong[name]})" for name in measured if name in wrong]
    if not measured:
        return f"The inventory {ctx.inventory.name} has no systems: nothing was measured."
    if not_up:
        return "; ".join(not_up) + "."
    return "The only system is up." if len(measured) == 1 else f"All {len(measured)} systems are up."
