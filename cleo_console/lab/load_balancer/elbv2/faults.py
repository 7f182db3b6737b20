"""What can be broken in a lab's emulated ELBv2."""

from __future__ import annotations

import signal
from datetime import UTC, datetime

from cleo_console.lab.emulated_aws import client
from cleo_console.lab.load_balancer.elbv2.place import GROUPS, Place
from cleo_console.lab.service import Done, FaultKind


def _sick(place: Place) -> Done:
    at = datetime.now(UTC).isoformat()
    place.sick.write_text(GROUPS["dr"])
    return f"no target of {GROUPS['dr']} passes its checks; rm {place.sick} takes it back", {"at": at}


def _lose_primary(place: Place) -> Done:
    at = datetime.now(UTC).isoformat()
    place.sick.write_text(GROUPS["primary"])
    return f"no target of {GROUPS['primary']} passes its checks; rm {place.sick} takes it back", {"at": at}


def _somebody(place: Place) -> Done:
    place.require_running()
    at, arns = datetime.now(UTC).isoformat(), place.account()
    told = [{"TargetGroupArn": arn, "Weight": 1} for arn in arns["groups"].values()]
    actions = [{"Type": "forward", "ForwardConfig": {"TargetGroups": told}}]
    client(place.port, "elbv2").modify_listener(ListenerArn=arns["listener"], DefaultActions=actions)
    return "somebody had the listener send users to both sites, half and half", {"at": at}


def _silent(place: Place) -> Done:
    place.require_running()
    at = datetime.now(UTC).isoformat()
    place.end(signal.SIGKILL)
    return "API and front door were killed; cleo lab up starts them as they were at first", {"at": at}


FAULTS = (
    FaultKind("dr-sick", "have no target of the DR site be healthy", _sick),
    FaultKind("primary-sick", "have no target of the primary site be healthy", _lose_primary),
    FaultKind("somebody", "have somebody divide users between both sites", _somebody),
    FaultKind("dead", "kill API and front door", _silent),
)
