"""What a recovery does in a cluster, and whether our user may: the API server is asked, and keeps no such question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from actions.systems.kubernetes.cluster import Cluster
from actions.systems.kubernetes.refusals import NoCluster, Refused
from journal.readiness.finding import ReadyFinding

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_REVIEW = {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1"}
_UNKNOWN_USER = 401


class _Right(NamedTuple):
    """A verb on a kind; ``group`` is the API's, and ``everywhere`` what lies in no namespace."""

    verb: str
    kind: str
    group: str = ""
    part: str = ""
    everywhere: bool = False

    def __str__(self) -> str:
        return f"{self.verb} {self.kind}{'/' if self.part else ''}{self.part}"


_PODS = _Right("list", "pods")
_OF_ACTIONS: Mapping[str, Sequence[_Right]] = {
    "kubernetes.pull_images": (
        _Right("list", "nodes", everywhere=True),
        _PODS,
        _Right("create", "pods"),
        _Right("delete", "pods"),
    ),
    "kubernetes.verify_deployments": (
        _Right("get", "deployments", "apps"),
        _PODS,
        _Right("list", "events"),
        _Right("get", "pods", part="log"),
    ),
}
_WRITERS = ("kubernetes.stop_writers", "kubernetes.allow_writers")
_GROUPS = {"deployment": "apps", "statefulset": "apps", "cronjob": "batch"}


def look_at_rights(cluster: Cluster, system: str) -> Iterator[ReadyFinding]:
    """Yield for each action whether our user may do all that it does; of ``kubernetes.apply`` its dry run tells."""
    asked = dict[_Right, bool]()
    try:
        for action, rights in [*_OF_ACTIONS.items(), *_of_writers(cluster)]:
            for right in rights:
                asked[right] = asked[right] if right in asked else _may(cluster, right)
            yield _told(cluster, system, action, [one for one in rights if not asked[one]])
    except (NoCluster, Refused) as error:
        unknown = isinstance(error, Refused) and error.status == _UNKNOWN_USER
        yield ReadyFinding(
            about=f"our user's rights in {system}",
            state="wrong" if unknown else "not measured",
            words="the API server does not know who we are any more (401)" if unknown else error.message,
            cure="Log in anew, and put its credentials into the kubeconfig." if unknown else error.hint,
            systems=[system],
        )


def _of_writers(cluster: Cluster) -> Iterable[tuple[str, Sequence[_Right]]]:
    """Return what holding and letting go the inventory's writers asks for."""
    kinds = dict.fromkeys(one.partition("/")[0] for one in cluster.settings.writers)
    changed = [_Right(verb, f"{kind}s", _GROUPS[kind]) for kind in kinds for verb in ("get", "patch")]
    return [(action, [*changed, _PODS, _Right("list", "jobs", "batch")]) for action in _WRITERS if changed]


def _may(cluster: Cluster, right: _Right) -> bool:
    namespace = {} if right.everywhere else {"namespace": cluster.settings.namespace}
    asked = {"verb": right.verb, "group": right.group, "resource": right.kind, "subresource": right.part, **namespace}
    answer = cluster.create(_REVIEWS, {**_REVIEW, "spec": {"resourceAttributes": asked}})
    return answer.get("status", {}).get("allowed") is True


def _told(cluster: Cluster, system: str, action: str, missing: Sequence[_Right]) -> ReadyFinding:
    named, here = ", ".join(map(str, missing)), cluster.settings.namespace
    return ReadyFinding(
        about=f"our user's rights for {action} in {system}",
        state="wrong" if missing else "ok",
        words=f"the API server would refuse to {named}" if missing else "it may do all that it does there",
        cure=f"Give its role in {here} (nodes: in the whole cluster): {named} (RBAC)." if missing else "",
        systems=[system],
        actions=[action],
    )
