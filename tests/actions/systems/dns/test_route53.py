"""A hosted zone of Route 53, emulated: changed whole or not at all, never over somebody's change, and put back.

Route 53 itself is not reachable from tests: what it refuses is said in its words by the stand-in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from actions.by_hand import ByHand
from actions.outcome import ActionFailed
from actions.system_type import load
from actions.systems.dns import SYSTEM
from actions.systems.dns.route53 import hosted as hosted_module
from actions.systems.dns.route53.api import Api
from journal.errors import CleoError
from tests.actions.contexts import FakeContext
from tests.actions.systems.dns.hosted import SECRET, WWW, Hosted, hosted, simple

pytestmark = [
    pytest.mark.xdist_group("moto"),
    pytest.mark.filterwarnings("ignore:Exception:UserWarning"),  # moto knows of few errors
]

MOVED = {"www.dr.test. A": (20, ["198.51.100.20"]), "api.dr.test. A": (20, ["198.51.100.21"])}
FIRST = {"www.dr.test. A": (30, ["192.0.2.10"]), "api.dr.test. CNAME": (900, ["old.dr.test"])}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    with hosted(tmp_path_factory.mktemp("hosted")) as zone:
        yield zone


@pytest.fixture
def zone(running: Hosted) -> Hosted:
    running.as_it_was()
    return running


def test_a_dry_run_shows_the_difference_and_changes_nothing(zone: Hosted) -> None:
    context = zone.context(dry_run=True)
    assert zone.do("update", context, production=True).ok
    assert "- www.dr.test. 30 IN A 192.0.2.10" in context.lines
    assert "+ www.dr.test. 20 IN A 198.51.100.20" in context.lines
    assert (zone.records(), list(context.files.iterdir())) == (FIRST, [])


def test_records_are_moved_in_one_change_and_put_back_as_they_were(zone: Hosted) -> None:
    context = zone.context()
    moved = zone.do("update", context, production=True)
    assert zone.records() == MOVED
    assert "INSYNC" in moved.summary
    assert moved.facts["change"]
    assert "already" in zone.do("update", context, production=True).summary
    assert zone.do("rollback", context).ok
    assert {name: ttl for name, (ttl, _) in zone.records().items()} == {name: ttl for name, (ttl, _) in FIRST.items()}
    assert zone.records()["www.dr.test. A"] == FIRST["www.dr.test. A"]
    assert SECRET not in str([context.lines, moved, (context.files / "dns-dns.json").read_text()])


def test_without_production_only_what_is_for_tests_is_changed(zone: Hosted) -> None:
    zone.do("update")
    assert zone.records()["www.dr.test. A"] == FIRST["www.dr.test. A"]
    assert zone.records()["api.dr.test. A"] == MOVED["api.dr.test. A"]


class Meddled(FakeContext):
    """After the effect was allowed, and before the old values are written down, somebody else does something."""

    meddle: Callable[[], Any]

    def effect(self, what: str) -> bool:
        allowed = super().effect(what)
        self.meddle()
        return allowed


@pytest.mark.parametrize("seen", [True, False], ids=["by-our-listing", "by-route-53-alone"])
def test_what_changed_since_it_was_read_is_not_overwritten(
    zone: Hosted, seen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = Meddled(zone.context().inventory, system="dns")

    def meddle() -> None:
        zone.change(("UPSERT", simple(WWW, "A", 30, "203.0.113.5")))

    if seen:
        context.meddle = meddle
    else:
        context.meddle = lambda: None
        send = hosted_module.Route53.send

        def late(self: Any, ctx: Any, change: Any) -> str:
            meddle()
            return send(self, ctx, change)

        monkeypatch.setattr(hosted_module.Route53, "send", late)
    with pytest.raises(ActionFailed, match="Somebody changed the record since it was read") as raised:
        zone.do("update", context, production=True)
    assert "Nothing was changed" in raised.value.left_behind
    assert zone.records() == FIRST | {"www.dr.test. A": (30, ["203.0.113.5"])}


def test_what_somebody_added_since_it_was_read_is_not_overwritten(
    zone: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = {"A": ["198.51.100.20"], "AAAA": ["2001:db8:2::20"]}
    zone.say([{"name": WWW, "sites": {"primary": {"A": ["192.0.2.10"]}, "dr": both}}])
    send = hosted_module.Route53.send

    def late(self: Any, ctx: Any, change: Any) -> str:
        zone.change(("CREATE", simple(WWW, "AAAA", 30, "2001:db8:1::10")))
        return send(self, ctx, change)

    monkeypatch.setattr(hosted_module.Route53, "send", late)
    with pytest.raises(ActionFailed, match="already exists"):
        zone.do("update", production=True)
    assert zone.records() == FIRST | {"www.dr.test. AAAA": (30, ["2001:db8:1::10"])}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param({"SetIdentifier": "old", "Weight": 10}, "weighted", id="weighted"),
        pytest.param({"SetIdentifier": "old", "Failover": "PRIMARY"}, "failover", id="failover"),
        pytest.param({"SetIdentifier": "old", "MultiValueAnswer": True}, "multivalue", id="multivalue"),
    ],
)
def test_what_is_no_simple_record_set_is_told_and_left_alone(zone: Hosted, more: dict[str, Any], said: str) -> None:
    zone.change(("DELETE", simple(WWW, "A", 30, "192.0.2.10")), ("CREATE", simple(WWW, "A", 30, "192.0.2.10", **more)))
    before = zone.records()
    with pytest.raises(ActionFailed, match=rf"www\.dr\.test A 'old' is {said}"):
        zone.do("update", production=True)
    assert zone.records() == before
    assert said in str(zone.findings())


def test_a_health_check_is_told_and_stays(zone: Hosted) -> None:
    zone.change(("UPSERT", simple(WWW, "A", 30, "192.0.2.10", HealthCheckId="hc-1")))
    context = zone.context()
    assert "health check hc-1" in str(zone.do("update", context, production=True).findings)
    zone.do("rollback", context)
    found = zone.client.list_resource_record_sets(HostedZoneId=zone.zone_id)["ResourceRecordSets"]
    assert [one["HealthCheckId"] for one in found if one["Name"] == f"{WWW}." and one["Type"] == "A"] == ["hc-1"]


@pytest.mark.parametrize(
    ("code", "said", "helps"),
    [
        ("AccessDenied", "does not allow it", "ChangeResourceRecordSets"),
        ("ExpiredToken", "session is over", "Renew"),
        ("InvalidClientTokenId", "does not know the access key", "Correct"),
        ("NoSuchHostedZone", "no hosted zone of that id", "zone_id"),
        ("Throttling", "takes no more requests", "external-dns"),
        ("PriorRequestNotComplete", "somebody's earlier change", "CloudTrail"),
    ],
)
def test_why_a_change_is_not_made_is_told_apart(
    zone: Hosted, monkeypatch: pytest.MonkeyPatch, code: str, said: str, helps: str
) -> None:
    monkeypatch.setattr(hosted_module, "_BUSY_S", 0.1)
    zone.refuse_next(code, "Rate exceeded")
    with pytest.raises(ActionFailed, match=said) as raised:
        zone.do("update", production=True)
    assert helps in raised.value.hint
    assert zone.records() == FIRST


def test_what_route_53_is_too_busy_for_is_offered_again(zone: Hosted) -> None:
    zone.refuse_next("PriorRequestNotComplete", "still processing a prior request")
    assert zone.do("update", production=True).ok
    assert zone.records() == MOVED


def test_a_change_whose_answer_was_lost_is_looked_for(zone: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    context = zone.context()
    zone.lose_next_answer(made=True)
    done = zone.do("update", context, production=True)
    assert "made all the same" in str(context.lines)
    assert "not seen at its name servers" in done.summary
    zone.as_it_was()
    monkeypatch.setattr(hosted_module.Route53, "late_s", 0.0)
    zone.lose_next_answer(made=False)
    with pytest.raises(ActionFailed, match="an error of its own"):
        zone.do("update", production=True)
    assert zone.records() == FIRST


@pytest.mark.parametrize(
    ("hosted", "said"),
    [
        ({"endpoint": "http://127.0.0.1:9"}, "cannot be reached"),
        ({"zone_id": "Z0NOBODY"}, "no hosted zone of that id"),
        ({"credentials": "/nowhere/credentials"}, "cannot be read"),
    ],
)
def test_what_cannot_be_asked_is_told(zone: Hosted, hosted: dict[str, str], said: str) -> None:
    zone.say(**hosted)
    with pytest.raises(ActionFailed, match=said) as raised:
        zone.do("update", production=True)
    assert raised.value.hint
    assert said in str(zone.findings())
    known = {one.name: one for one in (load(SYSTEM.actions["dns.update"]).target or list)(zone.context())}
    assert (known["zone"].known, known["records"].known) == ("unknown", "unknown")


def test_a_change_that_does_not_reach_the_name_servers_in_time_does_not_count(
    zone: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Api, "in_sync", lambda self, change: False)
    context = zone.context()
    done = zone.do("update", context, production=True)
    assert (done.ok, [cure.action for cure in done.cures]) == (False, ["dns.verify"])
    assert "PENDING" in done.summary
    back = zone.do("rollback", context)
    assert (back.ok, zone.records()["www.dr.test. A"]) == (False, FIRST["www.dr.test. A"])
    seen = zone.do("look", context)
    assert "www.dr.test: primary" in seen.summary
    assert "changed back" not in zone.do("verify", context, wait_s=0.0, watch_s=0.0).summary


def test_the_interlock_shows_zone_account_and_what_is_there(zone: Hosted) -> None:
    known = {one.name: one.value for one in (load(SYSTEM.actions["dns.update"]).target or list)(zone.context())}
    assert known["confirm"] == f"dr.test@{zone.zone_id}"
    assert known["zone"] == f"dr.test. at Route 53, {zone.zone_id}"
    assert known["account"] == "123456789012"
    assert known["www.dr.test. A"] == "192.0.2.10 (TTL 30)"


def test_a_name_server_that_nobody_asks_and_a_long_ttl_are_found(zone: Hosted) -> None:
    found = [f"{one.about} {one.text}" for one in zone.findings()]
    assert any("the zone names it, and nobody asks it here" in one for one in found)
    assert any("its TTL is 15 min, longer than" in one for one in found)


def test_verify_sees_that_somebody_changed_it_back(zone: Hosted) -> None:
    context = zone.context()
    zone.do("update", context, production=True)
    assert not zone.do("verify", context, wait_s=0.0, watch_s=0.0).ok, "no name server answers"
    zone.change(("UPSERT", simple(WWW, "A", 30, "192.0.2.10")))
    seen = zone.do("verify", context, wait_s=0.0, watch_s=0.0)
    assert "changed back by somebody: Route 53 has www.dr.test. A 192.0.2.10" in seen.summary


def test_a_zone_is_changed_in_one_way_alone(zone: Hosted) -> None:
    said = zone.inventory.read_text()
    zone.inventory.write_text(said.replace("    servers:", "    primary: ns-1.test\n    servers:", 1))
    with pytest.raises(CleoError, match="neither a primary nor a key"):
        zone.context()


def test_an_alias_at_the_zones_own_name_is_refused(zone: Hosted) -> None:
    zone.say([{"name": "dr.test", "sites": {"primary": {"A": ["192.0.2.10"]}, "dr": {"CNAME": ["lb.example"]}}}])
    with pytest.raises(CleoError, match="a CNAME beside them is dropped"):
        zone.context()


def test_the_commands_to_type_move_the_records_and_put_them_back(zone: Hosted) -> None:
    typed_batch(zone, "update", ["30", "900"])
    assert zone.records() == MOVED
    typed_batch(zone, "rollback", [])
    assert {name: values for name, (_, values) in zone.records().items()} == {
        "www.dr.test. A": ["192.0.2.10"],
        "api.dr.test. CNAME": ["old.dr.test."],
    }


def typed_batch(zone: Hosted, name: str, noted: list[str]) -> None:
    """Do what the printed command does, with the TTLs that a person noted."""
    by_hand = load(SYSTEM.actions[f"dns.{name}"]).by_hand
    assert by_hand
    lines = by_hand(ByHand(inventory=zone.context().inventory, system="dns"))
    assert SECRET not in str(lines)
    [argv] = [list(line.argv) for line in lines if "--change-batch" in line.argv]
    batch = argv[argv.index("--change-batch") + 1]
    for ttl in noted:
        batch = batch.replace("OLD_TTL", ttl, 1)
    zone.client.change_resource_record_sets(HostedZoneId=zone.zone_id, ChangeBatch=json.loads(batch))
