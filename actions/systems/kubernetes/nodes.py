"""What a cluster's nodes say of themselves: whether they are ready, and what they have too little of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from actions.outcome import Finding
from actions.systems.kubernetes.cluster import Object
from actions.systems.kubernetes.target import condition, ready_nodes

_PRESSURES = {
    "DiskPressure": ("its disk is nearly full", "Free its disk: images that nothing runs, logs, what pods wrote."),
    "MemoryPressure": ("it has hardly any memory left", "End what takes its memory, or add a node."),
    "PIDPressure": ("it has hardly any process numbers left", "End what makes processes there, or add a node."),
    "NetworkUnavailable": ("its network is not set up", "See its CNI: its pods get no address."),
}
_TAKES_NONE = "it takes no new pods, and ends some that it has"


def node_findings(nodes: Sequence[Object]) -> Iterator[Finding]:
    """Yield what a person must see to at each node."""
    for name, ready in ready_nodes(list(nodes)).items():
        if not ready:
            yield Finding(
                severity="warning",
                about=name,
                text="the node is not ready: its pods may run on, or not; volumes stay with it for minutes",
                cure="See kubectl describe node. Force nothing away from it before it is proven to be off.",
            )
    for one in nodes:
        name = str(one["metadata"]["name"])
        for kind, (text, cure) in _PRESSURES.items():
            if condition(one, kind).get("status") == "True":
                words = f"{text} ({kind}): {_TAKES_NONE}" if kind != "NetworkUnavailable" else f"{text} ({kind})"
                yield Finding(severity="warning", about=name, text=words, cure=cure)
