"""Patroni otherwise: switched over, dead with its PostgreSQL alive, its store silent, its interface behind TLS."""

from __future__ import annotations

import base64
import json
import os
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actions.health import Health
from actions.inventory import load_inventory
from actions.outcome import ActionFailed
from actions.systems.postgres.examine import examine
from actions.systems.postgres.failover.fence import fence
from actions.systems.postgres.failover.promote import standby_unmanaged
from actions.systems.postgres.manager.pause import manager, pause_manager
from actions.systems.postgres.manager.rebuild import rebuild_replica, replicas
from actions.systems.postgres.manager.resume import resume_manager
from actions.systems.postgres.manager.switch_over import switch_over
from actions.systems.postgres.managers import unmanaged
from actions.systems.postgres.server import server_of
from actions.systems.postgres.writers import are_kept_out, stop_writers
from cleo_console.lab.postgres import patroni as patroni_of_lab
from cleo_console.lab.postgres.patroni_service import MemberService
from journal.errors import CleoError
from tests.actions.contexts import FakeContext
from tests.certificates import Authority
from tests.labs import Lab, lab_directory
from tests.waiting import until

FIRST, SECOND = "patroni", "patroni-standby"


@pytest.fixture
def lab() -> Iterator[Lab]:
    with lab_directory() as directory:
        yield Lab.up(directory, systems=["patroni"], backup_minutes=600)


def context(lab: Lab, system: str = FIRST, **more: Any) -> FakeContext:
    return FakeContext(load_inventory(lab.inventory_path), system=system, **more)


def member(lab: Lab, name: str) -> MemberService:
    service = lab.services[name]
    assert isinstance(service, MemberService)
    return service


def leads(lab: Lab, name: str) -> bool:
    return patroni_of_lab.answers(member(lab, name).ports["rest"], "/primary")


def test_it_switches_over_there_and_back_and_writers_stay_out(lab: Lab) -> None:
    ctx = context(lab)
    shut = standby_unmanaged(ctx)
    assert shut and shut.opens == "postgres.switch_over" and "Let it do that itself" in shut.message
    assert ctx.do(pause_manager).ok
    shut = standby_unmanaged(ctx)
    assert shut and "does this itself" in shut.message, "nobody promotes behind its back, paused or not"
    assert ctx.do(stop_writers).ok
    assert context(lab, dry_run=True).do(switch_over).ok and leads(lab, FIRST)

    done = ctx.do(switch_over)
    assert done.ok and "patroni follows it" in done.summary, done
    assert done.facts["took_over"] == {"system": SECOND, "of": FIRST} and done.facts["timeline"] == 2
    assert [one.action for one in done.settles] == ["postgres.promote", "postgres.fence", "postgres.rejoin"]
    assert leads(lab, SECOND) and not leads(lab, FIRST)
    assert are_kept_out(server_of(ctx, SECOND))
    again = ctx.do(pause_manager)
    assert "is not the leader: patroni-standby leads" in str(again.findings[-1]), "a restore there would be thrown away"
    assert again.cures[0].action == "postgres.switch_over"
    assert ctx.do(switch_over).summary.startswith("patroni-standby leads already")

    back = context(lab, SECOND)
    assert back.do(switch_over, candidate=FIRST).facts["timeline"] == 3
    assert leads(lab, FIRST)
    assert ctx.do(resume_manager).facts["stale"] == []


def test_without_a_leader_it_fails_over_and_the_fenced_one_is_copied_anew(lab: Lab) -> None:
    ctx = context(lab)
    assert ctx.do(pause_manager).ok
    assert ctx.do(fence).ok
    until(lambda: ctx.do(manager).facts["leader"] == "", 60)
    done = ctx.do(switch_over)
    assert done.facts["took_over"] == {"system": SECOND, "of": FIRST}
    assert "it is fenced" in str(done.findings[-1])
    assert [one.action for one in done.settles] == ["postgres.promote"]

    ctx.system = SECOND
    resumed = ctx.do(resume_manager)
    rewound = not resumed.facts["stale"]  # Patroni does that itself where it can, and the guard goes with it
    ended = resumed if rewound else ctx.do(rebuild_replica)
    assert ended.ok and ended.facts["lifts_at"] == FIRST
    assert ctx.do(replicas, member=FIRST).ok


def test_patronis_word_on_a_timeline_is_not_taken(lab: Lab) -> None:
    """Seen on 3.0.2: a replica on timeline 2 is listed as running on the leader's timeline 1, lag 0, and left so."""
    ctx = context(lab)
    lab.break_(SECOND, "stale-replica")
    until(lambda: leads(lab, FIRST))
    seen = ctx.do(replicas, member=SECOND)
    assert not seen.ok and "on timeline 2" in seen.summary and "the leader's timeline 1" in seen.summary
    assert ctx.do(rebuild_replica).ok
    with pytest.raises(CleoError, match="stale"):
        lab.cluster(SECOND).psql("SELECT * FROM stale")


