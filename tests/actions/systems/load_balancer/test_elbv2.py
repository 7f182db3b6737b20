"""A load balancer's actions against an emulated ELBv2: what it is told, and what is refused. It proves no traffic."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actions.outcome import ActionFailed, GateClosed
from actions.system_type import load
from actions.systems.load_balancer import SYSTEM
from actions.systems.load_balancer.elbv2 import balancer as elbv2_balancer
from actions.systems.load_balancer.elbv2.api import Api, ApiTrouble
from tests.actions.systems.load_balancer.elbs import Account, Ailing, Elb, Network, account, named_as_aws_does

pytestmark = pytest.mark.xdist_group("moto")


@pytest.fixture(scope="module")
def aws() -> Iterator[Account]:
    with account() as found:
        yield found


@pytest.fixture
def alb(aws: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Elb:
    monkeypatch.setattr(elbv2_balancer, "_BETWEEN_S", 0.01)
    return Elb(tmp_path, aws)


def test_users_are_moved_by_weights_and_put_back(alb: Elb) -> None:
    before = alb.actions
    dry = alb.context(dry_run=True)
    assert "would make the dr pool" in alb.do("update", dry, dr_site=True).summary
    assert "maint weight 0 → ready weight 0" in "\n".join(dry.lines)
    assert alb.actions == before
    context = alb.context()
    assert alb.do("update", context, dr_site=True).facts["healthy"] == 1
    assert any(line.startswith("actions before: [{") for line in context.lines)
    assert alb.weights == {"old": 1, "new": 0}
    assert alb.do("test_traffic", each=2).ok
    context = alb.context()
    moved = alb.do("enable_traffic", context)
    assert moved.ok and "5 %, 25 %, 100 %" in moved.summary
    assert "error_rate" not in moved.facts and "not measured" in moved.summary
    told = [line for line in context.lines if line.startswith("share-")]
    assert [line.partition(": ")[0] for line in told] == ["share-5", "share-25", "share-100"]
    assert "weight 13" in told[0]
    assert '"Weight": 13}' in next(line for line in context.lines if line.startswith("  as the API is told"))
    assert alb.weights == {"new": 100}, "the old one is out of the action: no cookie leads there"
    assert alb.do("verify").ok
    assert alb.do("put_back").ok
    assert alb.actions == before


def test_an_isolated_site_is_answered_503_and_put_back(alb: Elb) -> None:
    before = alb.actions
    shown = alb.do("isolate", alb.context(dry_run=True)).summary
    assert "no server is left for users" in shown and "not measured" in shown
    assert alb.actions == before
    isolated = alb.do("isolate")
    assert isolated.ok and "sessions_cut" not in isolated.facts
    assert alb.actions[0]["FixedResponseConfig"]["StatusCode"] == "503"
    assert alb.health().status == "down"
    assert alb.do("isolate").ok
    assert alb.do("put_back").ok
    assert alb.actions == before
    assert alb.do("isolate", back=True).ok
    assert alb.do("enable_traffic").ok
    assert alb.weights == {"old": 1}, "its users are let in again"


def test_a_site_takes_over_from_one_that_was_isolated(alb: Elb) -> None:
    alb.write_inventory(one_primary=False)
    alb.do("update", dr_site=True)
    gate = load(SYSTEM.actions["load_balancer.enable_traffic"]).live["old-site"]
    context = alb.context()
    context.files = alb.first.files
    assert gate(context)
    alb.do("isolate")
    assert gate(context) is None
    assert alb.do("enable_traffic").ok
    assert alb.weights == {"new": 100}


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("unused", "Target.NotInUse"),
        ("unhealthy", "Target.Timeout"),
        pytest.param("initial", "Elb.RegistrationInProgress", marks=pytest.mark.soak),
    ],
)
def test_without_a_healthy_target_nobody_is_moved(
    alb: Elb, monkeypatch: pytest.MonkeyPatch, state: str, reason: str
) -> None:
    ailing = Ailing(monkeypatch)
    alb.do("update", dr_site=True)
    ailing.states["new"] = (state, reason)
    with pytest.raises(ActionFailed, match=rf"No server of the dr pool .*0 of 2 targets healthy.*{state} \({reason}"):
        alb.do("update", dr_site=True)
    with pytest.raises(ActionFailed, match="cannot take users"):
        alb.do("enable_traffic")
    assert alb.weights == {"old": 1, "new": 0}
    ailing.states["old"] = ("draining", "Target.DeregistrationInProgress")
    assert "draining takes 300 s" in "\n".join(_lines_of_verify(alb))
    assert alb.health().status == "down"


def _lines_of_verify(alb: Elb) -> list[str]:
    context = alb.context()
    alb.do("verify", context)
    return context.lines


def test_somebody_elses_change_is_not_overwritten(alb: Elb, monkeypatch: pytest.MonkeyPatch) -> None:
    alb.do("update", dr_site=True)
    alb.somebody_sets(old=1, new=7)
    assert not alb.do("verify").ok
    with pytest.raises(GateClosed, match="new: ready weight 0 → ready weight 7"):
        alb.do("enable_traffic")
    assert alb.weights == {"old": 1, "new": 7}
    decided = alb.context(overrides={"changed-since": "it was the deployment"})
    assert alb.do("put_back", decided).ok
    assert alb.weights == {"old": 1}


def test_a_change_between_look_and_change_is_noticed(alb: Elb, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Api.ask
    looked = list[str]()

    def ask(self: Api, do: str, operation: str, **params: Any) -> Any:
        answer = asked(self, do, operation, **params)
        looked.append(operation)
        if looked.count("describe_listeners") == 1 and operation == "describe_listeners":
            alb.somebody_sets(old=3)
        return answer

    monkeypatch.setattr(Api, "ask", ask)
    with pytest.raises(ActionFailed, match="changed by somebody else meanwhile"):
        alb.do("isolate")
    assert "modify_listener" not in looked and "old" in alb.weights


def test_a_target_group_of_nobodys_is_not_taken_away(alb: Elb) -> None:
    alb.somebody_sets(old=3, strange=1)
    with pytest.raises(ActionFailed, match="in no pool: a change would take that away"):
        alb.do("update", dr_site=True)
    assert alb.weights == {"old": 3, "strange": 1}


def test_a_rule_is_changed_in_the_listeners_place(alb: Elb) -> None:
    rule = alb.client.create_rule(
        ListenerArn=alb.listener,
        Conditions=[{"Field": "path-pattern", "Values": ["/api/*"]}],
        Priority=5,
        Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": [alb.sent]}}],
    )["Rules"][0]["RuleArn"]
    alb.write_inventory(elbv2={"rule": rule})
    before = alb.actions
    assert alb.do("isolate").ok
    now = alb.client.describe_rules(RuleArns=[rule])["Rules"][0]["Actions"]
    assert now[0]["Type"] == "fixed-response" and alb.actions == before
    identity = {one.name: one.value for one in load(SYSTEM.actions["load_balancer.isolate"]).target(alb.context())}
    assert identity["pools"] == rule and identity["load balancer"] == alb.account.arn
    assert identity["account"] == "123456789012" and identity["DNS name"].startswith("users-")


@pytest.mark.filterwarnings("ignore:Exception.ELBClientError")
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AccessDenied", "not allowed to describe the load balancer"),
        ("ExpiredToken", "session is over"),
        ("Throttling", "takes no more requests"),
        ("UnrecognizedClientException", "does not know the access key"),
        ("ListenerNotFound", "no such listener"),
    ],
)
def test_refusals_are_told_apart(alb: Elb, monkeypatch: pytest.MonkeyPatch, code: str, said: str) -> None:
    from moto.elbv2.exceptions import ELBClientError
    from moto.elbv2.models import ELBv2Backend

    def refuse(*_: object, **__: object) -> None:
        raise ELBClientError(code, "no")

    monkeypatch.setattr(ELBv2Backend, "describe_load_balancers", refuse)
    with pytest.raises(ApiTrouble, match=said):
        alb.do("update", dr_site=True)
    assert alb.health().status == "not measured" and said in alb.health().detail


def test_what_is_not_there_or_does_not_answer_says_nothing_of_the_balancer(alb: Elb) -> None:
    alb.client.delete_listener(ListenerArn=alb.listener)
    with pytest.raises(ApiTrouble, match="no such listener"):
        alb.do("verify")
    alb.write_inventory(elbv2={"endpoint": "http://127.0.0.1:9"})
    with pytest.raises(ApiTrouble, match="nothing listens at its address"):
        alb.do("verify")
    assert alb.health().status == "not answering"
    alb.credentials.chmod(0o644)
    with pytest.raises(ApiTrouble, match="Others can read the credentials"):
        alb.do("verify")


@pytest.fixture
def nlb(tmp_path: Path, aws: Account, monkeypatch: pytest.MonkeyPatch) -> Network:
    monkeypatch.setattr(elbv2_balancer, "_BETWEEN_S", 0.01)
    named_as_aws_does(monkeypatch)
    return Network(tmp_path, Account(aws.endpoint, aws.frontend, "network"), monkeypatch)


def test_a_network_load_balancer_moves_new_connections_and_says_what_stays(nlb: Network) -> None:
    before = nlb.actions
    assert nlb.do("update", dr_site=True).ok
    assert nlb.do("test_traffic", each=2).ok
    nlb.say("old", deregistration_delay__connection_termination__enabled="true", preserve_client_ip__enabled="true")
    nlb.say("new", preserve_client_ip__enabled="false")
    said = {f"{one.about}: {one.text}": one.cure for one in nlb.do("verify").findings}
    stays = "old: connections that are open there stay until they close: weights move new ones alone"
    assert "drain 300 s, then their connections are ended" in said[stays]
    assert "preserve_client_ip.enabled: not the same for all target groups: new false, old true" in said
    assert "new: no healthy target in eu-central-1b, and cross-zone is off: who comes by it is not served" in said
    moved = nlb.do("enable_traffic")
    assert moved.ok and "5 %, 25 %, 100 %" in moved.summary
    assert nlb.weights == {"new": 100}
    assert nlb.do("put_back").ok
    assert nlb.actions == before


def test_what_a_network_load_balancer_cannot_do_is_refused_before_anything_is_changed(nlb: Network) -> None:
    before = nlb.actions
    with pytest.raises(ActionFailed, match="answers nothing itself") as refused:
        nlb.do("isolate", nlb.context(dry_run=True))
    assert "Fence the site's servers" in refused.value.hint
    nlb.weights_taken = False
    with pytest.raises(ActionFailed, match="takes no weights of network load balancers") as refused:
        nlb.do("update", dr_site=True)
    assert "forward to the other target group alone" in refused.value.hint
    nlb.write_inventory(elbv2={"tests": {}})
    with pytest.raises(ActionFailed, match="No request can be led to new alone"):
        nlb.do("test_traffic")
    assert nlb.actions == before
