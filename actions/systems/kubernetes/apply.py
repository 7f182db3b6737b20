"""``kubernetes.apply``: the manifests of a folder, tried by the server as a whole before the first one is applied."""

from __future__ import annotations

from collections.abc import Sequence

from actions.action import action
from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext, Progress
from actions.gate import decide
from actions.outcome import ActionFailed, Cure, Finding, GateClosed, Outcome
from actions.readiness.ready import DRY_RUN
from actions.systems.kubernetes.ahead import findings as backend_findings
from actions.systems.kubernetes.ahead import gone_backends, stopping, unanswered
from actions.systems.kubernetes.by_hand import FOLDER, apply_lines
from actions.systems.kubernetes.images import Pulled
from actions.systems.kubernetes.manifests import Manifest, pinned, read_manifests
from actions.systems.kubernetes.refusals import NoCluster
from actions.systems.kubernetes.target import identity, open_cluster, require_meant
from actions.systems.kubernetes.trial import Applier, Tried
from journal.wording.counting import count


def _by_hand(known: ByHand) -> Sequence[CommandLine]:
    return list(apply_lines(known))


@action(
    "kubernetes.apply",
    script="kubectl apply",
    destructive=True,
    probe="kubernetes.look",
    resumable=True,
    touches=("namespace",),
    target=identity,
    by_hand=_by_hand,
    params={"path": "the folder of manifests, from where the inventory says that manifests lie"},
    ready=DRY_RUN,
)
def apply(ctx: ActionContext, *, path: str = FOLDER) -> Outcome:
    """Apply the manifests of a folder, on the server's side.

    The server tries all of them first; where it would refuse one, or somebody else owns a field, nothing is applied.
    Images that kubernetes.pull_images resolved are named by their digest.

    Needs: a kubeconfig whose user may change what the manifests name; the folder on this machine.

    Leaves: each object as its manifest has it, owned field by field by `cleo-console`; what the manifests do not name
    is as before, also objects that they no longer have.

    Killed half way: some objects are applied, the others are as before; each was announced in the output. A new runner
    goes on with it, and what is applied already stays.
    """
    cluster = open_cluster(ctx)
    require_meant(cluster)
    manifests = [_pinned(ctx, one) for one in read_manifests(cluster.settings.folder(path), cluster.settings.namespace)]
    gone = gone_backends(cluster)
    for backend in gone:
        ctx.log(f"! {backend.about}: {backend.text}", "err")
    applier = Applier(cluster)
    tried = [applier.attempt(one, manifests) for one in manifests]
    for one in tried:
        for line in one.lines():
            ctx.log(line, "err" if one.refusal else "out")
    gone = [*gone, *unanswered(cluster, [one.refusal for one in tried], gone)]
    beside = backend_findings(gone)
    _require_taken(tried, beside, stopping(gone))
    forced = _decided(ctx, tried)
    changed = [one for one in tried if one.changes or one.conflicts]
    if not changed:
        return Outcome(
            ok=True, summary=f"{_all(tried)} as the manifests have it already.", findings=beside, facts=_facts(tried)
        )
    ctx.log(f"to apply: {count(len(changed), 'object')} of {path}: {_named(changed)}")
    _apply_all(ctx, applier, tried, forced)
    if ctx.dry_run:
        return Outcome(ok=True, summary=f"would apply {_summed(tried)}", findings=beside, facts=_facts(tried))
    return Outcome(ok=True, summary=f"Applied: {_summed(tried)}.", findings=beside, facts=_facts(tried))


def _pinned(ctx: ActionContext, manifest: Manifest) -> Manifest:
    return pinned(manifest, Pulled.of(ctx.files, ctx.system).digests)


