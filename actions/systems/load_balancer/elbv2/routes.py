"""What a listener or rule of an ELBv2 is to do, made of what its target groups are to be set to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from actions.outcome import ActionFailed
from actions.systems.load_balancer.elbv2.seen import route_of
from actions.systems.load_balancer.record import Setting

_NOBODY = {
    "Type": "fixed-response",
    "FixedResponseConfig": {
        "StatusCode": "503",
        "ContentType": "text/plain",
        "MessageBody": "The service is not available at the moment.",
    },
}


def nothing_left() -> ActionFailed:
    """Return why nobody can be left without a target group at a network load balancer."""
    words = "A network load balancer answers nothing itself: its listener must forward to some target group."
    hint = (
        "Fence the site's servers: unhealthy ones get no connections. Or by hand: close the load balancer's security "
        "group, or let the listener forward to a target group without targets."
    )
    return ActionFailed(words, hint, left_behind="Nothing was changed.")


def settled(wanted: Mapping[str, Setting]) -> dict[str, Setting]:
    """Return what target groups are set to where these settings are wanted.

    What is drained or in maintenance is taken out of the action: cookies lead nobody there. Where nobody would have a
    weight, no action has any of them: what all weights of 0 do is not documented, a fixed response is.
    """
    ready = any(one.state == "ready" and one.weight for one in wanted.values())
    out = {name for name, one in wanted.items() if one.state != "ready" or not ready}
    return {
        name: msgspec.structs.replace(one, state="maint", weight=0) if name in out else one
        for name, one in wanted.items()
    }


def actions_for(
    wanted: Mapping[str, Setting], now: Sequence[Mapping[str, Any]], *, network: bool = False
) -> list[Mapping[str, Any]]:
    """Return the actions that set target groups as wanted; how users are kept at one stays as it was.

    Raises:
        ActionFailed: a network load balancer would have no target group left.
    """
    tuples = [{"TargetGroupArn": one.address, "Weight": one.weight} for one in wanted.values() if one.state == "ready"]
    if not tuples and network:
        raise nothing_left()
    if not tuples:
        return [_NOBODY]
    sticky = route_of(now).get("ForwardConfig", {}).get("TargetGroupStickinessConfig")
    config = {"TargetGroups": tuples} | ({"TargetGroupStickinessConfig": sticky} if sticky and len(tuples) > 1 else {})
    return [{"Type": "forward", "ForwardConfig": config}]
