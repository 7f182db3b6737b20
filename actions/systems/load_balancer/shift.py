"""``load_balancer.enable_traffic``: users move to the site that takes over, by steps where that is safe."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import msgspec

from actions.action import action
from actions.context import ActionContext, Progress
from actions.outcome import ActionFailed, Cure, Outcome
from actions.systems.load_balancer import by_hand
from actions.systems.load_balancer.balancer import VERIFY, Balancer
from actions.systems.load_balancer.choose import find_balancer, identity
from actions.systems.load_balancer.draining import Drained, drain, unfinished
from actions.systems.load_balancer.guards import OLD_SITE, old_site_is_out
from actions.systems.load_balancer.record import Setting, differences, settings_of
from actions.systems.load_balancer.seen import Seen, Server
from actions.systems.load_balancer.traffic import cures_for, failures, in_words, left_in
from actions.systems.load_balancer.weights import share_of, weights_at
from journal.wording.counting import count

_TRIED = 3
"""Requests of our own to each server, before each step and while it is watched."""


@action(
    "load_balancer.enable_traffic",
    script="dr_enable_traffic.sh",
    destructive=True,
    probe="load_balancer.verify",
    resumable=True,
    live={OLD_SITE: old_site_is_out},
    touches=("pools",),
    target=identity,
    params={
        "without": "servers that get no users, with commas between",
        "cut": "end what is still open at the old pool when its time to drain is over",
    },
    by_hand=by_hand.enable_traffic,
)
def enable_traffic(ctx: ActionContext, *, without: str = "", cut: bool = False) -> Outcome:
    """Enable traffic flow.

    By the inventory's steps where both pools write to one primary: each is watched, and taken back where servers fail
    their checks, our own requests are not served, or too many of the users' fail. Then the old pool drains, and is put
    into maintenance once nothing is open. Where both would write to a primary of their own, the old pool must be out
    before, and users move at once; servers of it that are down are taken out first: they may come back.

    Needs: load_balancer.update; every server of the pool healthy and serving real requests.

    Leaves: users at the new site; the old pool in maintenance, or draining where something is still open: run it again
    with `cut` to end that.

    Killed half way: users are divided as the last step has it. Run it again, or load_balancer.put_back.
    """
    found = find_balancer(ctx)
    target = found.target()
    names, old = left_in(found, target, without), found.others(target)
    seen = found.look()
    found.require(seen, names)
    _require_serving(found, target, names, "Users are where they were.")
    steps = _steps(found, seen, names)
    _tell_steps(found, seen, steps, target, names)
    dead = _dead(found, seen, target)
    first = f"take {', '.join(one.name for one in dead)} out, down by now, " if dead else ""
    if not ctx.effect(f"{first}send users to {', '.join(names)} ({target}), then drain {', '.join(old) or 'nothing'}"):
        return Outcome(ok=True, summary=f"would let users in at {target}: {_steps_words(steps)}")
    seen = _take_out_dead(found, seen, target)
    begin, rates = settings_of(seen), list[float | None]()
    for share in steps:
        rates.append(_step(found, share, target, names, begin))
    _require_serving(found, target, names, "Users are at the new pool; the old one is not drained.")
    drained = drain(found, old, target, "enabled", deadline_s=found.settings.drain_s, cut=cut)
    said = f"Users are at {target} ({', '.join(names)}), {_steps_words(steps)}"
    return _moved(found, said, rates, drained)


def _tell_steps(found: Balancer, seen: Seen, steps: Sequence[int], target: str, names: list[str]) -> None:
    """Say what each step would change at the balancer."""
    found.ctx.log(f"steps: {', '.join(f'{share} %' for share in steps) or 'none left'}")
    for share in steps:
        for line in differences(settings_of(seen), _wanted(found, seen, share, target, names)):
            found.ctx.log(f"{share} %: {line}")


def _moved(found: Balancer, said: str, rates: Sequence[float | None], drained: Drained) -> Outcome:
    """Tell what the move came to, and what helps where something is still open at the old pool."""
    again = Cure(
        words="End what is still open at the old pool.",
        action="load_balancer.enable_traffic",
        params={"cut": True},
        cost=f"{count(drained.sessions, 'session')} cut off",
    )
    return Outcome(
        ok=True,
        summary=f"{said}; {_rate_words(rates)}. Old pool: {drained.words}.",
        facts=_facts(rates, drained),
        findings=unfinished(found, drained),
        cures=[] if drained.out else [again],
    )


def _rate_words(rates: Sequence[float | None]) -> str:
    measured = [rate for rate in rates if rate is not None]
    if len(measured) < len(rates):
        return "our own requests were all served; how many of the users' failed is not measured"
    return f"error rate {max(measured, default=0.0):.1%}"


def _facts(rates: Sequence[float | None], drained: Drained) -> dict[str, float]:
    """Return what was measured, and nothing that was not."""
    measured = [rate for rate in rates if rate is not None]
    found = {} if len(measured) < len(rates) else {"error_rate": max(measured, default=0.0)}
    left = {"sessions_left": drained.sessions, "late_requests": drained.requests}
    return found | (left if drained.counted else {})


def _dead(found: Balancer, seen: Seen, target: str) -> list[Server]:
    """Return the old pool's servers that are down and may come back, where they would write to another primary."""
    return [] if found.settings.one_primary else [one for one in seen.of(found.others(target)) if one.is_dead]


