"""Why a pod does not serve, in a word and in words, and what helps: judged by the pod and by what is told of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec

from actions.outcome import Cure
from actions.systems.kubernetes.cluster import Object
from actions.systems.kubernetes.pod_cures import cure
from actions.systems.kubernetes.pods import kept_by, on_lost_node, stuck, unready

_NEVER_RAN = ("StartError", "RunContainerError", "CreateContainerError", "CreateContainerConfigError")
_NOT_YET = ("", "NotReady")
"""Of these a pod alone does not say why; the events about it may."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Why a pod does not serve.

    Attributes:
        reason: in a word; empty: it is being made.
        words: in words.
        cure: what helps.
        container: the container whose last words tell more; empty: none said anything.
        previous: these are of the life that ended before the one of now.
    """

    reason: str
    words: str
    cure: Cure
    container: str = ""
    previous: bool = False


class _Told(NamedTuple):
    """An event that says why a pod does not come up, and what that is called."""

    event: str
    within: str
    reason: str


_EVENTS = (
    _Told("FailedMount", "", "FailedMount"),
    _Told("FailedAttachVolume", "", "FailedMount"),
    _Told("FailedCreatePodSandBox", "", "FailedCreatePodSandBox"),
    _Told("Unhealthy", "Startup probe", "NotReady"),
    _Told("Unhealthy", "Readiness probe", "NotReady"),
)
_KILLED_BY_PROBE = re.compile(r"failed (liveness|startup) probe")


def verdict(pod: Object, events: Sequence[Object], lost_nodes: Collection[str] = ()) -> Verdict:
    """Return why a pod does not serve; without a reason where it serves, ends, or nobody can say yet.

    Args:
        pod: the pod.
        events: those of its namespace.
        lost_nodes: nodes that are not ready: what a pod there last said of itself proves nothing.
    """
    if out := out_of_sight(pod, lost_nodes):
        return out
    name, reason, words = pod["metadata"]["name"], *stuck(pod)
    about = [one for one in events if (one.get("involvedObject") or {}).get("uid") == pod["metadata"]["uid"]]
    if words and reason in _NOT_YET:
        reason, words = _by_events(reason, words, about)
    if reason in ("CrashLoopBackOff", "Error") and (probe := _killed_by_probe(about)):
        reason, words = "ProbeFailed", f"{words}; the node ended it: {probe}"
    ended = next((one for one in unready(pod) if one.ended and reason not in _NEVER_RAN), None)
    running = next((one.name for one in unready(pod) if reason == "NotReady"), "")
    return Verdict(
        reason=reason,
        words=words,
        cure=cure(reason, words, str(name)),
        container=ended.name if ended else running,
        previous=bool(ended and ended.began_again),
    )


def out_of_sight(pod: Object, lost_nodes: Collection[str]) -> Verdict | None:
    """Return why nobody hears of a pod, or why it is listed though it has ended; None: neither is so.

    Args:
        pod: the pod.
        lost_nodes: nodes that are not ready.
    """
    name, ends = str(pod["metadata"]["name"]), pod["metadata"].get("deletionTimestamp")
    if node := on_lost_node(pod, lost_nodes):
        words = f"its node {node} is not ready: it may run on{', though it is to end' if ends else ''}, or not"
        return Verdict(reason="NodeLost", words=words, cure=cure("NodeLost", words, name, node))
    if kept := kept_by(pod):
        words = f"none of its containers runs, and it stays listed: {kept} keeps it"
        return Verdict(reason="Kept", words=words, cure=cure("Kept", words, name))
    return None


def _by_events(reason: str, words: str, about: Sequence[Object]) -> tuple[str, str]:
    """Return the same with what the newest event says, where one does."""
    for told in _EVENTS:
        said = [one for one in about if one.get("reason") == told.event and told.within in str(one.get("message"))]
        if said and (not reason or told.reason == reason):
            newest = max(said, key=lambda one: str(one.get("lastTimestamp") or one.get("eventTime") or ""))
            return told.reason, f"{words}: {' '.join(str(newest.get('message')).split())}"
    return reason, words


def _killed_by_probe(about: Sequence[Object]) -> str:
    found = [str(one.get("message")) for one in about if one.get("reason") == "Killing"]
    return next((one for one in found if _KILLED_BY_PROBE.search(one)), "")
