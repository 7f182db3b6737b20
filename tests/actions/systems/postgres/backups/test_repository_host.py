"""A repository on a host of its own, reached over SSH: backups are taken, verified and held there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from actions.backups.hold import hold, release
from actions.backups.take import take
from actions.backups.verify import verify as verify_backups
from actions.inventory import Inventory, load_inventory
from actions.outcome import ActionFailed, GateClosed
from actions.systems.postgres.apply_wal import apply_wal
from actions.systems.postgres.pgbackrest.backup_host import backup_host
from actions.systems.postgres.restore import restore
from actions.systems.postgres.server import find_server
from actions.systems.postgres.settings import PostgresSettings
from actions.systems.postgres.verify import verify
from actions.systems.postgres.writers import allow_writers
from tests.actions.contexts import FakeContext
from tests.actions.sshd import Sshd
from tests.labs import Lab, running_lab

pytestmark = pytest.mark.xdist_group("repository-host")

_LINK = """#!/bin/sh
for command; do :; done
exec ssh -p {port} -i {key} -o UserKnownHostsFile={known_hosts} {us}@127.0.0.1 "{drop}$command"
"""


@pytest.fixture(scope="module")
def sshd() -> Iterator[Sshd]:
    folder = Path("/var/tmp") / f"cleo-backups-{os.getpid()}"
    server = Sshd(folder)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def lab(sshd: Sshd) -> Iterator[Lab]:
    """A lab whose repository belongs to another host, as far as pgBackRest knows: both reach each other over SSH."""
    with running_lab() as running:
        cluster = running.postgres
        link, there, text = cluster.directory / "link", keeper_config(running), cluster.backup_config.read_text()
        here = f"127.0.0.1\n{{}}-host-user={cluster.account.name}\n{{}}-host-config={{}}\n"
        link.write_text(_link(running, sshd))
        link.chmod(0o755)
        to_server = here.replace("{}", "pg1", 2).format(cluster.backup_config)
        to_keeper = here.replace("{}", "repo1", 2).format(there)
        there.write_text(f"[global]\ncmd-ssh={link}\n{text.removeprefix('[global]' + chr(10))}pg1-host={to_server}")
        there.chmod(0o644)
        cluster.backup_config.write_text(
            text.replace("[global]\n", f"[global]\ncmd-ssh={link}\nrepo1-host={to_keeper}", 1)
        )
        yield running


def _link(lab: Lab, sshd: Sshd) -> str:
    """Return what pgBackRest calls instead of ssh: the account of the servers has no login here."""
    account, key = lab.postgres.account, lab.postgres.directory / "link_key"
    shutil.copy(sshd.key, key)
    os.chown(key, account.uid, account.gid)
    drop = f"setpriv --reuid={account.uid} --regid={account.gid} --clear-groups " if os.geteuid() == 0 else ""
    known_hosts = lab.postgres.directory / "link_hosts"
    shutil.copy(sshd.known_hosts, known_hosts)
    known_hosts.chmod(0o644)
    return _LINK.format(port=sshd.port, key=key, known_hosts=known_hosts, us=sshd.account, drop=drop)


def keeper_config(lab: Lab) -> Path:
    return lab.postgres.directory / "pgbackrest-keeper.conf"


def inventory_of(lab: Lab, sshd: Sshd, **backups: str) -> Inventory:
    inventory = load_inventory(lab.inventory_path)
    settings = inventory.system("postgres", PostgresSettings)
    changed = msgspec.structs.replace(settings, backups=msgspec.structs.replace(settings.backups, **backups))
    return msgspec.structs.replace(
        inventory, hosts={**inventory.hosts, "backup1": sshd.host()}, systems={**inventory.systems, "postgres": changed}
    )


@pytest.fixture
def ctx(lab: Lab, sshd: Sshd) -> FakeContext:
    """What a responder has whose inventory names the repository host."""
    run_as = inventory_of(lab, sshd).system("postgres", PostgresSettings).run_as
    inventory = inventory_of(lab, sshd, host="backup1", host_config=str(keeper_config(lab)), run_as=run_as)
    return FakeContext(inventory, decisions={"recovery_point": "latest"})


@pytest.mark.soak
def test_without_its_name_it_is_said_what_cannot_be_done_from_here(lab: Lab, sshd: Sshd) -> None:
    ctx = FakeContext(inventory_of(lab, sshd), decisions={"recovery_point": "latest"})
    assert ctx.do(verify_backups).ok, "to look needs no more than the link that pgBackRest has"
    for action in (hold, take):
        with pytest.raises(ActionFailed, match=r"Repository 1 lies on 127\.0\.0\.1") as refused:
            ctx.do(action)
        assert "backups: host" in refused.value.hint
    lab.break_("postgres", "lose-data-directory")
    with pytest.raises(GateClosed, match=r"was not verified: Repository 1 lies on 127\.0\.0\.1") as closed:
        ctx.do(restore)
    assert (closed.value.gate, closed.value.yields) == ("verified", "reason")
    ctx.overrides["verified"] = "the repository host has no login for us"
    assert ctx.do(restore).ok
    assert ctx.do(apply_wal).ok
    assert ctx.do(verify).ok
    assert ctx.do(allow_writers).ok


@pytest.mark.soak
def test_the_whole_way_with_the_keeper_named(lab: Lab, ctx: FakeContext) -> None:
    seen = ctx.do(verify_backups, full=True)
    assert seen.ok, seen.summary
    assert len(seen.facts["sound"]) == 1
    assert ctx.do(hold).ok
    assert "expire-auto=n" in keeper_config(lab).read_text()
    assert "expire-auto=n" not in lab.postgres.backup_config.read_text()
    assert backup_host(find_server(ctx)).settings.host == "backup1"
    lab.break_("postgres", "lose-data-directory")
    assert ctx.do(restore).ok
    assert ctx.do(apply_wal).ok
    assert ctx.do(verify).ok
    assert ctx.do(allow_writers).ok
    taken = ctx.do(take)
    assert taken.ok, taken.summary
    assert taken.facts["manifest"]
    assert ctx.do(release).ok
    assert "expire-auto=n" not in keeper_config(lab).read_text()
