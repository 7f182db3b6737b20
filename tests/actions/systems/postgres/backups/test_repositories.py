"""A stanza with two repositories: either may be lost or damaged, and a recovery takes what the other has."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.backups.hold import held, hold, release
from actions.backups.take import take
from actions.backups.verify import verify as verify_backups
from actions.inventory import load_inventory
from actions.outcome import ActionFailed
from actions.systems.postgres.apply_wal import apply_wal
from actions.systems.postgres.pgbackrest.command import read_repository
from actions.systems.postgres.probe import probe
from actions.systems.postgres.restore import restore
from actions.systems.postgres.server import find_server
from actions.systems.postgres.start_stop import stop
from actions.systems.postgres.verify import verify
from actions.systems.postgres.writers import allow_writers
from actions.transport import LocalHost, open_transport
from tests.actions.contexts import FakeContext
from tests.labs import Lab, running_lab
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("repositories")


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A lab whose stanza has a second repository, empty as yet."""
    with running_lab() as running:
        cluster = running.postgres
        folder = second(running)
        folder.mkdir(mode=0o750)
        os.chown(folder, cluster.account.uid, cluster.account.gid)
        text = cluster.backup_config.read_text()
        settings = f"[global]\nrepo2-path={folder}\nrepo2-retention-full=4\n"
        cluster.backup_config.write_text(text.replace("[global]\n", settings))
        cluster.pgbackrest("stanza-create")
        yield running


@pytest.fixture
def ctx(lab: Lab) -> FakeContext:
    return FakeContext(load_inventory(lab.inventory_path), decisions={"recovery_point": "latest"})


def second(lab: Lab) -> Path:
    return lab.postgres.directory / "repository2"


def archived(lab: Lab) -> str:
    """Switch the log, and wait until the segment that was left is archived; return its name."""
    left = lab.psql("SELECT pg_walfile_name(pg_switch_wal())")
    until(lambda: lab.psql("SELECT last_archived_wal FROM pg_stat_archiver") >= left)
    return left


def spoil(file: Path) -> None:
    """Overwrite a file in place with nonsense of the same length."""
    file.write_bytes(b"\0" * file.stat().st_size)


def biggest_file(repository: Path, label: str) -> Path:
    return max((p for p in (repository / "backup").rglob(f"{label}/pg_data/**/*") if p.is_file()), key=_size)


def _size(path: Path) -> int:
    return path.stat().st_size


def recover(ctx: FakeContext) -> None:
    """Go all the way from a restored directory to an application that writes."""
    assert ctx.do(apply_wal).ok
    verified = ctx.do(verify)
    assert verified.ok, verified.summary
    assert ctx.do(allow_writers).ok


def test_a_full_verification_reads_every_repository(lab: Lab, ctx: FakeContext) -> None:
    lab.postgres.pgbackrest("--repo=2", "--type=full", "backup")
    seen = ctx.do(verify_backups, full=True)
    assert seen.ok, seen.summary
    assert len(seen.facts["sound"]) == seen.facts["backups"] == 2
    newest = seen.facts["newest"]
    spoil(biggest_file(second(lab), newest))
    damaged = ctx.do(verify_backups, full=True)
    assert damaged.ok, "a sound one is left"
    assert damaged.facts["damaged"] == [newest]
    assert f"{newest} is damaged in repository 2" in damaged.summary


