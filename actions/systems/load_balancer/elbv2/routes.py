"""What a listener or rule of an ELBv2 is to do, made of what its target groups are to be set to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

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


def actions_for(wanted: Mapping[str, Setting], now: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the actions that set target groups as wanted; how users are kept at one stays as it was."""
    tuples = [{"TargetGroupArn": one.address, "Weight": one.weight} for one in wanted.values() if one.state == "ready"]
    if not tuples:
        return [_NOBODY]
    sticky = route_of(now).get("ForwardConfig", {}).get("TargetGroupStickinessConfig")
    config = {"TargetGroups": tuples} | ({"TargetGroupStickinessConfig": sticky} if sticky and len(tuples) > 1 else {})
    return [{"Type": "forward", "ForwardConfig": config}]