def _require_taken(tried: Sequence[Tried], beside: Sequence[Finding], opening: Sequence[Cure]) -> None:
    """Stop where the server would refuse an object: then none is applied."""
    refused = [one for one in tried if one.refusal]
    if not refused:
        return
    words = "; ".join(f"{one.manifest.told} ({one.manifest.file}): {one.refusal}" for one in refused)
    raise ActionFailed(
        f"The server would refuse {count(len(refused), 'object')}: {words}",
        left_behind="Nothing was applied.",
        findings=[
            *(Finding(severity="warning", about=one.manifest.told, text=one.refusal, cure=one.hint) for one in refused),
            *beside,
        ],
        cures=[*opening, *(Cure(words=one.hint) for one in refused if one.hint)][:2]
        or [Cure(words="Mend what is named in the manifests, or in the cluster; then apply again.")],
    )


def _decided(ctx: ActionContext, tried: Sequence[Tried]) -> bool:
    """Return whether fields are taken over from others: only where a person decided that."""
    conflicts = [line for one in tried for line in one.conflicts]
    if not conflicts:
        return False
    words = "Leave the field out of the manifest where its owner is right (an autoscaler owns replicas)."
    if all("kubectl" in line.rpartition(": ")[2] for line in conflicts):
        words = "kubectl wrote these: leave out what somebody changed on purpose since."
    closed = GateClosed(
        "field-owners",
        f"Others own fields that the manifests set: {'; '.join(conflicts)}.",
        yields="reason and target",
        cures=[
            Cure(words=words),
            Cure(words="Or take them over: the owner is known, and is wrong.", override="field-owners"),
        ],
    )
    decide(ctx, closed, "Fields of others are taken over")
    return True


def _apply_all(ctx: ActionContext, applier: Applier, tried: Sequence[Tried], forced: bool) -> None:
    """Apply one after the other, each announced before; the first that the server refuses ends it."""
    done: list[Tried] = []
    for one in tried:
        if not ctx.effect(f"apply {one.manifest.told}"):
            continue
        ctx.progress(Progress(fraction=len(done) / len(tried), text=one.manifest.told))
        again = _applied(applier, one, done, tried, force=forced and bool(one.conflicts))
        if again.refusal or again.conflicts:
            raise ActionFailed(
                f"{one.manifest.told}: {again.refusal or '; '.join(again.conflicts)}. It was taken when it was tried.",
                again.hint or "Look who changes the cluster meanwhile, then apply again.",
                left_behind=_left(done, tried),
            )
        done.append(again)
        ctx.log(f"{one.manifest.told} {one.verb if one.changes else 'unchanged'}")


def _applied(applier: Applier, one: Tried, done: Sequence[Tried], tried: Sequence[Tried], *, force: bool) -> Tried:
    """Apply one object; where no answer comes, nobody knows whether it was taken: applied again it is the same."""
    try:
        return applier.attempt(one.manifest, (), dry_run=False, force=force)
    except NoCluster as error:
        raise ActionFailed(
            f"{one.manifest.told}: {error.message} It may be applied, or not.",
            f"{error.hint} Then apply again: what is applied already stays.",
            left_behind=_left(done, tried),
        ) from error


def _left(done: Sequence[Tried], tried: Sequence[Tried]) -> str:
    left = ", ".join(each.manifest.told for each in tried[len(done) :])
    return f"{count(len(done), 'object')} of {len(tried)} are applied. Not yet: {left}."


def _facts(tried: Sequence[Tried]) -> dict[str, object]:
    return {
        "objects": len(tried),
        "created": [one.manifest.told for one in tried if one.new],
        "configured": [one.manifest.told for one in tried if one.changes and not one.new],
    }


def _all(tried: Sequence[Tried]) -> str:
    return f"{count(len(tried), 'object')} {'is' if len(tried) == 1 else 'are'}"


def _summed(tried: Sequence[Tried]) -> str:
    new, changed = sum(one.new for one in tried), sum(bool(one.changes) and not one.new for one in tried)
    return f"{new} new, {changed} changed, {len(tried) - new - changed} as they were"


def _named(changed: Sequence[Tried]) -> str:
    more = f" and {len(changed) - 6} more" if changed[6:] else ""
    return ", ".join(one.manifest.told for one in changed[:6]) + more
