"""What a cluster's steps need beforehand: the right cluster, and a user who may do what a recovery does there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from actions.readiness.logins import readable
from actions.readiness.ready import Need
from actions.systems.kubernetes.cluster import Cluster, NoCluster, Refused
from actions.systems.kubernetes.settings import KubernetesSettings
from journal.readiness.finding import ReadyFinding

if TYPE_CHECKING:
    from actions.context import ActionContext
    from actions.health import Health

_REQUEST_S = 5.0
_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_REVIEW = {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1"}
_MAY = (
    ("apps", "deployments", "patch", ("kubernetes.apply", "kubernetes.stop_writers", "kubernetes.allow_writers")),
    ("", "pods", "create", ("kubernetes.pull_images",)),
    ("", "pods", "delete", ("kubernetes.pull_images",)),
)
"""What a recovery does there: the API's group, the kind, the verb, and the actions that do it."""


class _Ready:
    """See `actions.readiness.ready.TypeReady`."""

    def needs(self, settings: KubernetesSettings) -> Iterable[Need]:
        """Return nothing: the cluster is asked over the network."""
        return ()

    def look(self, ctx: ActionContext, system: str, health: Health) -> Iterable[ReadyFinding]:
        """Ask the API server what our user may do: such a question is kept nowhere."""
        settings = ctx.inventory.system(system, KubernetesSettings)
        yield from readable([(f"password of {one.name}", one.password) for one in settings.registries], system)
        cluster = Cluster(settings, request_s=_REQUEST_S)
        for group, kind, verb, actions in _MAY:
            yield _may(cluster, system, group, kind, verb, actions)


def _may(cluster: Cluster, system: str, group: str, kind: str, verb: str, actions: tuple[str, ...]) -> ReadyFinding:
    namespace = cluster.settings.namespace
    asked = {"namespace": namespace, "verb": verb, "group": group, "resource": kind}
    about = f"our user's right to {verb} {kind} in {namespace} of {system}"
    try:
        answer = cluster.create(_REVIEWS, {**_REVIEW, "spec": {"resourceAttributes": asked}})
    except (NoCluster, Refused) as error:
        words, cure = error.message, error.hint
        return ReadyFinding(
            about=about, state="not measured", words=words, cure=cure, systems=[system], actions=actions
        )
    allowed = answer.get("status", {}).get("allowed") is True
    return ReadyFinding(
        about=about,
        state="ok" if allowed else "wrong",
        words="it may" if allowed else "the API server would refuse it",
        cure="" if allowed else f"Give its role the verb {verb} on {kind} in {namespace} (RBAC).",
        systems=[system],
        actions=actions,
    )


READY = _Ready()
