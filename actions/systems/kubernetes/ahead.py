"""What stands in the way of every apply: webhooks and aggregated APIs whose backend is gone, and what opens the way."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from actions.outcome import Cure, Finding
from actions.systems.kubernetes.cluster import Cluster, Object
from actions.systems.kubernetes.refusals import Refused
from actions.systems.kubernetes.target import condition

ADMISSION = "/apis/admissionregistration.k8s.io/v1"
KINDS = ("validatingwebhookconfigurations", "mutatingwebhookconfigurations")
_FAILED = re.compile(r'failed (?:calling|to call) webhook "(?P<name>[^"]+)": (?P<why>.*)', re.DOTALL)
_SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"


class Gone(NamedTuple):
    """A backend that the API server needs, and that is not there.

    Attributes:
        about: what needs it.
        text: what is missing, and what that stops.
        cure: what opens the way, as it is typed, and what puts it back.
        stops: it stops what it is asked about; else it is passed over.
        hook: of a webhook, the path of its configuration, and its name in that.
        params: what kubernetes.pass_webhooks must be told to pass it over.
    """

    about: str
    text: str
    cure: str
    stops: bool
    hook: tuple[str, str] = ("", "")
    params: Mapping[str, str] = {}

    @property
    def finding(self) -> Finding:
        """The same, as a look tells it."""
        return Finding(severity="warning", about=self.about, text=self.text, cure=self.cure)


def gone_backends(cluster: Cluster) -> list[Gone]:
    """Return the webhooks and aggregated APIs whose backend is gone.

    Raises:
        NoCluster: the cluster does not answer.
        Refused: it does not let us look.
    """
    return [*_webhooks(cluster), *_apis(cluster)]


def unanswered(cluster: Cluster, refusals: Sequence[str], known: Sequence[Gone]) -> list[Gone]:
    """Return the webhooks that the API server said it got no answer from, and whose backend seemed to be there.

    One outside of the cluster (by a URL) is of that kind, and one whose pods stand ready and hang.

    Args:
        cluster: the cluster.
        refusals: what the API server said.
        known: the backends that are known to be gone.

    Raises:
        NoCluster: the cluster does not answer.
        Refused: it does not let us look.
    """
    found = [said for each in refusals if (said := _FAILED.search(each))]
    silent = {said["name"]: said["why"] for said in found} if found else {}
    for each in known:
        silent.pop(each.hook[1], None)
    return list(named_webhooks(cluster, silent)) if silent else []


def named_webhooks(cluster: Cluster, silent: Mapping[str, str]) -> Iterator[Gone]:
    """Yield webhooks by name, each with why it is of no use.

    Args:
        cluster: the cluster.
        silent: why each gives no answer, by its name.
    """
    for kind, configuration, at, hook in _hooks(cluster):
        if hook["name"] in silent:
            why = f"the API server gets no answer from it ({silent[hook['name']]})"
            yield _webhook(kind, configuration, at, hook, why, params={"webhook": hook["name"]})


def _hooks(cluster: Cluster) -> Iterator[tuple[str, Object, int, Object]]:
    for kind in KINDS:
        for configuration in cluster.visible(f"{ADMISSION}/{kind}") or []:
            for at, hook in enumerate(configuration.get("webhooks") or []):
                yield kind, configuration, at, hook


def _unseen(what: str) -> Gone:
    """Return that nobody can look: whether a backend is gone is not known then."""
    text = "our user may not look at them: whether a backend is gone is not known"
    return Gone(about=what, text=text, cure="Give the user the right to list them (read only).", stops=False)


def _webhooks(cluster: Cluster) -> Iterator[Gone]:
    for kind in KINDS:
        if cluster.visible(f"{ADMISSION}/{kind}") is None:
            yield _unseen(kind)
    for kind, configuration, at, hook in _hooks(cluster):
        service = (hook.get("clientConfig") or {}).get("service")
        if service and (why := unserved(cluster, service)):
            yield _webhook(kind, configuration, at, hook, why)


def _webhook(
    kind: str,
    configuration: Mapping[str, Any],
    at: int,
    hook: Mapping[str, Any],
    why: str,
    params: Mapping[str, str] | None = None,
) -> Gone:
    name, fails = configuration["metadata"]["name"], hook.get("failurePolicy") != "Ignore"
    asked = ", ".join(sorted({each for rule in hook.get("rules") or [] for each in rule.get("resources") or []}))
    stops = (
        f"no {asked} can be made or changed while it is asked" if fails else "it is passed over (failurePolicy Ignore)"
    )
    return Gone(
        about=f"{kind.removesuffix('s')} {name}: {hook['name']}",
        text=f"{why}: {stops}",
        cure="Bring its backend up; or kubernetes.pass_webhooks passes it over, until kubernetes.put_back_webhooks. By "
        f"hand: {_patch(kind, name, at, 'Ignore')} and, once its backend is up, {_patch(kind, name, at, 'Fail')}"
        if fails
        else "Bring its backend up: what it would change or refuse is not looked at.",
        stops=fails,
        hook=(f"{ADMISSION}/{kind}/{name}", hook["name"]),
        params=params or {},
    )


def _patch(kind: str, name: str, at: int, policy: str) -> str:
    change = f'[{{"op":"replace","path":"/webhooks/{at}/failurePolicy","value":"{policy}"}}]'
    return shlex.join(["kubectl", "patch", kind, name, "--type=json", "-p", change])


def unserved(cluster: Cluster, service: Mapping[str, Any]) -> str:
    """Return why nobody answers for a service; empty: somebody does."""
    namespace, name = service["namespace"], service["name"]
    if cluster.find(f"/api/v1/namespaces/{namespace}/services/{name}") is None:
        return f"its service {namespace}/{name} is not there"
    endpoints = cluster.find(f"/api/v1/namespaces/{namespace}/endpoints/{name}") or {}
    if not any(each.get("addresses") for each in endpoints.get("subsets") or []):
        return f"no pod stands ready behind its service {namespace}/{name}"
    return ""


def _apis(cluster: Cluster) -> Iterator[Gone]:
    """Yield aggregated APIs that do not answer: discovery, and the removal of namespaces, wait for them."""
    try:
        found = cluster.visible(_SERVICES)
    except Refused as error:
        if error.status != 404:
            raise
        return
    if found is None:
        yield _unseen("apiservices")
    for one in found or []:
        available = condition(one, "Available")
        if (one.get("spec") or {}).get("service") and available.get("status") != "True":
            name = one["metadata"]["name"]
            yield Gone(
                about=f"apiservice {name}",
                text=f"it does not answer ({available.get('message') or 'no reason given'}): nothing of it can be "
                "applied, and no namespace goes while it is listed",
                cure=f"Bring its backend up; or leave it out: kubectl get apiservice {name} -o yaml >kept.yaml && "
                f"kubectl delete apiservice {name}, and later kubectl apply -f kept.yaml",
                stops=False,
            )


def stopping(gone: Sequence[Gone]) -> list[Cure]:
    """Return what opens the way past webhooks that stop what they are asked about; nothing where none does."""
    stops = [one for one in gone if one.stops]
    if not stops:
        return []
    words = "Pass over the webhooks whose backend is gone: they refuse everything that they are asked about."
    params = next((dict(one.params) for one in stops if one.params), {})
    return [Cure(words=words, action="kubernetes.pass_webhooks", params=params)]


def findings(gone: Sequence[Gone]) -> list[Finding]:
    """Return them as a look tells them."""
    return [one.finding for one in gone]
