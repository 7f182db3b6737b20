"""What an ELBv2 sends users to, and the health of each target, as its API tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from actions.systems.load_balancer.seen import Seen, Server
from actions.systems.load_balancer.settings import State

HEALTHY = "healthy"
ROUTES = ("forward", "redirect", "fixed-response")
"""The actions that end a request's way: each listener and rule has one."""
_NEW = 100
"""The weight of a target group that had none before."""


@dataclass(frozen=True)
class Target:
    """One target of a target group.

    Attributes:
        name: its id and port.
        state: as AWS has it. Only ``healthy`` is: neither ``unused`` (no listener or rule has its group) nor
            ``initial``, ``draining``, ``unhealthy``, ``unavailable``.
        reason: AWS's code for it, and its words.
        zone: its Availability Zone; empty: not told.
    """

    name: str
    state: str
    reason: str
    zone: str = ""

    @property
    def words(self) -> str:
        """Its health in words."""
        return f"{self.name} {self.state}" + (f" ({self.reason})" if self.reason else "")


@dataclass(frozen=True)
class Group(Server):
    """A target group: what is moved as a whole. It is ``ready`` where the action has it, else in ``maint``.

    Attributes:
        targets: its targets.
        delay_s: seconds for which a target drains that was deregistered; -1: not asked, none drains.
    """

    targets: tuple[Target, ...]
    delay_s: int = -1

    @property
    def passed(self) -> bool:
        """Whether a target of it is healthy."""
        return any(one.state == HEALTHY for one in self.targets)

    @property
    def healthy(self) -> bool:
        """Whether a target of it is healthy: with none, users are sent to all of them, and answers prove nothing."""
        return self.passed

    @property
    def is_dead(self) -> bool:
        """Never: without a healthy target all of them are sent to."""
        return False

    @property
    def sick(self) -> list[str]:
        """Those of its targets that are not healthy, in words."""
        return [one.words for one in self.targets if one.state != HEALTHY]

    @property
    def words(self) -> str:
        """Its health in words."""
        if not self.targets:
            return "without a target"
        healthy = len(self.targets) - len(self.sick)
        said = [f"{healthy} of {len(self.targets)} targets healthy", *self.sick]
        if not healthy and self.weight:
            said.append("users are sent to all of them all the same")
        if self.delay_s >= 0:
            said.append(f"draining takes {self.delay_s} s")
        return "; ".join(said)


@dataclass(frozen=True)
class Network:
    """What a network load balancer's attributes mean for a move.

    Attributes:
        doubts: each with what it is about, and what helps.
    """

    doubts: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class Elbv2Seen(Seen):
    """An ELBv2 at one moment.

    Attributes:
        address: its name in DNS.
        arn: its ARN.
        actions: the actions of the listener or rule, as the API tells them.
        strangers: target groups there that are in no pool of the inventory, by ARN.
        network: what else there is to know of a network load balancer; None: it is an application load balancer.
    """

    address: str
    arn: str
    actions: Sequence[Mapping[str, Any]]
    strangers: Sequence[str]
    network: Network | None = None
    counts: ClassVar[bool] = False

    @property
    def words(self) -> str:
        """What answered."""
        return f"{self.address}: {route_words(self.actions)}"

    @property
    def route(self) -> Mapping[str, Any]:
        """The action that ends a request's way."""
        return route_of(self.actions)

    @property
    def doubts(self) -> Sequence[tuple[str, str, str]]:
        """Strange target groups, sick targets, and users who are kept at a target group by a cookie."""
        found = [(arn, "users are sent there; it is in no pool", "Name it in the inventory.") for arn in self.strangers]
        groups = [one for one in self.servers.values() if isinstance(one, Group) and one.sick]
        found += [(one.name, f"has {', '.join(one.sick)}", "See to these targets.") for one in groups]
        found += self.network.doubts if self.network else []
        if sticky_s(self.actions):
            text = f"keeps users where they are for up to {sticky_s(self.actions)} s (stickiness): steps move them late"
            found.append((self.address, text, "A target group that is taken out of the action keeps nobody."))
        return found


def route_of(actions: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the action that ends a request's way; empty where there is none."""
    return next((one for one in actions if one.get("Type") in ROUTES), {})


def weights_in(actions: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return the weight of each target group that is forwarded to, by ARN; that of a lone one counts for all users."""
    route = route_of(actions)
    if route.get("Type") != "forward":
        return {}
    groups = route.get("ForwardConfig", {}).get("TargetGroups", [])
    if len(groups) > 1:
        return {one["TargetGroupArn"]: int(one.get("Weight", 1)) for one in groups}
    lone = groups[0]["TargetGroupArn"] if groups else route.get("TargetGroupArn", "")
    return {lone: int((groups[0] if groups else {}).get("Weight") or 1)} if lone else {}


def sticky_s(actions: Sequence[Mapping[str, Any]]) -> int:
    """Return for how many seconds a user is kept at a target group; 0: not at all."""
    found = route_of(actions).get("ForwardConfig", {}).get("TargetGroupStickinessConfig", {})
    return int(found.get("DurationSeconds", 0)) if found.get("Enabled") else 0


def route_words(actions: Sequence[Mapping[str, Any]]) -> str:
    """Return what becomes of a request, in words."""
    route = route_of(actions)
    if route.get("Type") == "fixed-response":
        return f"answers {route.get('FixedResponseConfig', {}).get('StatusCode', '?')} itself"
    groups = [f"{arn.split('/')[-2]} weight {weight}" for arn, weight in weights_in(actions).items()]
    return f"forwards to {', '.join(groups)}" if groups else f"{route.get('Type', 'no action')}"


def group_of(name: str, arn: str, weights: Mapping[str, int], targets: tuple[Target, ...], delay_s: int) -> Group:
    """Return a target group as it is set, and as its targets are."""
    state: State = "ready" if arn in weights else "maint"
    weight = weights.get(arn, 0)
    return Group(
        name=name,
        address=arn,
        state=state,
        weight=weight,
        base=_NEW,
        status="",
        check="",
        last_check="",
        sessions=0,
        requests=0,
        errors=0,
        targets=targets,
        delay_s=delay_s,
    )


def target_of(told: Mapping[str, Any]) -> Target:
    """Return a target as ``DescribeTargetHealth`` tells it."""
    target, health = told["Target"], told.get("TargetHealth", {})
    port = f":{target['Port']}" if target.get("Port") else ""
    reason = ": ".join(part for part in (health.get("Reason", ""), health.get("Description", "")) if part)
    zone = str(target.get("AvailabilityZone", ""))
    return Target(f"{target['Id']}{port}", str(health.get("State", "unknown")), reason, zone)
