"""An encrypted repository with bundled files: the whole way, and what is said where the passphrase is wrong."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator

import pytest

from actions.backups.hold import hold
from actions.backups.take import take
from actions.backups.verify import verify as verify_backups
from actions.inventory import load_inventory
from actions.outcome import ActionFailed
from actions.systems.postgres.apply_wal import apply_wal
from actions.systems.postgres.probe import probe
from actions.systems.postgres.restore import restore
from actions.systems.postgres.server import find_server
from actions.systems.postgres.verify import verify
from actions.transport import LocalHost, open_transport
from tests.actions.contexts import FakeContext
from tests.labs import Lab, running_lab

pytestmark = pytest.mark.xdist_group("backups-encrypted")

_PASSPHRASE = "of-the-lab-only"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A lab whose only repository is encrypted."""
    with running_lab() as running:
        cluster = running.postgres
        shutil.rmtree(cluster.repository)
        cluster.repository.mkdir(mode=0o750)
        os.chown(cluster.repository, cluster.account.uid, cluster.account.gid)
        cipher = f"[global]\nrepo1-cipher-type=aes-256-cbc\nrepo1-cipher-pass={_PASSPHRASE}\nrepo1-bundle=y\n"
        cluster.backup_config.write_text(cluster.backup_config.read_text().replace("[global]\n", cipher))
        cluster.pgbackrest("stanza-create")
        yield running


@pytest.fixture
def ctx(lab: Lab) -> FakeContext:
    return FakeContext(load_inventory(lab.inventory_path), decisions={"recovery_point": "latest"})


def test_a_wrong_passphrase_is_named_as_the_cause(lab: Lab, ctx: FakeContext) -> None:
    config = lab.postgres.backup_config
    right = config.read_text()
    config.write_text(right.replace(_PASSPHRASE, "another"))
    try:
        with pytest.raises(ActionFailed, match="cannot use the stanza cleoai") as failed:
            ctx.do(verify_backups)
        # which of them depends on the random salt of the file
        assert re.search("FormatError|CryptoError", failed.value.message)
        assert failed.value.message.isprintable()
        assert "repo-cipher-pass" in failed.value.hint
        seen = probe("postgres", find_server(ctx).settings, open_transport(LocalHost()), deadline_s=8)
        assert "age of backups not measured" in seen.detail
    finally:
        config.write_text(right)


@pytest.mark.soak
def test_the_whole_way(lab: Lab, ctx: FakeContext) -> None:
    assert ctx.do(take).ok
    lab.break_("postgres", "lose-data-directory")
    assert ctx.do(hold).ok
    seen = ctx.do(verify_backups, full=True)
    assert seen.ok, seen.summary
    assert ctx.do(restore).ok
    assert ctx.do(apply_wal).ok
    verified = ctx.do(verify)
    assert verified.ok, verified.summary