def _take_out_dead(found: Balancer, seen: Seen, target: str) -> Seen:
    """Put them into maintenance before any user is let in: from then on they cannot come back by themselves."""
    now = settings_of(seen)
    dead = {one.name: msgspec.structs.replace(now[one.name], state="maint") for one in _dead(found, seen, target)}
    return found.set("dead-out", seen, dead, target, "updated") if dead else seen


def _steps(found: Balancer, seen: Seen, names: Sequence[str]) -> list[int]:
    """Return the steps that are still to be made, by how users are divided now."""
    weights = {one.name: one.weight for one in seen.servers.values() if one.takes_users}
    now = share_of(weights, {name: 1 for name in names if name in weights})
    steps = found.settings.steps if found.settings.one_primary else [100]
    return [share for share in steps if share > now + 1]


def _steps_words(steps: Sequence[int]) -> str:
    return f"in {count(len(steps), 'step')} ({', '.join(f'{share} %' for share in steps)})" if steps else "as before"


def _wanted(found: Balancer, seen: Seen, share: int, target: str, names: Sequence[str]) -> dict[str, Setting]:
    """Return what every server is set to at a step; a server that serves nobody now is given nobody."""
    new = {one.name: one.base for one in seen.of(names)}
    old = {one.name: one.base for one in seen.of(found.others(target)) if one.takes_users}
    weights = {one.name: 0 for one in seen.servers.values() if one.name in found.settings.servers}
    weights |= {name: max(base, 1) for name, base in new.items()} if share == 100 else weights_at(share, new, old)
    now = settings_of(seen)
    return {
        name: Setting(address=now[name].address, state="ready" if one else now[name].state, weight=one)
        for name, one in weights.items()
    }


def _step(found: Balancer, share: int, target: str, names: Sequence[str], begin: Mapping[str, Setting]) -> float | None:
    """Give the new pool a share, and watch it; return the rate of failed requests, None where it is not told.

    Raises:
        ActionFailed: it does not do; users are where they were at the beginning.
    """
    found.ctx.check_cancelled()
    seen = found.look()
    last = share == 100
    wanted = _wanted(found, seen, share, target, names)
    seen = found.set(f"share-{share}", seen, wanted, target, "enabled" if last else "shifting")
    rate, trouble = _watch(found, share, seen, names)
    if trouble:
        found.set(f"back-from-{share}", found.look(), begin, target, "updated")
        raise ActionFailed(
            f"At {share} % of the users: {trouble}.",
            left_behind="Users are divided as they were before this run.",
            facts={"share": share} | ({} if rate is None else {"error_rate": rate}),
            cures=[
                Cure(words="Send test traffic, and see which server fails.", action="load_balancer.test_traffic"),
                VERIFY,
            ],
        )
    return rate


def _watch(found: Balancer, share: int, before: Seen, names: Sequence[str]) -> tuple[float | None, str]:
    """Watch a step for its time; return the rate of failed requests, and what is wrong, in words."""
    end, settings = time.monotonic() + found.settings.step_s, found.settings
    while True:
        tried = found.try_servers(names, 1)
        seen = found.look()
        sent = sum(now.requests - then.requests for now, then in zip(seen.of(names), before.of(names), strict=True))
        failed = sum(now.errors - then.errors for now, then in zip(seen.of(names), before.of(names), strict=True))
        rate = max(failed, 0) / max(sent, 1) if seen.counts else None
        sick = [f"{one.name} is {one.words}" for one in seen.of(names) if not one.healthy]
        sick += [
            f"{name} did not serve: {in_words(name, came)}" for name, came in tried.items() if failures(name, came)
        ]
        if sick:
            return rate, "; ".join(sick)
        if rate is not None and rate > settings.max_error_rate and failed > 1:
            return (
                rate,
                f"{failed} of {count(sent, 'request')} failed ({rate:.1%}, allowed {settings.max_error_rate:.1%})",
            )
        if time.monotonic() > end:
            said = (
                "users' requests not measured"
                if rate is None
                else f"{count(sent, 'request')}, {failed} failed ({rate:.1%})"
            )
            found.ctx.log(f"{share} %: {said}, every server healthy")
            return rate, ""
        told = f": {count(sent, 'request')}, {failed} failed" if seen.counts else ": our own requests are served"
        found.ctx.progress(Progress(text=f"{share} % of the users{told}"))
        found.pause()


def _require_serving(found: Balancer, target: str, names: Sequence[str], left_behind: str) -> None:
    """Refuse where a server that is to take users is not healthy, or does not serve a real request.

    Raises:
        ActionFailed: one is not, or does not.
    """
    tried = found.try_servers(names, _TRIED)
    seen = found.look()
    bad = {name: in_words(name, came) for name, came in tried.items() if failures(name, came)}
    bad |= {one.name: one.words for one in seen.of(names) if not one.healthy}
    if bad:
        said = "; ".join(f"{name}: {words}" for name, words in bad.items())
        raise ActionFailed(
            f"The {target} pool cannot take users: {said}.",
            left_behind=left_behind,
            cures=cures_for(bad, names, "load_balancer.enable_traffic"),
        )
