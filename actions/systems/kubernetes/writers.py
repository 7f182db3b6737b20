"""``kubernetes.stop_writers`` and ``kubernetes.allow_writers``: no pod is left that writes, and they work again."""

from __future__ import annotations

from collections.abc import Sequence

from actions.action import action
from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.systems.kubernetes.by_hand import kubectl, which_cluster
from actions.systems.kubernetes.cluster import Cluster
from actions.systems.kubernetes.held import RELEASED, Writer, find_writers, hold, lacking, let_go
from actions.systems.kubernetes.manifests import Manifest
from actions.systems.kubernetes.refusals import NoCluster, Refused
from actions.systems.kubernetes.settings import KubernetesSettings
from actions.systems.kubernetes.target import identity, open_cluster, require_meant
from actions.systems.kubernetes.watch import helps, tell, watch
from actions.systems.kubernetes.writer_pods import pods_of, wait_for_none
from journal.wording.counting import count

_NONE = "The inventory names no writers of this cluster (writers:)."
_NAME_THEM = Cure(words="Name what writes to the databases: writers: [deployment/worker, cronjob/database-backup].")


def _stop_by_hand(known: ByHand) -> Sequence[CommandLine]:
    settings = known.settings(KubernetesSettings)
    pods = kubectl(settings, "get", "pods", "-o", "wide")
    left = CommandLine(argv=pods, what="until none of theirs is left, none that is Terminating either")
    return [which_cluster(settings), *(_typed(settings, one, "0", "true") for one in settings.writers), left]


def _allow_by_hand(known: ByHand) -> Sequence[CommandLine]:
    settings = known.settings(KubernetesSettings)
    ordered = sorted(settings.writers, key=lambda one: one.startswith("cronjob/"))
    return [which_cluster(settings), *(_typed(settings, one, "REPLICAS", "false") for one in ordered)]


def _typed(settings: KubernetesSettings, told: str, replicas: str, suspend: str) -> CommandLine:
    if told.startswith("cronjob/"):
        change = f'{{"spec":{{"suspend":{suspend}}}}}'
        return CommandLine(argv=kubectl(settings, "patch", told, "--type=merge", "-p", change))
    return CommandLine(
        argv=kubectl(settings, "scale", told, f"--replicas={replicas}"), what=f"note how many there were ({told})"
    )


@action(
    "kubernetes.stop_writers",
    destructive=True,
    probe="kubernetes.writers",
    resumable=True,
    touches=("namespace",),
    undone_by="kubernetes.allow_writers",
    target=identity,
    by_hand=_stop_by_hand,
    params={"wait_s": "seconds until none of their pods may be left"},
)
def stop_writers(ctx: ActionContext, *, wait_s: float = 120.0) -> Outcome:
    """Hold what writes to the databases, and wait until none of its pods is left.

    Deployments and stateful sets go to 0, jobs are suspended. A pod that is still ending still writes, and counts.

    Needs: the writers named in the inventory; a user who may change them.

    Leaves: no pod of theirs; how many there were stands on each, for kubernetes.allow_writers. kubernetes.apply leaves
    them held.

    Killed half way: some are held, others not, and their pods may still end. Run it again.
    """
    cluster = open_cluster(ctx)
    require_meant(cluster)
    writers, findings = _found(cluster)
    open_ = [one for one in writers if not one.held]
    for one in writers:
        ctx.log(f"{one.told}: {'held already' if one.held else _state(one)}")
    words = f"hold {', '.join(one.told for one in open_) or 'nothing more'}"
    if not ctx.effect(words):
        return Outcome(ok=True, summary=f"would {words}", findings=findings)
    for one in open_:
        _changed(cluster, one, stop=True)
    left = wait_for_none(ctx, cluster, writers, wait_s)
    if left:
        raise ActionFailed(
            f"Held, and {count(len(left), 'pod')} still there: {'; '.join(one.words for one in left)}.",
            left_behind="No new pod of theirs is made.",
            findings=findings,
            cures=[next((one.cure for one in left if one.cure), Cure(words=_STILL))],
        )
    told = ", ".join(one.told for one in writers)
    return Outcome(
        ok=True, summary=f"Held, and no pod of theirs is left: {told or 'none is deployed'}.", findings=findings
    )


