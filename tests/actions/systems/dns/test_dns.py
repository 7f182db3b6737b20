"""DNS on two real name servers and a resolver: changed by whom, seen by whom, and put back."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from actions.outcome import ActionFailed, GateClosed, InDoubt
from cleo_console.lab.dns import server
from tests.actions.contexts import FakeContext
from tests.actions.systems.dns.zones import PRIMARY, RESOLVER, SECONDARY, DnsLab, dns_lab
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("dns")

WWW, API, TRY = "www.dr.test", "api.dr.test", "try.dr.test"
ONE = [{"name": WWW, "ttl": 2, "sites": {"primary": {"A": ["192.0.2.10"]}, "dr": {"A": ["198.51.100.20"]}}}]
QUICK = {"wait_s": 5.0, "watch_s": 0.0}


@pytest.fixture(scope="module")
def running() -> Iterator[DnsLab]:
    with dns_lab() as lab:
        yield lab


@pytest.fixture
def dns(running: DnsLab) -> Iterator[DnsLab]:
    """The zone as it was made, without the resolver: what it keeps takes time to forget."""
    running.say(resolvers=[])
    yield running
    running.as_it_was()


def records(dns: DnsLab) -> dict[str, list[str]]:
    asked = [(WWW, "A"), (API, "A"), (API, "AAAA"), (TRY, "A"), (TRY, "CNAME"), ("other.dr.test", "TXT")]
    return {f"{name} {kind}": dns.values(name, kind) for name, kind in asked}


def test_a_dry_run_shows_the_difference_and_changes_nothing(dns: DnsLab) -> None:
    before, context = dns.serial(), dns.context(dry_run=True)
    assert dns.do("update", context, production=True).ok
    assert "- www.dr.test. 30 IN A 192.0.2.10" in context.lines
    assert "+ www.dr.test. 20 IN A 198.51.100.20" in context.lines
    assert (dns.serial(), list(context.files.iterdir())) == (before, [])


def test_records_are_moved_in_one_update_and_put_back_as_they_were(dns: DnsLab) -> None:
    before, context = records(dns), dns.context()
    serial = dns.serial()
    moved = dns.do("update", context, production=True)
    assert moved.facts["serial"] == serial + 1 == dns.serial()
    assert records(dns) == before | {
        f"{WWW} A": ["198.51.100.20"],
        f"{API} A": ["198.51.100.21"],
        f"{API} AAAA": [],
        f"{TRY} A": ["198.51.100.20"],
        f"{TRY} CNAME": [],
    }
    assert dns.do("verify", context, **QUICK).ok
    again = dns.do("update", context, production=True)  # the old values stay those of before the first
    assert "already" in again.summary
    assert dns.do("rollback", context).ok
    assert records(dns) == before
    assert dns.ttl(WWW) == 30
    assert dns.do("verify", context, **QUICK).ok, "it verifies what was put back"
    assert "already" in dns.do("rollback", context).summary


def test_without_production_only_what_is_for_tests_is_changed(dns: DnsLab) -> None:
    before = records(dns)
    dns.do("update")
    assert {name for name, values in records(dns).items() if values != before[name]} == {f"{TRY} A", f"{TRY} CNAME"}


class Meddled(FakeContext):
    """In the moment of the effect, somebody else does something."""

    meddle: Callable[[], None]

    def effect(self, what: str) -> bool:
        self.meddle()
        return super().effect(what)


class CutOff(FakeContext):
    """The primary hangs from the moment at which the folder of the old values is asked for, to write them down."""

    primary = 0
    asked = 0
    folder: Path

    @property
    def files(self) -> Path:  # type: ignore[override]
        self.asked += bool(getattr(self, "effects", None))
        if self.asked == 2:  # first it is read
            os.kill(self.primary, signal.SIGSTOP)
        return self.folder

    @files.setter
    def files(self, folder: Path) -> None:
        self.folder = folder


def meddled(dns: DnsLab, meddle: Callable[[], None]) -> Meddled:
    context = Meddled(dns.context().inventory, system="dns")
    context.meddle = meddle
    return context


def test_what_changed_since_it_was_read_is_not_overwritten(dns: DnsLab) -> None:
    before = records(dns)
    context = meddled(dns, lambda: dns.change(WWW, (20, "A", "203.0.113.5")))
    with pytest.raises(ActionFailed, match="Somebody changed the record") as raised:
        dns.do("update", context, production=True)
    assert "Nothing was changed" in raised.value.left_behind
    assert records(dns) == before | {f"{WWW} A": ["203.0.113.5"]}


def test_what_the_inventory_knows_of_no_site_is_replaced_for_a_reason_alone(dns: DnsLab) -> None:
    dns.change(WWW, (20, "A", "203.0.113.5"))
    with pytest.raises(GateClosed, match=r"www\.dr\.test\. A 203\.0\.113\.5: the inventory knows this of no site"):
        dns.do("update", production=True)
    assert dns.do("update", dns.context(overrides={"known-records": "it is ours"}), production=True).ok


def test_a_rollback_does_not_overwrite_what_somebody_changed_since(dns: DnsLab) -> None:
    context = dns.context()
    dns.do("update", context, production=True)
    dns.change(WWW, (20, "A", "203.0.113.5"))
    with pytest.raises(ActionFailed, match="not what this incident changed it to"):
        dns.do("rollback", context)
    assert dns.values(WWW) == ["203.0.113.5"]
    with pytest.raises(ActionFailed, match="changed no record"):
        dns.do("rollback", dns.context())


def test_old_values_are_written_down_before_the_change(dns: DnsLab) -> None:
    lost = CutOff(dns.context().inventory, system="dns")
    lost.primary = dns.pid(PRIMARY)
    try:
        with pytest.raises(InDoubt, match="cannot be told"):
            dns.do("update", lost, production=True)
    finally:
        os.kill(dns.pid(PRIMARY), signal.SIGCONT)
    assert "192.0.2.10" in (lost.files / "dns-dns.json").read_text()
    until(lambda: dns.values(WWW) == ["198.51.100.20"], 10)  # it was only slow: the update was made
    assert dns.do("rollback", lost).ok
    assert dns.values(WWW) == ["192.0.2.10"]


def policy(allowed: str) -> Callable[[str], str]:
    return lambda text: text.replace("zonesub ANY", allowed)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(lambda dns: dns.lab.break_("dns", "wrong-key"), "BADSIG", id="wrong-key"),
        pytest.param(lambda dns: dns.say_key(name="nobody"), "BADKEY", id="unknown-key"),
        pytest.param(lambda dns: dns.reconfigure(PRIMARY, policy("name other.dr.test. ANY")), "REFUSED", id="refused"),
        pytest.param(lambda dns: dns.lab.break_("dns", "kill-primary"), "nobody listens", id="killed"),
    ],
)
def test_why_an_update_is_not_made_is_told_apart(dns: DnsLab, spoil: Callable[[DnsLab], Any], said: str) -> None:
    spoil(dns)
    with pytest.raises(ActionFailed, match=said) as raised:
        dns.do("update", production=True)
    assert raised.value.hint


def test_a_clock_that_is_wrong_is_told_from_a_wrong_key(dns: DnsLab) -> None:
    said = dns.update_a_day_ahead()
    assert "BADTIME" in said
    assert "clocks" in said


def test_the_serial_is_above_the_highest_that_any_server_has(dns: DnsLab) -> None:
    server.end(dns.place, SECONDARY)
    zone = dns.place.folder(SECONDARY) / "zone"
    ahead = dns.serial() + 500
    zone.write_text(zone.read_text().replace(f"\t{dns.serial()} ", f"\t{ahead} ", 1))
    server.start(dns.place, SECONDARY)
    assert dns.serial(SECONDARY) == ahead
    assert dns.do("update", production=True).facts["serial"] == ahead + 1
    until(lambda: dns.values(WWW, at=SECONDARY) == ["198.51.100.20"])


def test_a_server_that_is_down_is_shown_and_makes_it_no_proof(dns: DnsLab) -> None:
    context = dns.context()
    dns.lab.break_("dns", "kill-secondary")
    dns.do("update", context, production=True)
    seen = dns.do("verify", context, wait_s=0.2, watch_s=0.0)
    assert (seen.ok, seen.partial) == (True, "without ns2.dr.test")
    assert [(one.about, one.text) for one in seen.findings] == [(SECONDARY, "nobody listens there")]
    assert dns.health().status == "degraded"
    server.start_all(dns.place)
    dns.lab.break_("dns", "kill-primary")
    assert "ns1.dr.test: nobody listens there" in dns.do("look", context).findings[0].about + ": nobody listens there"


def test_what_an_automation_changes_back_is_a_result_of_its_own(dns: DnsLab) -> None:
    context = dns.context()
    dns.lab.break_("dns", "automation")
    dns.do("update", context, production=True)
    seen = dns.do("verify", context, wait_s=10.0, watch_s=20.0)
    assert not seen.ok
    assert "changed back by somebody: ns1.dr.test has www.dr.test. A 192.0.2.10" in seen.summary
    assert [cure.action for cure in seen.cures] == ["dns.update"]
    assert dns.do("update", context, production=True).ok
    assert dns.do("rollback", context).ok, "the old values are those of before the first update"


def test_who_keeps_an_old_answer_is_told_with_how_long_yet(dns: DnsLab) -> None:
    dns.change(WWW, (600, "A", "192.0.2.10"))
    dns.said()
    dns.say(records=ONE)
    until(lambda: dns.values(WWW, at=RESOLVER) == ["192.0.2.10"])
    context = dns.context()
    dns.do("update", context, production=True)
    early = dns.do("verify", context, wait_s=0.0, watch_s=0.0)
    assert not early.ok
    assert "resolver: www.dr.test. A 192.0.2.10, for " in early.summary
    dns.restart(RESOLVER)  # it forgets
    assert dns.do("verify", context, **QUICK).ok


def test_a_stale_answer_is_shown_as_one_and_agrees_with_nothing(dns: DnsLab) -> None:
    keeps = "stale-cache-enable yes; stale-answer-enable yes; max-cache-ttl 2;"
    dns.reconfigure(RESOLVER, lambda text: text.replace("max-ncache-ttl 20;", keeps))
    dns.said()
    dns.say(records=ONE)
    context = dns.context()
    dns.do("update", context, production=True)
    assert dns.do("verify", context, **QUICK).ok
    dns.lab.break_("dns", "kill-primary")
    dns.lab.break_("dns", "kill-secondary")
    until(lambda: "www.dr.test. A 198.51.100.20, stale: beyond its TTL (Stale Answer" in str(dns.do("look").findings))
    seen = dns.do("verify", context, wait_s=0.2, watch_s=0.0)
    assert (seen.ok, seen.facts["agree"]) == (False, 0)
    assert "resolver: www.dr.test. A 198.51.100.20, stale" in seen.summary
    assert "stale" in dns.findings()["resolver"]


def test_what_keeps_users_at_the_old_site_is_found_before(dns: DnsLab) -> None:
    dns.change("*.dr.test", (20, "A", "192.0.2.10"))
    dns.change(WWW, (900, "A", "192.0.2.10"), (20, "AAAA", "2001:db8:1::10"))
    dns.change("dr.test", (30, "NS", f"{PRIMARY}."), (30, "NS", "ns3.dr.example."))
    found = dns.findings()
    assert found["*.dr.test."] == "warning: A 192.0.2.10 answers for every name there that has no record of its own"
    assert "AAAA 2001:db8:1::10 stands beside the record" in found["www.dr.test. AAAA"]
    assert "its TTL is 15 min, longer than the 5 min of longest_ttl" in found["www.dr.test. A"]
    assert found["ns3.dr.example."] == "warning: the zone names it, and nobody asks it here"
    assert "20 s; 10 s of the RTO are left" not in str(found)
    assert "10 s of the RTO are left" in dns.findings(rto_left_s=10)["api.dr.test. A"]


def test_a_name_that_only_a_wildcard_answers_for_is_made_and_taken_away_again(dns: DnsLab) -> None:
    dns.change("*.dr.test", (20, "A", "192.0.2.10"))
    dns.change(WWW)
    dns.say(records=ONE)
    context = dns.context()
    assert dns.do("update", context, production=True).ok
    assert dns.values(WWW) == ["198.51.100.20"]
    dns.do("rollback", context)
    assert dns.values(WWW) == ["192.0.2.10"]
    dns.change("*.dr.test")
    assert dns.values(WWW) == []


def test_an_alias_that_nobody_listed_is_refused(dns: DnsLab) -> None:
    dns.change(WWW, (20, "CNAME", "elsewhere.example."))
    with pytest.raises(ActionFailed, match="is an alias"):
        dns.do("update", production=True)


def test_a_ds_at_the_parent_that_names_no_key_of_the_zone_is_found(dns: DnsLab) -> None:
    dns.sign(expired=False)
    dns.parent(dns.ds)
    assert "DS at the parent" not in dns.findings()
    dns.parent(f"4711 {dns.ds.partition(' ')[2]}")
    wrong = "and the parent's DS names none of them: key 4711, as a.test has it: who validates gets SERVFAIL"
    assert wrong in dns.findings()["DS at the parent"]
    context = dns.context(dry_run=True)
    assert wrong in str(dns.do("update", context, production=True).findings)
    assert wrong in str(context.lines)
    dns.say(moves_to="primary")
    seen = dns.do("verify", **QUICK)
    assert (seen.ok, seen.facts["agree"], wrong in seen.summary) == (False, 1, True)
    assert "Only if those are lost change the DS" in seen.cures[0].words
    dns.unsign()
    assert "has no keys, and the parent's DS names key 4711" in dns.findings()["DS at the parent"]


def test_signatures_that_expired_are_found_and_refused_by_who_validates(dns: DnsLab) -> None:
    dns.sign(expired=False)
    dns.validate()
    dns.say(resolvers=[{"name": "resolver", "address": "127.0.0.1", "port": dns.place.ports[RESOLVER]}])
    assert not dns.do("look").findings
    assert "DNSSEC" not in str(dns.findings())
    assert not [text for text in dns.findings().values() if "signature" in text]
    dns.sign(expired=True)
    assert "no valid signature" in str(dns.findings())
    until(lambda: dns.do("look").findings)
    expired = "as it validates: the signatures have expired; unvalidated (+cd) it has 192.0.2.10"
    assert f"SERVFAIL for {WWW}. A, {expired}" in dns.findings()["resolver"]
    assert expired in dns.health().detail
    dns.unsign()
    dns.do("update", production=True)
    until(lambda: "there are no signatures" in dns.findings()["resolver"])
    refused = dns.do("verify", wait_s=0.0, watch_s=0.0)
    assert "there are no signatures; unvalidated (+cd) it has 198.51.100.20" in refused.summary
    assert "Only if those are lost change the DS" in refused.cures[0].words
