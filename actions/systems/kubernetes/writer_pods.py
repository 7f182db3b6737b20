"""Pods of writers that are to go: waited for until none is left, each with why it may stay."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from actions.context import ActionContext, Progress
from actions.outcome import ActionFailed, Cure
from actions.systems.kubernetes.cluster import Cluster, Object
from actions.systems.kubernetes.held import Writer
from actions.systems.kubernetes.patience import patiently
from actions.systems.kubernetes.refusals import NoCluster
from actions.systems.kubernetes.target import ready_nodes
from actions.systems.kubernetes.verdicts import out_of_sight
from journal.wording.counting import count

_PAUSE_S = 0.5


class Left(NamedTuple):
    """A pod of a writer that is still there.

    Attributes:
        words: which it is, where, and why it may stay.
        cure: what helps where it will not go by itself; None: it is ending, or nobody knows.
    """

    words: str
    cure: Cure | None


def wait_for_none(ctx: ActionContext, cluster: Cluster, writers: Sequence[Writer], wait_s: float) -> list[Left]:
    """Wait until no pod of some writers is left; return those that are.

    Args:
        ctx: the action's context.
        cluster: the cluster.
        writers: the writers, held.
        wait_s: seconds after which no more is waited.

    Raises:
        ActionFailed: the cluster does not answer any more.
    """
    begun, told = time.monotonic(), ""
    while left := _seen(ctx, cluster, writers):
        words = "; ".join(one.words for one in left)
        if words != told:
            ctx.log(f"{count(len(left), 'pod')} left: {words}")
            told = words
        ctx.progress(Progress(text=f"{count(len(left), 'pod')} left"))
        if time.monotonic() - begun > wait_s:
            return left
        ctx.check_cancelled()
        time.sleep(_PAUSE_S)
    return []


def _seen(ctx: ActionContext, cluster: Cluster, writers: Sequence[Writer]) -> list[Left]:
    try:
        return patiently(ctx, lambda: pods_of(cluster, writers))
    except NoCluster as error:
        left = "They are held; whether pods of theirs still write, nobody can see."
        raise ActionFailed(error.message, f"{error.hint} Then run it again.", left_behind=left) from error


def pods_of(cluster: Cluster, writers: Sequence[Writer]) -> list[Left]:
    """Return the pods of some writers, those that are ending too.

    Raises:
        NoCluster: the cluster does not answer.
        Refused: it does not let us look.
    """
    here = cluster.settings.namespace
    pods, jobs = (
        cluster.items(f"/api/v1/namespaces/{here}/pods"),
        cluster.items(f"/apis/batch/v1/namespaces/{here}/jobs"),
    )
    ready = ready_nodes(cluster.visible("/api/v1/nodes") or [])
    lost = [name for name, is_ready in ready.items() if not is_ready]
    return [_told(pod, lost) for one in writers for pod in one.pods(pods, jobs)]


def _told(pod: Object, lost: Sequence[str]) -> Left:
    node = str((pod.get("spec") or {}).get("nodeName") or "no node")
    ending = " ending" if pod["metadata"].get("deletionTimestamp") else ""
    why = out_of_sight(pod, lost)
    return Left(
        f"{pod['metadata']['name']}{ending} on {node}{f' ({why.words})' if why else ''}", why.cure if why else None
    )
