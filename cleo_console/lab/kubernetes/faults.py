"""What can be broken in a lab's cluster. Each is done for real."""

from __future__ import annotations

import os
import shutil
import signal
from datetime import UTC, datetime

from cleo_console.lab.kubernetes.content import TAG, push_images
from cleo_console.lab.kubernetes.place import NAMESPACE, Place
from cleo_console.lab.service import Done, FaultKind
from journal.errors import CleoError

WEBHOOK = "policy.lab.test"
_HOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"


def remove_image(place: Place) -> Done:
    """Take the API's stable tag out of the registry."""
    tag = place.folder / "registry/docker/registry/v2/repositories/cleoai/api/_manifests/tags" / TAG
    if not tag.exists():
        raise CleoError(
            f"The lab's registry has no cleoai/api:{TAG} any more.",
            "Start over with `cleo lab down` and `cleo lab up`.",
        )
    at = _now()
    shutil.rmtree(tag)
    return f"the registry has no cleoai/api:{TAG} any more", {"at": at}


def move_tag(place: Place) -> Done:
    """Put images that nobody signed under the stable tag, as who got into the registry could."""
    at = _now()
    push_images(place, "moved", signed=False)
    return f"the tag {TAG} means images that nobody signed", {"at": at}


def orphan_webhook(place: Place) -> Done:
    """Have a webhook decide on everything in the namespace, whose service is not there."""
    body = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": WEBHOOK},
        "webhooks": [
            {
                "name": f"check.{WEBHOOK}",
                "clientConfig": {"service": {"namespace": NAMESPACE, "name": "policy", "path": "/"}},
                "rules": [
                    {
                        "apiGroups": ["", "apps"],
                        "apiVersions": ["*"],
                        "operations": ["CREATE", "UPDATE"],
                        "resources": ["pods", "deployments"],
                    }
                ],
                "failurePolicy": "Fail",
                "sideEffects": "None",
                "timeoutSeconds": 2,
                "admissionReviewVersions": ["v1"],
                "namespaceSelector": {"matchExpressions": [{"key": "kube-system", "operator": "DoesNotExist"}]},
            }
        ],
    }
    at = _now()
    place.cluster.apply(f"{_HOOKS}/{WEBHOOK}", body, "lab", dry_run=False, force=True)
    return f"the webhook {WEBHOOK} is asked about every pod and deployment, and nobody answers for it", {"at": at}


def kill_kubelet(place: Place) -> Done:
    """Kill the node's kubelet: its pods run on, and nobody hears of them."""
    pid = place.pid("kubelet")
    if pid is None:
        raise CleoError("No kubelet runs in the lab.", "See `cleo lab status`.")
    at = _now()
    os.kill(pid, signal.SIGKILL)
    return f"the kubelet of {place.node()} was killed; its pods run on", {"at": at}


def _now() -> str:
    return datetime.now(UTC).isoformat()


FAULTS = (
    FaultKind("remove-image", "take the API's stable image out of the registry", remove_image),
    FaultKind("move-tag", "put images that nobody signed under the stable tag", move_tag),
    FaultKind(
        "orphan-webhook", "have a webhook whose service is gone decide on every pod and deployment", orphan_webhook
    ),
    FaultKind("kill-kubelet", "kill the node's kubelet", kill_kubelet),
)