@action(
    "kubernetes.allow_writers",
    probe="kubernetes.writers",
    resumable=True,
    gates=("sound-data",),
    touches=("namespace",),
    target=identity,
    by_hand=_allow_by_hand,
    params={"wait_s": "seconds until all that were let go must be at work"},
)
def allow_writers(ctx: ActionContext, *, wait_s: float = 120.0) -> Outcome:
    """Let what writes to the databases work again; suspended jobs last.

    As many as there were before they were stopped, else as many as their manifest says
    (`cleo-console/released-replicas`). Then their pods are watched until they are at work, and stay so.

    Needs: the writers named in the inventory, deployed; a user who may change them; data that were validated: a job
    that is resumed runs a schedule that it missed at once.

    Leaves: the writers at work.

    Killed half way: some work, others are held. Run it again.
    """
    cluster = open_cluster(ctx)
    require_meant(cluster)
    writers, findings = _found(cluster)
    if not writers:
        raise ActionFailed(
            "None of the writers is deployed.", cures=[Cure(words="Apply the manifests.", action="kubernetes.apply")]
        )
    held = sorted((one for one in writers if one.held), key=lambda one: one.job)
    if unknown := [one.told for one in held if not one.job and not one.let_go]:
        raise ActionFailed(
            f"Nobody knows how many of {', '.join(unknown)} there are to be: no annotation {RELEASED} says so.",
            f"Give its manifest that annotation and apply it, or: kubectl scale {unknown[0]} --replicas=N",
        )
    words = f"let go {', '.join(f'{one.told}{_many(one)}' for one in held) or 'nothing: none is held'}"
    if not ctx.effect(words):
        return Outcome(ok=True, summary=f"would {words}", findings=findings)
    for one in held:
        _changed(cluster, one, stop=False)
        ctx.log(f"{one.told} is let go{_many(one)}")
    return _seen_at_work(ctx, cluster, writers, held, findings, wait_s)


def _seen_at_work(
    ctx: ActionContext,
    cluster: Cluster,
    writers: Sequence[Writer],
    held: Sequence[Writer],
    findings: list[Finding],
    wait_s: float,
) -> Outcome:
    """Watch all writers until their pods are at work, whoever let them go; a job begins by its schedule."""
    made = [Manifest(body=one.body, file="", namespace=cluster.settings.namespace) for one in writers if not one.job]
    try:
        states = watch(ctx, cluster, made, wait_s) if made else []
        told = tell(ctx, cluster, states)
    except NoCluster as error:
        words = "None of the writers is held; whether they are at work, nobody can see."
        raise ActionFailed(error.message, f"{error.hint} Then run it again.", left_behind=words) from error
    names = ", ".join(one.told for one in held)
    findings = [*findings, *_jobs_that_cannot_begin(cluster, writers)]
    left = [one for one in states if not one.verified]
    if not left:
        said = f"They work again: {names}." if held else "None of the writers is held; they are at work."
        return Outcome(ok=True, summary=said, findings=findings)
    named = [
        Finding(severity="warning", about=one.rollout.told, text=told[one.rollout.told], cure=helps(one).words)
        for one in left
    ]
    return Outcome(
        ok=False,
        summary=f"None is held, and not at work: {'; '.join(told.values())}.",
        findings=[*named, *findings],
        cures=[helps(left[0])],
        left_behind="None of the writers is held.",
    )


def _jobs_that_cannot_begin(cluster: Cluster, writers: Sequence[Writer]) -> list[Finding]:
    """Return a warning for each job whose pods would wait for ever: nobody looks at a backup that is never taken."""
    cure = "Make it, with what belongs in it: what is due runs then."
    return [
        Finding(severity="warning", about=one.told, text=f"its pods wait for what is not there: {what}", cure=cure)
        for one in writers
        if one.job
        for what in lacking(cluster, one)
    ]


@action("kubernetes.writers", target=identity)
def writers(ctx: ActionContext) -> Outcome:
    """Tell which writers are held, and which pods of theirs are there.

    Needs: the writers named in the inventory.
    """
    cluster = open_cluster(ctx)
    require_meant(cluster)
    found, findings = _found(cluster)
    left = pods_of(cluster, found)
    for one in found:
        ctx.log(f"{one.told}: {'held' if one.held else _state(one)}")
    for each in left:
        ctx.log(f"! {each.words}", "err")
    held = sum(one.held for one in found)
    said = f"{held} of {count(len(found), 'writer')} held; {count(len(left), 'pod')} of theirs there."
    return Outcome(ok=True, summary=said, findings=findings)


_STILL = (
    "See kubectl describe pod. Force nothing away before its node is proven to be off: "
    "a pod that is only forgotten writes on."
)


def _found(cluster: Cluster) -> tuple[list[Writer], list[Finding]]:
    """Return the writers that are deployed, and a note for each that is not.

    Raises:
        ActionFailed: the inventory names none.
    """
    if not cluster.settings.writers:
        raise ActionFailed(_NONE, cures=[_NAME_THEM])
    found, missing = find_writers(cluster, cluster.settings.writers)
    return found, [Finding(severity="note", about=told, text="it is not deployed") for told in missing]


def _state(one: Writer) -> str:
    return "runs by its schedule" if one.job else f"{one.replicas} wanted"


def _many(one: Writer) -> str:
    return "" if one.job else f" ({one.let_go})"


def _changed(cluster: Cluster, one: Writer, *, stop: bool) -> None:
    try:
        hold(cluster, one) if stop else let_go(cluster, one)
    except Refused as error:
        words = "Somebody changed it meanwhile: run it again." if error.status == 409 else error.hint
        raise ActionFailed(f"{one.told}: {error.said}.", words, left_behind="Those before it are changed.") from error
    except NoCluster as error:
        left = f"Those before it are changed; whether {one.told} is, nobody can tell."
        hint = f"{error.hint} Then run it again: what is changed already stays."
        raise ActionFailed(f"{one.told}: {error.message}", hint, left_behind=left) from error
