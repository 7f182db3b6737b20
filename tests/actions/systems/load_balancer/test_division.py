"""How users are divided by weights, what counts as healthy, and what an inventory may say."""

from __future__ import annotations

import msgspec
import pytest

from actions.systems.load_balancer.seen import Server
from actions.systems.load_balancer.settings import LoadBalancerSettings
from actions.systems.load_balancer.weights import share_of, weights_at


@pytest.mark.parametrize("new", [(100, 100), (1,), (256, 128, 64)])
@pytest.mark.parametrize("old", [(100, 100), (1, 1, 1), (50, 200)])
@pytest.mark.parametrize("share", [1, 5, 25, 50, 95])
def test_a_share_is_what_was_asked_for(share: int, new: tuple[int, ...], old: tuple[int, ...]) -> None:
    new_pool = {f"d{number}": weight for number, weight in enumerate(new)}
    old_pool = {f"s{number}": weight for number, weight in enumerate(old)}
    weights = weights_at(share, new_pool, old_pool)
    assert all(1 <= weight <= 256 for weight in weights.values())
    assert share_of(weights, new_pool) == pytest.approx(share, abs=1.5)


def test_all_or_nothing() -> None:
    assert weights_at(100, {"d": 0}, {"s": 100}) == {"d": 256, "s": 0}
    assert weights_at(0, {"d": 1}, {"s": 1}) == {"d": 0, "s": 256}
    assert share_of({}, {}) == 0


@pytest.mark.parametrize(
    ("state", "status", "check", "healthy"),
    [
        ("ready", "UP", "L7OK", True),
        ("ready", "UP 1/2", "L7OK", True),
        ("ready", "UP", "", False),
        ("ready", "UP", "INI", False),
        ("ready", "no check", "", False),
        ("ready", "DOWN", "L4CON", False),
        ("drain", "DRAIN", "L7OK", False),
        ("maint", "MAINT", "L7OK", False),
    ],
)
def test_only_a_passed_check_is_healthy(state: str, status: str, check: str, healthy: bool) -> None:
    made = Server("s", "10.0.0.1:80", state, 1, 1, status, check, "", 0, 0, 0)  # type: ignore[arg-type]
    assert made.healthy is healthy
    assert made.words


_LB = "arn:aws:elasticloadbalancing:eu-central-1:123456789012"
_ELB = {"load_balancer": f"{_LB}:loadbalancer/app/users/1", "listener": f"{_LB}:listener/app/users/1/2"}
_GOOD = {
    "type": "load_balancer",
    "host": "lb1",
    "backend": "api",
    "frontend": "http://lb1",
    "pools": {"primary": [{"name": "s1", "address": "10.0.0.1:80"}]},
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"provider": "nginx"}, "nginx cannot be acted on"),
        ({"provider": "elbv2"}, "go together"),
        ({"host": ""}, "host that HAProxy runs on"),
        ({"elbv2": _ELB, "provider": "elbv2"}, "an elbv2 has no host"),
        ({"elbv2": _ELB | {"load_balancer": "users"}, "provider": "elbv2"}, "is to be the ARN"),
        ({"elbv2": _ELB | {"listener": _ELB["listener"].replace("users", "shop")}}, "is no listener of"),
        ({"backend": "api; shutdown"}, "no name of a backend"),
        ({"pools": {"primary": [{"name": "s1 state", "address": "10.0.0.1:80"}]}}, "no name of a server"),
        ({"pools": {"primary": [{"name": "s1", "address": "s1.example"}]}}, "IP address with its port"),
        ({"pools": {"dr": [{"name": "s1", "address": "10.0.0.1:80"}]}}, "no pool of its home"),
        ({"pools": {"primary": []}}, "every pool is to have a server"),
        ({"steps": [25, 5, 100]}, "steps are to rise"),
        ({"steps": [5, 25]}, "steps are to rise"),
        ({"frontend": "lb1:80"}, "http://"),
    ],
)
def test_what_could_not_be_acted_on_is_refused(change: dict[str, object], said: str) -> None:
    assert msgspec.convert(_GOOD, LoadBalancerSettings).steps == [5, 25, 100]
    with pytest.raises(msgspec.ValidationError, match=said):
        msgspec.convert(_GOOD | change, LoadBalancerSettings)
