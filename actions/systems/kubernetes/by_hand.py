"""What is typed without the program: kubectl, with the kubeconfig and the context of the inventory."""

from __future__ import annotations

from collections.abc import Iterator

from actions.by_hand import ByHand, CommandLine
from actions.systems.kubernetes.settings import KubernetesSettings

FOLDER = "k8s/disaster-recovery/"
"""Where the plan has its manifests."""
MANAGER = "cleo-console"
"""Who owns the fields that an apply sets."""


def kubectl(settings: KubernetesSettings, *words: str, namespaced: bool = True) -> list[str]:
    """Return a command of kubectl."""
    context = ["--context", settings.context] if settings.context else []
    where = ["--namespace", settings.namespace] if namespaced else []
    return ["kubectl", "--kubeconfig", str(settings.kubeconfig_file), *context, *where, *words]


def which_cluster(settings: KubernetesSettings) -> CommandLine:
    """Return what tells which cluster it is."""
    meant = f" It must be {settings.cluster}." if settings.cluster else ""
    words = ("get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}")
    return CommandLine(argv=kubectl(settings, *words, namespaced=False), what=f"which cluster this really is.{meant}")


def apply_lines(known: ByHand) -> Iterator[CommandLine]:
    """Yield what applies the manifests: tried on the server first, then shown, then done."""
    settings = known.settings(KubernetesSettings)
    folder = str(settings.folder(str(known.params.get("path") or FOLDER)))
    applied = ("apply", "--server-side", f"--field-manager={MANAGER}", "-f", folder)
    yield which_cluster(settings)
    yield CommandLine(
        argv=kubectl(settings, *applied, "--dry-run=server"), what="tried by the server; nothing is changed"
    )
    yield CommandLine(
        argv=kubectl(settings, "diff", "--server-side", "-f", folder), what="the difference it would make"
    )
    yield CommandLine(argv=kubectl(settings, *applied), what="done; never with --force-conflicts unread")