@pytest.mark.parametrize("left", ["nothing", pytest.param("a file", marks=pytest.mark.soak)])
def test_the_first_repository_is_lost_and_the_second_recovers_everything(lab: Lab, ctx: FakeContext, left: str) -> None:
    lab.postgres.pgbackrest("--repo=2", "--type=full", "backup")
    label = read_repository(find_server(ctx)).backups[-1].label
    archived(lab)
    shutil.move(lab.postgres.repository, f"{lab.postgres.repository}.lost")
    if left == "a file":
        lab.postgres.repository.write_text("not a directory")
    lab.break_("postgres", "lose-data-directory")

    seen = ctx.do(verify_backups)
    assert "repository 1 cannot be used" in seen.summary
    assert "take it out of pgBackRest's configuration" in seen.findings[0].cure
    assert seen.facts["newest"] == label
    assert ctx.do(hold).ok, "what cannot be read now is held all the same: it may come back"
    assert ctx.do(held).facts["held"]
    dry = FakeContext(ctx.inventory, decisions={"recovery_point": "latest"}, dry_run=True)
    assert "repository 1 cannot be used" in " ".join([dry.do(restore).summary, *dry.lines])

    restored = ctx.do(restore)
    assert restored.facts["backup"] == label
    assert "repository 1 cannot be used" in restored.summary
    recover(ctx)
    with pytest.raises(ActionFailed, match="No backup can end now: repository 1 cannot be used") as refused:
        ctx.do(take)
    assert "take it out of" in refused.value.hint
    health = probe("postgres", find_server(ctx).settings, open_transport(LocalHost()), deadline_s=8)
    assert health.status == "degraded"
    assert "repository 1 cannot be used" in health.detail
    text = lab.postgres.backup_config.read_text()
    lab.postgres.backup_config.write_text(text.replace(f"repo1-path={lab.postgres.repository}\n", ""))
    taken = ctx.do(take)
    assert taken.ok, taken.summary
    assert ctx.do(release).ok


@pytest.mark.soak
def test_a_store_that_does_not_answer_is_named_and_the_other_is_read(lab: Lab, ctx: FakeContext) -> None:
    config, place = lab.postgres.backup_config, f"repo2-path={second(lab)}\n"
    store = {
        "type": "s3",
        "path": "/backups",
        "s3-bucket": "backups",
        "s3-endpoint": "127.0.0.1",
        "s3-region": "none",
        "s3-key": "key",
        "s3-key-secret": "secret",
        "storage-host": "127.0.0.1",
        "storage-port": str(closed_port()),
    }
    lines = "".join(f"repo2-{name}={value}\n" for name, value in store.items())
    config.write_text(config.read_text().replace(place, lines))
    seen = ctx.do(verify_backups)
    assert "repository 2 cannot be used" in seen.summary
    assert "HostConnectError" in seen.summary
    assert seen.facts["backups"] == 1
    assert not seen.facts["missing_segments"]


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_set_that_was_copied_is_taken_from_where_it_is_whole(lab: Lab, ctx: FakeContext) -> None:
    """The second repository is a copy of the first: both have the same label, and the first one's is damaged."""
    archived(lab)
    shutil.rmtree(second(lab))
    shutil.copytree(lab.postgres.repository, second(lab))
    for path in (second(lab), *second(lab).rglob("*")):
        os.chown(path, lab.postgres.account.uid, lab.postgres.account.gid)
    assert ctx.do(verify_backups).facts["backups"] == 1, "a copy is no other backup"
    label = ctx.do(verify_backups).facts["newest"]
    spoil(biggest_file(lab.postgres.repository, label))

    ctx.do(stop)
    restored = ctx.do(restore)
    assert restored.facts["backup"] == label
    assert restored.facts["repository"] == 2
    assert f"{label} in repository 1 is damaged" in restored.summary
    assert {"verify", "verify-repo2"} <= ctx.programs.keys()
    recover(ctx)


@pytest.mark.soak
def test_a_damaged_newest_set_in_the_second_leads_back_to_the_first(lab: Lab, ctx: FakeContext) -> None:
    first = read_repository(find_server(ctx)).backups[-1].label
    lab.postgres.pgbackrest("--repo=2", "--type=full", "backup")
    newest = read_repository(find_server(ctx)).backups[-1].label
    assert newest > first
    spoil(biggest_file(second(lab), newest))
    ctx.do(stop)
    restored = ctx.do(restore)
    assert (restored.facts["backup"], restored.facts["repository"]) == (first, 1)
    assert newest in restored.summary
    recover(ctx)


def test_a_log_segment_damaged_in_one_repository_is_taken_from_the_other(lab: Lab, ctx: FakeContext) -> None:
    """The archive is not compressed: nothing but a checksum tells that the segment is damaged."""
    cluster = lab.postgres
    text = cluster.backup_config.read_text()
    cluster.backup_config.write_text(text.replace("compress-type=zst", "compress-type=none"))
    segment = archived(lab)
    archived(lab)
    (file,) = cluster.repository.rglob(f"{segment}-*")
    spoil(file)
    ctx.do(stop)
    restored = ctx.do(restore)
    assert restored.facts["repository"] == 1
    recover(ctx)
