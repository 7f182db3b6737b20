"""Holding the backups, taking one, and what the probe and the checks say, on one running lab."""

from __future__ import annotations

import subprocess

import msgspec
import pytest

from actions.backups.hold import held, hold, release
from actions.backups.take import take
from actions.backups.verify import verify
from actions.inventory import Inventory, load_inventory
from actions.outcome import ActionFailed, GateClosed
from actions.overview.health_check import health_check
from actions.overview.status import status_check
from actions.secrets import Secret
from actions.systems.postgres.probe import probe
from actions.systems.postgres.settings import PostgresSettings
from actions.transport import LocalHost, open_transport
from tests.actions.contexts import FakeContext
from tests.labs import Lab, lab

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("backups")


@pytest.fixture
def ctx(lab: Lab) -> FakeContext:
    return FakeContext(load_inventory(lab.inventory_path))


@pytest.fixture
def settings(ctx: FakeContext) -> PostgresSettings:
    return ctx.inventory.system("postgres", PostgresSettings)


def test_while_held_nothing_expires_and_release_undoes_it(lab: Lab, ctx: FakeContext) -> None:
    before = lab.postgres.backup_config.read_text()
    dry = FakeContext(ctx.inventory, dry_run=True)
    assert dry.do(hold).ok
    assert lab.postgres.backup_config.read_text() == before
    assert not lab.postgres.hold_file.exists()

    assert ctx.do(hold).facts["changed"] == ["scheduled backups wait", "expiry is suspended"]
    assert ctx.do(hold).facts["changed"] == []
    assert ctx.do(held).facts["held"]
    assert lab.postgres.hold_file.exists()
    with pytest.raises(GateClosed) as closed:
        ctx.do(take)
    assert (closed.value.gate, closed.value.yields) == ("hold", "reason")
    ctx.overrides["hold"] = "asked for by the auditor"
    for _ in range(4):  # the lab keeps four full backups
        assert ctx.do(take, kind="full").ok
    assert lab.facts["backups"] == 5
    lab.postgres.pgbackrest("expire")
    assert lab.facts["backups"] == 5

    assert ctx.do(release).facts["changed"] == ["expiry works again", "scheduled backups run again"]
    assert lab.postgres.backup_config.read_text() == before
    assert ctx.do(release).facts["changed"] == []
    lab.postgres.pgbackrest("expire")
    assert lab.facts["backups"] == 4


def test_a_hold_that_pgbackrest_would_not_obey_is_not_claimed(lab: Lab, ctx: FakeContext) -> None:
    before = lab.postgres.backup_config.read_text()
    lab.postgres.backup_config.write_text(f"{before}\n[cleoai:expire]\nrepo1-retention-full=1\n")
    with pytest.raises(ActionFailed, match="does not obey"):
        ctx.do(hold)
    assert not ctx.do(held).facts["held"]
    lab.postgres.backup_config.write_text(before)
    assert ctx.do(release).ok


def test_a_hold_that_is_not_obeyed_any_more_is_not_claimed_again(lab: Lab, ctx: FakeContext) -> None:
    """As after a runner that died between the block and the question whether pgBackRest obeys it."""
    before = lab.postgres.backup_config.read_text()
    assert ctx.do(hold).ok
    held_text = lab.postgres.backup_config.read_text()
    lab.postgres.backup_config.write_text(f"{held_text}\n[cleoai:expire]\nrepo1-retention-full=1\n")
    with pytest.raises(ActionFailed, match="does not obey"):
        ctx.do(hold)
    lab.postgres.backup_config.write_text(held_text)
    assert ctx.do(hold).facts["changed"] == []
    assert ctx.do(release).ok
    assert lab.postgres.backup_config.read_text() == before


def test_quick_verification_says_what_there_is(ctx: FakeContext) -> None:
    found = ctx.do(verify)
    assert found.ok, found.summary
    assert found.facts["missing_segments"] == []
    assert found.facts["age_s"] < 300


def test_the_repository_that_cannot_be_read_is_said(ctx: FakeContext, settings: PostgresSettings) -> None:
    backups = msgspec.structs.replace(settings.backups, stanza="nobody")
    lost = _with(ctx.inventory, msgspec.structs.replace(settings, backups=backups))
    with pytest.raises(ActionFailed, match="nobody"):
        FakeContext(lost).do(verify)


def test_a_server_that_is_up(settings: PostgresSettings) -> None:
    health = probe("postgres", settings, open_transport(LocalHost()), deadline_s=5)
    assert health.status == "up", health.detail
    assert health.facts["role"] == "primary"
    assert health.facts["heartbeat_age_s"] < 10
    assert {"connections", "max_connections", "archived_at", "backup_age_s"} <= set(health.facts)


def test_a_wrong_password_and_a_closed_port_are_told_apart(lab: Lab, settings: PostgresSettings) -> None:
    wrong = lab.directory / "wrong"
    wrong.write_text("not it")
    wrong.chmod(0o600)
    transport = open_transport(LocalHost())
    health = probe("db", msgspec.structs.replace(settings, password=Secret(file=str(wrong))), transport, deadline_s=5)
    assert health.status == "not measured"
    assert "password is wrong" in health.detail
    health = probe("db", msgspec.structs.replace(settings, port=1, data_directory="/nowhere"), transport, deadline_s=5)
    assert (health.status, health.facts["reason"]) == ("down", "refused")


def test_a_server_that_hangs_costs_no_more_than_its_deadline(lab: Lab, settings: PostgresSettings) -> None:
    import time

    pid = str(lab.pids["server"])
    subprocess.run(["kill", "-STOP", pid], check=True)
    try:
        begin = time.monotonic()
        health = probe("db", settings, open_transport(LocalHost()), deadline_s=3)
        assert time.monotonic() - begin < 10, "it hangs as long as the server does"
    finally:
        subprocess.run(["kill", "-CONT", pid], check=True)
    assert (health.status, health.facts["reason"]) == ("not answering", "timeout"), health


def test_status_and_health_say_what_is_down(lab: Lab, ctx: FakeContext, settings: PostgresSettings) -> None:
    assert ctx.do(status_check).ok
    healthy = ctx.do(health_check, comprehensive=True)
    assert healthy.ok, healthy.summary
    other = msgspec.structs.replace(settings, port=1, data_directory="/nowhere")
    two = msgspec.structs.replace(
        ctx.inventory,
        systems={
            **ctx.inventory.systems,
            "other": other,
        },
    )
    checked = FakeContext(two).do(status_check)
    assert checked.ok  # it has looked; what it saw is in the facts
    assert checked.facts == {"postgres": "up", "other": "down"}
    assert checked.summary == "other is down."


def _with(inventory: Inventory, settings: PostgresSettings) -> Inventory:
    return msgspec.structs.replace(inventory, systems={"postgres": settings})
