"""An ELBv2 emulated by moto on loopback, and a frontend that answers as its rules for test requests would have it.

A stand-in: it keeps what it is told, its targets are as healthy as they are said to be here, it lets in any credentials
that exist, and no user's request ever comes through it.
"""

from __future__ import annotations

import http.server
import json
import logging
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from actions.health import Health
from actions.inventory import load_inventory
from actions.outcome import Outcome
from actions.system_type import load
from actions.systems.load_balancer import SYSTEM
from actions.systems.load_balancer.probe import probe
from actions.systems.load_balancer.settings import LoadBalancerSettings
from tests.actions.contexts import FakeContext

_KEYS = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
_REGION = "eu-central-1"


class Account:
    """What an account has, emulated: a load balancer, and three target groups with two targets each."""

    def __init__(self, endpoint: str, frontend: str, kind: str = "application") -> None:
        self.endpoint = endpoint
        self.frontend = frontend
        self.client = self._client("elbv2")
        ec2 = self._client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        nets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{_REGION}{'ab'[n]}")["Subnet"]
            for n in (0, 1)
        ]
        name = f"users-{uuid.uuid4().hex[:8]}"
        self.protocol = "TCP" if kind == "network" else "HTTP"
        made = self.client.create_load_balancer(Name=name, Type=kind, Subnets=[net["SubnetId"] for net in nets])
        self.arn = made["LoadBalancers"][0]["LoadBalancerArn"]
        self.groups = {name: self._group(name, vpc, n) for n, name in enumerate(("old", "new", "strange"))}
        self.listeners = 0

    def _client(self, service: str) -> Any:
        import boto3

        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            aws_access_key_id=_KEYS[0],
            aws_secret_access_key=_KEYS[1],
            region_name=_REGION,
        )

    def _group(self, name: str, vpc: str, number: int) -> str:
        own = f"{name}-{uuid.uuid4().hex[:8]}"
        made = self.client.create_target_group(Name=own, Protocol=self.protocol, Port=80, VpcId=vpc, TargetType="ip")
        arn: str = made["TargetGroups"][0]["TargetGroupArn"]
        targets = [{"Id": f"10.0.{number}.{last}", "Port": 80} for last in (11, 12)]
        self.client.register_targets(TargetGroupArn=arn, Targets=targets)
        return arn

    def listener(self, actions: Sequence[Mapping[str, Any]]) -> str:
        """Make a listener."""
        self.listeners += 1
        made = self.client.create_listener(
            LoadBalancerArn=self.arn, Protocol=self.protocol, Port=80 + self.listeners, DefaultActions=actions
        )
        arn: str = made["Listeners"][0]["ListenerArn"]
        return arn


class Elb:
    """A listener of the emulated load balancer, its inventory, and what is done with it."""

    def __init__(self, folder: Path, account: Account) -> None:
        self.account, self.client, self.groups = account, account.client, account.groups
        self.credentials = folder / "credentials"
        self.credentials.write_text(f"[default]\naws_access_key_id = {_KEYS[0]}\naws_secret_access_key = {_KEYS[1]}\n")
        self.credentials.chmod(0o600)
        self.sent = {"TargetGroupArn": self.groups["old"], "Weight": 1}
        self.listener = account.listener([{"Type": "forward", "ForwardConfig": {"TargetGroups": [self.sent]}}])
        self.inventory = folder / "inventory.yaml"
        self.write_inventory()
        self.first = self.context()

    def write_inventory(self, **changes: Any) -> None:
        """Write the inventory, with changes."""
        own = {
            "load_balancer": self.account.arn,
            "listener": self.listener,
            "endpoint": self.account.endpoint,
            "credentials": str(self.credentials),
        }
        system = {
            "type": "load_balancer",
            "provider": "elbv2",
            "elbv2": own | changes.pop("elbv2", {}),
            "one_primary": True,
            "step_s": 0.001,
            "health_s": 0.001,
            "frontend": self.account.frontend,
            "pools": {
                "primary": [{"name": "old", "address": self.groups["old"]}],
                "dr": [{"name": "new", "address": self.groups["new"]}],
            },
            **changes,
        }
        self.inventory.write_text(yaml.safe_dump({"name": "test", "allows": ["LAB"], "systems": {"alb": system}}))

    def context(self, **more: Any) -> FakeContext:
        """A context in an incident."""
        return FakeContext(load_inventory(self.inventory), system="alb", **more)

    def do(self, name: str, context: FakeContext | None = None, **params: Any) -> Outcome:
        """Run one of its actions; all of them in one incident, with its files."""
        found = context or self.context()
        found.files = self.first.files
        return found.do(load(SYSTEM.actions[f"load_balancer.{name}"]), **params)

    @property
    def actions(self) -> Sequence[Mapping[str, Any]]:
        """What the listener does."""
        found: Sequence[Mapping[str, Any]] = self.client.describe_listeners(ListenerArns=[self.listener])["Listeners"][
            0
        ]["DefaultActions"]
        return found

    @property
    def weights(self) -> dict[str, int]:
        """The weight of each target group that users are sent to."""
        names = {arn: name for name, arn in self.groups.items()}
        told = self.actions[0].get("ForwardConfig", {}).get("TargetGroups", [])
        return {names[one["TargetGroupArn"]]: one["Weight"] for one in told}

    def somebody_sets(self, **weights: int) -> None:
        """Change the listener as another person or program does."""
        told = [{"TargetGroupArn": self.groups[name], "Weight": weight} for name, weight in weights.items()]
        actions = [{"Type": "forward", "ForwardConfig": {"TargetGroups": told}}]
        self.client.modify_listener(ListenerArn=self.listener, DefaultActions=actions)

    def health(self) -> Health:
        """Measure it, as console and runner do."""
        settings = load_inventory(self.inventory).system("alb", LoadBalancerSettings)
        return probe("alb", settings, None, deadline_s=5)


