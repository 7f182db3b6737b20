"""The emulated ELBv2 of a lab, as a process: moto's server for AWS's API, and a front door that does what it is told.

A stand-in: it lets in any credentials, and forgets everything as it ends. What it has is made anew as it starts, with
the same names: moto's random numbers begin with the same seed.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from cleo_console.lab.emulated_aws import REGION, client, tell_made
from cleo_console.lab.load_balancer.elbv2.place import GROUPS

_SEED = 1
_KEEP_S = 0.3
"""Seconds for which the front door keeps what the API said."""


def make_account(port: int) -> dict[str, Any]:
    """Make a load balancer with a target group for each site, and return their ARNs."""
    from moto.moto_api._internal import mock_random

    mock_random.seed(_SEED)
    ec2, elb = client(port, "ec2"), client(port, "elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    nets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]
        for n, zone in enumerate("ab")
    ]
    made = elb.create_load_balancer(Name="users", Subnets=[net["SubnetId"] for net in nets])["LoadBalancers"][0]
    groups = {site: _group(elb, name, vpc, n) for n, (site, name) in enumerate(GROUPS.items())}
    sent = {"TargetGroupArn": groups["primary"], "Weight": 1}
    actions = [{"Type": "forward", "ForwardConfig": {"TargetGroups": [sent]}}]
    arn = made["LoadBalancerArn"]
    listener = elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=actions)
    return {"load_balancer": arn, "listener": listener["Listeners"][0]["ListenerArn"], "groups": groups}


def _group(elb: Any, name: str, vpc: str, number: int) -> str:
    told = elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    arn: str = told["TargetGroups"][0]["TargetGroupArn"]
    targets = [{"Id": f"10.0.{number}.{last}", "Port": 80} for last in (11, 12)]
    elb.register_targets(TargetGroupArn=arn, Targets=targets)
    return arn


def tell_health(sick: Path) -> None:
    """Have the emulation say that targets of sick groups fail their checks: by itself it finds all healthy."""
    from moto.elbv2.models import FakeHealthStatus, FakeTargetGroup

    def health_for(group: Any, target: Mapping[str, Any], _backend: object) -> Any:
        ill = group.name in sick_groups(sick)
        state, reason = ("unhealthy", "Target.ResponseCodeMismatch") if ill else ("healthy", None)
        return FakeHealthStatus(target["Id"], target.get("Port", 80), "80", state, reason, None)

    FakeTargetGroup.health_for = health_for  # type: ignore[method-assign, assignment]


def sick_groups(sick: Path) -> frozenset[str]:
    """Return the target groups that are sick."""
    try:
        return frozenset(sick.read_text().split())
    except OSError:
        return frozenset()


class Door(BaseHTTPRequestHandler):
    """One connection of a user: answered by a target group, as the listener's weights have it."""

    port: ClassVar[int]
    made: ClassVar[dict[str, Any]]
    sick: ClassVar[Path]
    known: ClassVar[tuple[float, list[dict[str, Any]]]] = (0.0, [])
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        """Answer by the group that is asked for, else by one of those that users are sent to."""
        action = self._actions()[0]
        weights = {each["TargetGroupArn"]: int(each.get("Weight", 1)) for each in _groups(action)}
        names = {arn: GROUPS[site] for site, arn in self.made["groups"].items()}
        asked = next((arn for arn in weights if names.get(arn) == self.headers.get("X-Cleo-Server")), "")
        if not any(weights.values()) and not asked:
            self._say(503, "")
            return
        arn = asked or random.choices(list(weights), list(weights.values()))[0]  # no secret
        name = names.get(arn, "")
        self._say(503 if name in sick_groups(self.sick) else 200, name)

    def _say(self, status: int, name: str) -> None:
        body = json.dumps({"served_by": name}).encode()
        self.send_response(status)
        self.send_header("X-Served-By", name)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _actions(self) -> list[dict[str, Any]]:
        at, actions = Door.known
        if time.monotonic() - at > _KEEP_S:
            told = client(self.port, "elbv2").describe_listeners(ListenerArns=[self.made["listener"]])
            actions = told["Listeners"][0]["DefaultActions"]
            Door.known = (time.monotonic(), actions)
        return actions

    def log_message(self, *_: object) -> None:
        """Say nothing: users are many."""


def _groups(action: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = action.get("ForwardConfig", {}).get("TargetGroups", [])
    lone = action.get("TargetGroupArn", "")
    return found or ([{"TargetGroupArn": lone}] if lone else [])


def main(arguments: list[str]) -> None:
    """Serve until somebody ends the process."""
    from moto.server import ThreadedMotoServer

    said = json.loads(Path(arguments[0]).read_text())
    Door.port, Door.sick, made = said["port"], Path(said["sick"]), Path(said["made"])
    ThreadedMotoServer(ip_address="127.0.0.1", port=said["port"], verbose=False).start()
    tell_health(Door.sick)
    Door.made = make_account(said["port"])
    door = ThreadingHTTPServer(("127.0.0.1", said["front"]), Door)
    tell_made(made, Door.made)
    door.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
