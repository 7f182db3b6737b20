"""What a lab's cluster has on an ordinary day: images in its registry, and the namespace with its secrets."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from cleo_console.lab.kubernetes.image import PAUSE, make, push
from cleo_console.lab.kubernetes.place import NAMESPACE, REGISTRY, Place
from cleo_console.lab.kubernetes.signing import make_key, sign

TAG = "stable"
IMAGES = ("cleoai/api", "cleoai/worker", "cleoai/backup-agent")
MANAGER = "lab"
_SERVE = "#!/bin/sh\ntrap 'sleep 2; exit 0' TERM\nhttpd -f -p 8000 -h /www & wait\n"
_WORK = "#!/bin/sh\ntrap 'sleep 2; exit 0' TERM\nwhile :; do sleep 1 & wait $!; done\n"
"""Both take two seconds to end, as what finishes its requests does."""


def push_images(place: Place, version: str = "1", *, signed: bool = True) -> dict[str, str]:
    """Push the application's images, and return their digests by name.

    Args:
        place: the cluster.
        version: what ``/version`` of the API says: another one is another image.
        signed: sign them, as the application's own pipeline does.

    Raises:
        OSError: the registry does not take them.
    """
    files = {
        "www/health": "ok\n",
        "www/ready": "ok\n",
        "www/version": f"{version}\n",
        "bin/serve": _SERVE,
        "bin/work": _WORK,
    }
    push(make(PAUSE, {}), place.registry, "pause", "1")  # a node whose disk fills up removes what it could pull again
    found = {}
    for name in IMAGES:
        image = make(["/bin/serve" if name == "cleoai/api" else "/bin/work"], files)
        push(image, place.registry, name, TAG)
        if signed:
            make_key(place.folder)
            sign(place.registry, name, image.digest, place.folder / "cosign.key")
        found[f"{REGISTRY}/{name}:{TAG}"] = image.digest
    return found


def make_namespace(place: Place) -> None:
    """Make the namespace, and what the manifests take for granted in it.

    Raises:
        CleoError: the API server does not take it.
    """
    spaces = "/api/v1/namespaces"
    _apply(place, f"{spaces}/{NAMESPACE}", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    login = json.dumps({"auths": {REGISTRY: {"auth": base64.b64encode(b"lab:lab").decode()}}})
    _secret(place, "registry-pull", {".dockerconfigjson": login}, "kubernetes.io/dockerconfigjson")
    _secret(place, "cleoai-databases", {"POSTGRES_URL": "postgresql://cleoai@postgres/cleoai"})
    _secret(place, "cleo-secrets", {"key": "none"})
    inventory = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "cleo-inventory"},
        "data": {"inventory.yaml": "{}"},
    }
    _apply(place, f"{spaces}/{NAMESPACE}/configmaps/cleo-inventory", inventory)


def _secret(place: Place, name: str, values: dict[str, str], kind: str = "Opaque") -> None:
    coded = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    body = {"apiVersion": "v1", "kind": "Secret", "type": kind, "metadata": {"name": name}, "data": coded}
    _apply(place, f"/api/v1/namespaces/{NAMESPACE}/secrets/{name}", body)


def _apply(place: Place, path: str, body: Mapping[str, object]) -> None:
    place.cluster.apply(path, dict(body), MANAGER, dry_run=False, force=True)
