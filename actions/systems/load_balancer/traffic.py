"""``load_balancer.test_traffic``: real requests through the frontend, to every server of the pool that takes over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from actions.action import action
from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.systems.load_balancer import by_hand
from actions.systems.load_balancer.balancer import Balancer
from actions.systems.load_balancer.choose import find_balancer, identity
from actions.systems.load_balancer.compare import as_warnings
from journal.wording.counting import count

UPDATE = Cure(words="Set the pools again, then test again. Do not touch DNS.", action="load_balancer.update")


@action(
    "load_balancer.test_traffic",
    probe="load_balancer.verify",
    target=identity,
    params={"each": "requests to every server", "without": "servers to leave out, with commas between"},
    by_hand=by_hand.test_traffic,
)
def test_traffic(ctx: ActionContext, *, each: int = 20, without: str = "") -> Outcome:
    """Send test traffic through the new pools.

    Every server of the pool that takes over is asked for by name, through the frontend, for the inventory's `ready`: a
    health page that looks at nothing is no proof. What answered must say that it was that server.

    Needs: load_balancer.update; in HAProxy's configuration, that a request may ask for a server and the answer names it
    (`ask_for`, `served_by`). At an ELBv2 a rule of the listener for each target group, by that header; it is asked from
    this machine.

    Leaves: nothing.
    """
    found = find_balancer(ctx)
    target = found.target()
    names = left_in(found, target, without)
    seen = found.look()
    found.require(seen, names)
    findings = [*_unhealthy(found, seen.of(names)), *_elsewhere(found, seen.of(names))]
    if not ctx.effect(f"send {each} requests to each of {', '.join(names)}, for {found.settings.ready}"):
        return Outcome(
            ok=True, summary=f"would send {count(each * len(names), 'request')}", findings=as_warnings(findings)
        )
    answers = found.try_servers(names, each)
    for name, came in answers.items():
        ctx.log(f"{name}: {in_words(name, came)}")
    bad = {name: in_words(name, came) for name, came in answers.items() if failures(name, came)}
    findings += [_wrong(found, name, words) for name, words in bad.items()]
    sent, failed = each * len(names), sum(failures(name, came) for name, came in answers.items())
    times = sorted(one["ms"] for came in answers.values() for one in came if one["status"])
    facts = {"requests": sent, "failed_requests": failed} | ({"p95_ms": _p95(times)} if times else {})
    if [one for one in findings if one.severity == "wrong"]:
        said = "; ".join(f"{one.about} {one.text}" for one in findings if one.severity == "wrong")
        return Outcome(
            ok=False,
            summary=f"The {target} pool is not proven: {failed} of {sent} requests failed. {said}.",
            facts=facts,
            findings=as_warnings(findings),
            cures=cures_for(bad, names, "load_balancer.test_traffic"),
        )
    return Outcome(
        ok=True,
        summary=f"{sent} of {sent} requests were answered by the {target} pool ({', '.join(names)}), "
        f"p95 {_p95(times):.0f} ms.",
        facts=facts,
        findings=as_warnings(findings),
    )


def left_in(found: Balancer, target: str, without: str) -> list[str]:
    """Return the servers of a pool but for those that are left out.

    Raises:
        ActionFailed: none is left, or what is left out is none of the pool.
    """
    pool, out = found.pool(target), [name.strip() for name in without.split(",") if name.strip()]
    if strange := [name for name in out if name not in pool]:
        raise ActionFailed(f"{', '.join(strange)} is no server of the {target} pool.", f"It has {', '.join(pool)}.")
    names = [name for name in pool if name not in out]
    if not names:
        raise ActionFailed(f"No server of the {target} pool would be left.", "Leave one in.")
    return names


def failures(name: str, came: Sequence[Mapping[str, Any]]) -> int:
    """Return how many requests that asked for a server were not served by it."""
    return sum(1 for one in came if not 200 <= one["status"] < 300 or one["by"] != name)


def in_words(name: str, came: Sequence[Mapping[str, Any]]) -> str:
    """Return what came back of the requests that asked for a server."""
    counts = Counter(_kind(name, one) for one in came)
    return f"{count(len(came), 'request')}: " + ", ".join(f"{number} × {kind}" for kind, number in counts.items())


def _kind(name: str, one: Mapping[str, Any]) -> str:
    if not one["status"]:
        return str(one.get("error", "no answer"))
    by = "" if one["by"] == name else f" by {one['by']}" if one["by"] else " by nobody who says who"
    return f"{one['status']}{by}"


def cures_for(bad: Mapping[str, str], names: Sequence[str], action_: str) -> list[Cure]:
    """Return what helps where some servers do not serve: set the pools again, or go on without these."""
    if not bad or len(bad) == len(names):
        return [UPDATE]
    out = ",".join(bad)
    leave = Cure(
        words=f"Or go on without {out}.",
        action=action_,
        params={"without": out},
        cost=f"{count(len(bad), 'server')} fewer for all users",
    )
    return [UPDATE, leave]


def _wrong(found: Balancer, name: str, words: str) -> Finding:
    return Finding(severity="wrong", about=name, text=f"did not serve: {words}", cure=UPDATE.words, system=found.name)


def _unhealthy(found: Balancer, servers: Sequence[Any]) -> list[Finding]:
    return [
        Finding(severity="wrong", about=one.name, text=f"is {one.words}", cure="See to it.", system=found.name)
        for one in servers
        if not one.healthy
    ]


def _elsewhere(found: Balancer, servers: Sequence[Any]) -> list[Finding]:
    """Say which servers lead to another address than the inventory's: one of the old site, it may be."""
    own = found.settings.servers
    return [
        Finding(
            severity="wrong",
            about=one.name,
            text=f"leads to {one.address}; the inventory has {own[one.name].address}",
            cure=UPDATE.words,
            system=found.name,
        )
        for one in servers
        if one.address != own[one.name].address
    ]


def _p95(times: Sequence[float]) -> float:
    return times[min(len(times) - 1, int(len(times) * 0.95))] if times else 0.0
