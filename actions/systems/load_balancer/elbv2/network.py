"""What is another at a network load balancer: it forwards connections, which stay where they are until they close.

Sources: "Listeners for your Network Load Balancers" (weights: new connections only), "Target group attributes" and
"Cross-zone load balancing", AWS's documentation of 2026.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from actions.systems.load_balancer.elbv2.api import Api
from actions.systems.load_balancer.elbv2.seen import HEALTHY, Group, Network

_TERMINATES = "deregistration_delay.connection_termination.enabled"
_DELAY = "deregistration_delay.timeout_seconds"
_CLIENT = "preserve_client_ip.enabled"
_ZONES = "load_balancing.cross_zone.enabled"
_OF_BALANCER = "use_load_balancer_configuration"


def network_of(api: Api, balancer: Mapping[str, Any], groups: Sequence[Group]) -> Network:
    """Return what there is to know of a network load balancer before users are moved.

    Args:
        api: its API.
        balancer: as the API describes it.
        groups: the inventory's target groups, as they are now.

    Raises:
        ApiTrouble: the API does not tell.
    """
    arn = str(balancer["LoadBalancerArn"])
    told = api.ask("tell its attributes", "describe_load_balancer_attributes", LoadBalancerArn=arn)
    crosses = {one["Key"]: one["Value"] for one in told["Attributes"]}.get(_ZONES, "false")
    known = {one.name: group_attributes(api, one.name, one.address) for one in groups}
    zones = [str(one["ZoneName"]) for one in balancer.get("AvailabilityZones", [])]
    return Network([*_open(groups, known), *_addresses(known), *_zones(groups, known, crosses, zones)])


def group_attributes(api: Api, name: str, arn: str) -> dict[str, str]:
    """Return a target group's attributes.

    Raises:
        ApiTrouble: the API does not tell.
    """
    told = api.ask(f"tell how {name} drains", "describe_target_group_attributes", TargetGroupArn=arn)
    return {one["Key"]: one["Value"] for one in told["Attributes"]}


def _open(groups: Sequence[Group], known: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Yield that open connections are not moved, and what ends them."""
    for one in groups:
        if not one.takes_users:
            continue
        said = known[one.name]
        text = "connections that are open there stay until they close: weights move new ones alone"
        deregister = f"Deregistered targets drain {said.get(_DELAY, '300')} s, then "
        ends = (
            "their connections are ended" if said.get(_TERMINATES) == "true" else "their connections go on all the same"
        )
        yield one.name, text, f"Have clients connect anew, or fence its servers. {deregister}{ends} ({_TERMINATES})."


def _addresses(known: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Yield that servers of one target group see users' addresses, and those of another do not."""
    keep = {name: said.get(_CLIENT, "") for name, said in known.items()}
    if len(set(keep.values())) > 1:
        said = ", ".join(f"{name} {value or 'not told'}" for name, value in sorted(keep.items()))
        text = f"not the same for all target groups: {said}"
        cure = "Servers that see the load balancer for the user have to let its addresses in, and limit by them."
        yield _CLIENT, text, cure


def _zones(
    groups: Sequence[Group], known: Mapping[str, Mapping[str, str]], crosses: str, zones: Sequence[str]
) -> Iterator[tuple[str, str, str]]:
    """Yield which target groups do not serve users of every zone, where zones do not serve each other."""
    for one in groups:
        own = known[one.name].get(_ZONES, _OF_BALANCER)
        if "true" in (own, crosses if own == _OF_BALANCER else ""):
            continue
        served = {target.zone for target in one.targets if target.state == HEALTHY}
        if "" in served:
            text = "cross-zone is off, and the API does not tell in which zone its targets are"
            yield one.name, text, f"See that each zone has a healthy one: {', '.join(zones)}."
        elif lacks := [zone for zone in zones if not served & {zone, "all"}]:
            text = f"no healthy target in {', '.join(lacks)}, and cross-zone is off: who comes by it is not served"
            yield one.name, text, "Register one there, or switch cross-zone on (load_balancing.cross_zone.enabled)."
