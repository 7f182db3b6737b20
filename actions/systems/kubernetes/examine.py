"""A closer look at a cluster: what would stand in the way on the day when it is needed, found before."""

from __future__ import annotations

from actions.context import ActionContext
from actions.examination import Examination
from actions.health import Health
from actions.outcome import Cure, Finding
from actions.systems.kubernetes.by_hand import FOLDER
from actions.systems.kubernetes.cluster import Cluster
from actions.systems.kubernetes.images import Image, parse_image, resolve
from actions.systems.kubernetes.look import survey
from actions.systems.kubernetes.manifests import images, read_manifests
from actions.systems.kubernetes.target import open_cluster
from actions.systems.kubernetes.trust import trust_findings
from journal.errors import CleoError

_REQUEST_S = 3.0
_LOOK = Cure(words="See what is there, and what would stop an apply.", action="kubernetes.look")


def examine(ctx: ActionContext, system: str, health: Health, *, thorough: bool) -> Examination:
    """Return what runs there, and what would stop a deployment: gone backends, images that no registry has."""
    cluster = open_cluster(ctx, system, _REQUEST_S)
    named = _unnamed(cluster)
    try:
        lines, findings = survey(cluster)
    except CleoError as error:
        finding = Finding(severity="warning", about=system, text=error.message, cure=error.hint)
        return Examination(findings=[finding, *named])
    findings += [*_images(cluster), *named]
    return Examination(lines=lines, findings=findings, cures=[_LOOK] if findings else [])


def _unnamed(cluster: Cluster) -> list[Finding]:
    """Return that the inventory does not say which cluster is meant."""
    if cluster.settings.cluster:
        return []
    text = "the inventory does not say which cluster is meant: a changed kubeconfig would lead to another one unnoticed"
    cure = "Give it cluster: with the uid of the namespace kube-system."
    return [Finding(severity="note", about="cluster", text=text, cure=cure)]


def _images(cluster: Cluster) -> list[Finding]:
    """Return the manifests' images that no registry has or nobody vouched for, and manifests that cannot be read."""
    settings = cluster.settings
    try:
        wanted = [parse_image(one) for one in images(read_manifests(settings.folder(FOLDER), settings.namespace))]
    except CleoError as error:
        return [Finding(severity="warning", about="manifests", text=error.message, cure=error.hint)]
    answers = resolve(settings, wanted)
    missing = [
        Finding(severity="warning", about=text, text=answer.message, cure=answer.hint)
        for text, answer in answers.items()
        if isinstance(answer, CleoError)
    ]
    try:
        return [*missing, *trust_findings(settings, [one for one in answers.values() if isinstance(one, Image)])]
    except CleoError as error:
        return [*missing, Finding(severity="warning", about="signed_by", text=error.message, cure=error.hint)]
