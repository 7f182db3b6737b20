"""``kubernetes.pass_webhooks``: those whose backend is gone stop nothing for now; and the way back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from actions.action import action
from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.systems.kubernetes.ahead import ADMISSION, KINDS, Gone, gone_backends, named_webhooks, unserved
from actions.systems.kubernetes.cluster import Cluster, Object
from actions.systems.kubernetes.refusals import Refused
from actions.systems.kubernetes.target import identity, open_cluster, require_meant
from journal.wording.counting import count

_NOTE = "cleo-console/passed-over"
"""The annotation that names the webhooks that are passed over, as JSON: all of them were ``Fail``."""
_MANAGER = "cleo-webhooks"
_BACK = Cure(words="Put them back once their backends are up.", action="kubernetes.put_back_webhooks")


@action(
    "kubernetes.pass_webhooks",
    destructive=True,
    probe="kubernetes.look",
    resumable=True,
    touches=("namespace",),
    undone_by="kubernetes.put_back_webhooks",
    target=identity,
    params={"webhook": "also this one, by its name: the API server says that it gets no answer from it"},
)
def pass_webhooks(ctx: ActionContext, *, webhook: str = "") -> Outcome:
    """Pass over the webhooks whose backend is gone, and which refuse everything for that.

    They are set to `failurePolicy: Ignore`; what they would check or change is not looked at meanwhile. Of one outside
    of the cluster, or that hangs, only the API server can tell: a refused kubernetes.apply names it.

    Needs: a user who may change webhook configurations.

    Leaves: those webhooks asked, and passed over where they do not answer; each configuration says which were.

    Killed half way: some are passed over, others not. Run it again.
    """
    cluster = open_cluster(ctx)
    require_meant(cluster)
    found = {one.hook: one for one in (*_named(cluster, webhook), *gone_backends(cluster))}
    gone = [one for one in found.values() if one.stops]
    for one in gone:
        ctx.log(f"{one.about}: {one.text}")
    if not gone:
        return Outcome(ok=True, summary="No webhook whose backend is gone stops anything.")
    if not ctx.effect(f"pass over {', '.join(one.about for one in gone)}"):
        return Outcome(ok=True, summary=f"would pass over {count(len(gone), 'webhook')}")
    by_path: dict[str, list[str]] = {}
    for one in gone:
        by_path.setdefault(one.hook[0], []).append(one.hook[1])
    for path, names in by_path.items():
        body = cluster.ask(path)
        _set(cluster, path, body, names, "Ignore", sorted({*_noted(body), *names}))
    return Outcome(
        ok=True,
        summary=f"Passed over until they are put back: {', '.join(one.about for one in gone)}.",
        findings=[Finding(severity="note", about=one.about, text="passed over", cure=_BACK.words) for one in gone],
    )


def _named(cluster: Cluster, webhook: str) -> list[Gone]:
    """Return the webhook that a person names.

    Raises:
        ActionFailed: the cluster has none of that name.
    """
    found = list(named_webhooks(cluster, {webhook: "a refused request said so"})) if webhook else []
    if webhook and not found:
        raise ActionFailed(
            f"The cluster has no webhook called {webhook}.", "kubernetes.apply names it as it is called."
        )
    return found


@action(
    "kubernetes.put_back_webhooks",
    probe="kubernetes.look",
    resumable=True,
    touches=("namespace",),
    target=identity,
)
def put_back_webhooks(ctx: ActionContext) -> Outcome:
    """Have the webhooks that were passed over decide again.

    One whose backend is still gone stays passed over: it would refuse everything again.

    Needs: a user who may change webhook configurations.

    Leaves: `failurePolicy: Fail` on those that kubernetes.pass_webhooks changed, whose backend is there.

    Killed half way: some are put back, others not. Run it again.
    """
    cluster = open_cluster(ctx)
    require_meant(cluster)
    back, left = _passed_over(cluster)
    findings = [
        Finding(severity="warning", about=name, text=why, cure="Bring its backend up.") for name, why in left.items()
    ]
    told = [name for _, _, names in back for name in names]
    findings += [_outside(name) for _, body, names in back for name in names if not _service(body, name)]
    if told and ctx.effect(f"have {', '.join(told)} decide again"):
        for path, body, names in back:
            _set(cluster, path, body, names, "Fail", sorted(set(_noted(body)) - set(names)))
    if left:
        why = "; ".join(f"{name}: {words}" for name, words in left.items())
        cure = Cure(words="Bring their backends up, then put them back.")
        return Outcome(ok=False, summary=f"Still passed over: {why}.", findings=findings, cures=[cure])
    said = f"They decide again: {', '.join(told)}." if told else "No webhook is passed over."
    return Outcome(ok=True, summary=said, findings=findings)


def _outside(name: str) -> Finding:
    """Return that nobody here can tell whether a webhook answers by now."""
    text = "it lies outside of the cluster: whether it answers by now, only the API server can tell"
    return Finding(severity="warning", about=name, text=text, cure="Try kubernetes.apply: a dry run asks it.")


def _service(body: Object, name: str) -> Mapping[str, Any]:
    """Return the service behind a webhook; empty: it lies outside of the cluster."""
    hook = next(one for one in body["webhooks"] if one["name"] == name)
    return (hook.get("clientConfig") or {}).get("service") or {}


def _passed_over(cluster: Cluster) -> tuple[list[tuple[str, Object, list[str]]], dict[str, str]]:
    """Return which webhooks can be put back, by configuration, and why others cannot."""
    back: list[tuple[str, Object, list[str]]] = []
    left: dict[str, str] = {}
    for kind in KINDS:
        for body in cluster.items(f"{ADMISSION}/{kind}"):
            why = {hook["name"]: _why_not(cluster, hook) for hook in body["webhooks"] if hook["name"] in _noted(body)}
            left |= {name: words for name, words in why.items() if words}
            if names := [name for name, words in why.items() if not words]:
                back.append((f"{ADMISSION}/{kind}/{body['metadata']['name']}", body, names))
    return back, left


def _why_not(cluster: Cluster, hook: Mapping[str, Any]) -> str:
    service = (hook.get("clientConfig") or {}).get("service")
    return unserved(cluster, service) if service else ""


def _noted(body: Object) -> list[str]:
    return list(json.loads((body["metadata"].get("annotations") or {}).get(_NOTE) or "[]"))


def _set(cluster: Cluster, path: str, body: Object, names: Sequence[str], policy: str, noted: Sequence[str]) -> None:
    """Set some webhooks of a configuration, if it still is what was read, and note which are passed over."""
    metadata = {
        "resourceVersion": body["metadata"]["resourceVersion"],
        "annotations": {_NOTE: json.dumps(noted) if noted else None},
    }
    hooks = [{"name": name, "failurePolicy": policy} for name in names]
    try:
        cluster.merge(path, {"metadata": metadata, "webhooks": hooks}, _MANAGER, by_name=True)
    except Refused as error:
        words = "Somebody changed it meanwhile: run it again." if error.status == 409 else error.hint
        raise ActionFailed(f"{body['metadata']['name']}: {error.said}.", words) from error