def named_as_aws_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have network load balancers that are made from now on be called so: the emulation calls all of them `app`."""
    from moto.elbv2 import models, utils

    name = utils.make_arn_for_load_balancer
    monkeypatch.setattr(models, "make_arn_for_load_balancer", lambda **said: name(**said).replace("/app/", "/net/"))


class Ailing:
    """Says how targets are, which the emulation finds healthy always."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from moto.elbv2.models import FakeHealthStatus, FakeTargetGroup

        self.states: dict[str, tuple[str, str]] = {}

        def health_for(group: Any, target: Mapping[str, Any], _backend: object) -> Any:
            state, reason = self.states.get(group.name.partition("-")[0], ("healthy", None))
            return FakeHealthStatus(target["Id"], target.get("Port", 80), "80", state, reason, None)

        monkeypatch.setattr(FakeTargetGroup, "health_for", health_for)


class _Frontend(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        listener = self.path.split("/")[1] if self.path.count("/") > 1 else ""  # for tests, of a network load balancer
        self.send_header("X-Served-By", listener or self.headers.get("X-Cleo-Server", ""))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def account() -> Iterator[Account]:
    """Start the emulation and the frontend, and stop them."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    frontend = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Frontend)
    threading.Thread(target=frontend.serve_forever, daemon=True).start()
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield Account(f"http://{host}:{port}", f"http://127.0.0.1:{frontend.server_address[1]}")
    finally:
        server.stop()
        frontend.shutdown()
        frontend.server_close()


class Network(Elb):
    """A network load balancer's listener, as strict as AWS: it forwards, and has no answer of its own."""

    def __init__(self, folder: Path, aws: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        self.zones = {"old": "ab", "new": "a"}
        self.weights_taken = True
        super().__init__(folder, aws)
        self._strict(monkeypatch)

    def write_inventory(self, **changes: Any) -> None:
        """Write the inventory; each target group has a listener for tests."""
        tests = {name: f"{self.account.frontend}/{name}" for name in ("old", "new")}
        super().write_inventory(elbv2={"tests": tests} | changes.pop("elbv2", {}), **changes)

    def say(self, name: str, **attributes: str) -> None:
        """Set attributes of a target group."""
        told = [{"Key": key.replace("__", "."), "Value": value} for key, value in attributes.items()]
        self.client.modify_target_group_attributes(TargetGroupArn=self.groups[name], Attributes=told)

    def _strict(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Refuse what AWS refuses of a network load balancer, and tell targets' zones, which the emulation does not."""
        from moto.elbv2.exceptions import ValidationError
        from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeTargetGroup

        modify = ELBv2Backend.modify_listener

        def modify_listener(backend: Any, arn: str, *args: Any, **named: Any) -> Any:
            actions = [one for each in (*args, *named.values()) if isinstance(each, list) for one in each]
            if [one for one in actions if one.get("Type") not in (None, "forward")]:
                raise ValidationError("The action type of a network load balancer must be forward")
            if not self.weights_taken and '"Weight"' in json.dumps(actions):
                raise ValidationError("You cannot specify a target group weight on load balancers of type 'network'")
            return modify(backend, arn, *args, **named)

        class Health(FakeHealthStatus):
            zone = ""

            @property
            def target(self) -> dict[str, str]:
                return super().target | {"AvailabilityZone": self.zone}

        def health_for(group: Any, target: Mapping[str, Any], _backend: object) -> Any:
            place, zones = int(target["Id"].rpartition(".")[2]) - 11, self.zones[group.name.partition("-")[0]]
            state = "healthy" if place < len(zones) else "unhealthy"
            told = Health(target["Id"], target.get("Port", 80), "80", state, None, None)
            told.zone = f"{_REGION}{'ab'[place]}"
            return told

        monkeypatch.setattr(ELBv2Backend, "modify_listener", modify_listener)
        monkeypatch.setattr(FakeTargetGroup, "health_for", health_for)
