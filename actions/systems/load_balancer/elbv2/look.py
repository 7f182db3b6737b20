"""A look at an ELBv2: what its listener or rule does, and the health of every target of every pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from actions.outcome import ActionFailed
from actions.systems.load_balancer.elbv2.api import Api
from actions.systems.load_balancer.elbv2.network import group_attributes, network_of
from actions.systems.load_balancer.elbv2.seen import Elbv2Seen, Group, group_of, target_of, weights_in
from actions.systems.load_balancer.settings import LoadBalancerSettings

_ARN_DELAY = "deregistration_delay.timeout_seconds"


def look(api: Api, settings: LoadBalancerSettings, bases: Mapping[str, int] | None = None) -> Elbv2Seen:
    """Return what the load balancer does now.

    Args:
        api: its API.
        settings: what the inventory says of it.
        bases: the weights by which a site's target groups divide its users, where they had any before.

    Raises:
        ActionFailed: the API does not tell, or it is no application load balancer.
    """
    balancer = _balancer(api)
    actions = actions_now(api)
    weights = weights_in(actions)
    known_bases = bases or {}
    groups = {
        name: _group(api, name, one.address, weights, known_bases.get(name, 0))
        for name, one in settings.servers.items()
    }
    known = {one.address for one in settings.servers.values()}
    return Elbv2Seen(
        network=network_of(api, balancer, list(groups.values())) if api.settings.network else None,
        pid=0,
        uptime_s=0,
        version="",
        servers=groups,
        address=str(balancer.get("DNSName", "")),
        arn=str(balancer["LoadBalancerArn"]),
        actions=actions,
        strangers=[arn for arn in weights if arn not in known],
    )


def actions_now(api: Api) -> Sequence[Mapping[str, Any]]:
    """Return the actions of the rule, else of the listener, as the API tells them now.

    Raises:
        ApiTrouble: it does not tell.
    """
    own = api.settings
    if own.rule:
        rules = api.ask("describe the rule", "describe_rules", RuleArns=[own.rule])["Rules"]
        actions: list[Mapping[str, Any]] = rules[0]["Actions"] if rules else []
    else:
        listeners = api.ask("describe the listener", "describe_listeners", ListenerArns=[own.listener])["Listeners"]
        actions = listeners[0]["DefaultActions"] if listeners else []
    return sorted(actions, key=lambda one: int(one.get("Order", 0)))


def _balancer(api: Api) -> Mapping[str, Any]:
    arn = api.settings.load_balancer
    told = api.ask("describe the load balancer", "describe_load_balancers", LoadBalancerArns=[arn])["LoadBalancers"]
    found: Mapping[str, Any] = told[0] if told else {}
    kind = "network" if api.settings.network else "application"
    if found.get("LoadBalancerArn") != arn or found.get("Type") != kind:
        raise ActionFailed(
            f"AWS's API tells of no {kind} load balancer {arn}, but of: {found.get('Type', 'none')}.",
            "Correct its ARN in the inventory.",
        )
    return found


def _group(api: Api, name: str, arn: str, weights: Mapping[str, int], base: int) -> Group:
    told = api.ask(f"tell the health of {name}", "describe_target_health", TargetGroupArn=arn)
    targets = tuple(target_of(one) for one in told["TargetHealthDescriptions"])
    drains = any(one.state == "draining" for one in targets)
    found = group_of(name, arn, weights, targets, _delay_s(api, name, arn) if drains else -1)
    return replace(found, base=base) if base else found


def _delay_s(api: Api, name: str, arn: str) -> int:
    return int(group_attributes(api, name, arn).get(_ARN_DELAY, 300))