def test_one_that_hangs_is_passed_over_for_one_that_answers(lab: Lab) -> None:
    ctx = context(lab)
    fault = lab.break_(FIRST, "hang-patroni")
    shut = unmanaged(ctx)
    assert shut and "its interface does not answer" in shut.message
    paused = ctx.do(pause_manager)
    assert FIRST in [one.about for one in paused.findings if "may go on taking writes" in one.text], paused
    assert unmanaged(ctx), "nobody saw that it knows of the pause"
    os.kill(fault.details["pid"], signal.SIGCONT)
    until(lambda: unmanaged(ctx) is None)


def test_dead_with_its_postgresql_alive_both_take_writes_and_that_is_said(lab: Lab) -> None:
    ctx = context(lab)
    lab.break_(FIRST, "kill-patroni")
    until(lambda: leads(lab, SECOND), 60)
    done = ctx.do(switch_over)
    assert done.ok and done.summary.startswith(f"{SECOND} leads already")
    (two,) = [one for one in done.findings if "TAKES WRITES, TOO" in one.text]
    assert two.about == FIRST
    assert [one.action for one in done.settles] == ["postgres.promote"], "the old one is to be fenced"

    patroni_of_lab.start_patroni(member(lab, FIRST).cluster)
    until(lambda: ctx.do(replicas, member=FIRST).ok, 90)  # it is rewound, and follows


def test_a_silent_store_is_named_with_what_helps(lab: Lab) -> None:
    ctx = context(lab)
    fault = lab.break_(FIRST, "hang-etcd")
    until(lambda: ctx.do(manager).facts["leader"] == "", 60)
    with pytest.raises(ActionFailed, match="the store behind it does not answer") as silent:
        ctx.do(pause_manager)
    assert [bool(cure.instead) for cure in silent.value.cures] == [False, True]
    shut = unmanaged(ctx)
    assert shut and "it is not paused" in shut.message
    found = ctx.do(manager).findings
    assert "the store behind Patroni" in [one.about for one in found]
    os.kill(fault.details["pid"], signal.SIGCONT)
    until(lambda: leads(lab, FIRST) or leads(lab, SECOND), 60)
    assert ctx.do(pause_manager).ok


def test_another_databases_key_keeps_it_from_being_resumed(lab: Lab) -> None:
    ctx = context(lab)
    assert ctx.do(pause_manager).ok
    port = member(lab, FIRST).ports["etcd"]
    pair = {"key": f"/cleo/{FIRST}/initialize", "value": "1234567890"}
    body = json.dumps({name: base64.b64encode(text.encode()).decode() for name, text in pair.items()}).encode()
    urllib.request.urlopen(f"http://127.0.0.1:{port}/v3/kv/put", data=body, timeout=5).read()
    with pytest.raises(ActionFailed, match="holds 1234567890 as this cluster's database"):
        ctx.do(resume_manager)
    assert any(one.about == "the key initialize" for one in ctx.do(manager).findings)
    assert unmanaged(ctx) is None, "it stays paused"


def test_an_interface_behind_tls_is_asked_by_what_its_configuration_says(lab: Lab, tmp_path: Path) -> None:
    service = member(lab, FIRST)
    authority, other = Authority(service.cluster.directory), Authority(service.cluster.directory, "other")
    certificate = authority.signed("rest", "127.0.0.1")
    for file in (certificate, authority.file, other.file):
        os.chown(file, service.cluster.account.uid, service.cluster.account.gid)
    file = patroni_of_lab.configuration(service.cluster)
    whole = json.loads(file.read_text())
    whole["restapi"]["certfile"] = str(certificate)
    ctx = context(lab)
    for trusted, answers in ((authority, True), (other, False)):
        whole["ctl"] = {"cacert": str(trusted.file)}
        file.write_text(json.dumps(whole))
        process = patroni_of_lab.patroni_process(service.cluster)
        assert process
        os.kill(process.pid, signal.SIGHUP)
        if answers:
            until(lambda: ctx.do(manager).facts["paused"] is False, 30)
            assert ctx.do(pause_manager).ok
        else:
            shut = unmanaged(ctx)
            assert shut and "CERTIFICATE_VERIFY_FAILED" in shut.message, "nobody believes what cannot prove itself"


def test_a_closer_look_names_its_members(lab: Lab) -> None:
    ctx = context(lab)
    for thorough in (True, False):
        seen = examine(ctx, FIRST, Health(status="up", detail=""), thorough=thorough)
        assert any(line.startswith("managed by Patroni 3") for line in seen.lines)
