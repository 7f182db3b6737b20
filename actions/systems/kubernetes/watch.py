"""Watches workloads until they are rolled out and stay so, one of them failed for good, or the time is over."""

from __future__ import annotations

import time
from collections.abc import Sequence

from actions.context import ActionContext, Progress
from actions.outcome import Cure
from actions.systems.kubernetes.cluster import Cluster
from actions.systems.kubernetes.deployed import State, look_at_workloads
from actions.systems.kubernetes.last_words import last_words
from actions.systems.kubernetes.manifests import Manifest
from actions.systems.kubernetes.patience import patiently

_PAUSE_S = 0.5
_STUCK_S = 60.0
"""Seconds for which all that is missing may be stuck for reasons that seldom go by themselves."""
_STALE_S = 5.0
"""Seconds for which a deployment may say that it gave up: it says so of the version before this one, for a moment."""
STEADY_S = 5.0
"""Seconds for which what is rolled out must stay so: a container that ends soon after it began is ready until then."""


def watch(
    ctx: ActionContext, cluster: Cluster, manifests: Sequence[Manifest], wait_s: float, steady_s: float = STEADY_S
) -> list[State]:
    """Return the workloads as they stand at the end.

    Args:
        ctx: the action's context.
        cluster: the cluster.
        manifests: what they are to be.
        wait_s: seconds after which no more is waited; 0: they are looked at once.
        steady_s: seconds for which they must stay rolled out, with no container started again.

    Raises:
        NoCluster: the cluster does not answer.
        Refused: it does not let us look.
        Cancelled: somebody asked the action to stop.
    """
    begun, told, since = time.monotonic(), "", _Since()
    while True:
        states = patiently(ctx, lambda: look_at_workloads(cluster, manifests))
        left = [one for one in states if not one.verified]
        words = "; ".join(one.open for one in left)
        if words != told:
            ctx.log(words or "all are rolled out")
            told = words
        ctx.progress(Progress(fraction=1 - len(left) / len(states), text=words[:120]))
        since.look(states, left)
        if since.is_over(wait_s, steady_s) or time.monotonic() - begun >= wait_s:
            return states
        ctx.check_cancelled()
        time.sleep(_PAUSE_S)


class _Since:
    """Since when workloads are whole, stuck or failed: each for as long as it was seen in a row."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}
        self._restarts = -1

    def look(self, states: Sequence[State], left: Sequence[State]) -> None:
        """Take what was seen now."""
        restarts = sum(one.restarts for one in states)
        seen = {
            "whole": not left and restarts == self._restarts,
            "stuck": bool(left) and all(_final(one) for one in left),
            "failed": any(one.rollout.failed and not one.rollout.retried for one in left),
        }
        self._restarts, now = restarts, time.monotonic()
        self._since = {name: self._since.get(name, now) for name, so in seen.items() if so}

    def is_over(self, wait_s: float, steady_s: float) -> bool:
        """Whether nothing more is to be expected."""
        enough = {"whole": steady_s, "stuck": min(_STUCK_S, wait_s), "failed": _STALE_S}
        now = time.monotonic()
        return any(now - since >= enough[name] for name, since in self._since.items())


def _final(one: State) -> bool:
    """Whether waiting is of little use: its pods are stuck, cannot be made, or do not know their configuration."""
    return bool(one.hard or one.rollout.retried or (one.rollout.whole and one.older))


def tell(ctx: ActionContext, cluster: Cluster, states: Sequence[State]) -> dict[str, str]:
    """Print how each workload stands; of one that is stuck its events, and what its container said last.

    Returns:
        How each that is not rolled out stands, in words, by what it is called: with the last line that it said.
    """
    found = {}
    for one in states:
        ctx.log(one.rollout.figures if one.verified else f"! {one.open}", "out" if one.verified else "err")
        whose, said = _last_words(cluster, one)
        for line in (*one.events, *([whose] if said else []), *(f"  {line}" for line in said)):
            ctx.log(f"    {line}", "err")
        if not one.verified:
            last = said[-1] if said and not said[-1].startswith("(") else ""
            found[one.rollout.told] = f"{one.open}{f'. Its last words: {last}' if last else ''}"
    return found


def _last_words(cluster: Cluster, one: State) -> tuple[str, list[str]]:
    """Return whose last words these are, and what the first container that is stuck said last."""
    for pod, found in one.stuck.items():
        if not one.verified and (words := last_words(cluster, one.namespace, pod, found)):
            return f"{pod}, {found.container}, last words{' before it ended' if found.previous else ''}:", words
    return "", []


def helps(one: State) -> Cure:
    """Return what helps a workload that is not rolled out."""
    restart = f"kubectl rollout restart {one.rollout.told.replace('.apps', '')}"
    if "not in the cluster" in one.rollout.failed:
        return Cure(words="Apply the manifests.", action="kubernetes.apply")
    if "exceeded quota" in one.rollout.failed:
        quota = "Raise the namespace's quota, or end what uses it up (kubectl describe resourcequota)"
        return Cure(words=f"{quota}. It is tried again after minutes, at once by: {restart}")
    if one.rollout.whole and one.older:
        return Cure(words=f"Start its pods anew: {restart}")
    if one.stuck:
        return next(iter(one.stuck.values())).cure
    return Cure(
        words=f"Look closer: kubectl describe {one.rollout.told.replace('.apps', '')}, then its pods' events and logs."
    )
