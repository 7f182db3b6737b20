"""pgBackRest's configuration as people have it: in several files, some of them in a folder of their own."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from actions.backups.hold import held, hold, release
from actions.inventory import Inventory, load_inventory
from actions.outcome import ActionFailed
from actions.systems.postgres.apply_wal import apply_wal
from actions.systems.postgres.pgbackrest.command import command_line
from actions.systems.postgres.pgbackrest.options import options
from actions.systems.postgres.restore import restore
from actions.systems.postgres.server import find_server
from actions.systems.postgres.settings import Backups, PostgresSettings
from actions.systems.postgres.start_stop import stop
from actions.systems.postgres.verify import verify
from tests.actions.contexts import FakeContext
from tests.labs import Lab, running_lab

pytestmark = pytest.mark.xdist_group("backup-options")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A lab whose stanza lies in a folder of further files; the file itself has the rest."""
    with running_lab() as running:
        cluster = running.postgres
        text, mark = cluster.backup_config.read_text(), "\n["
        common, stanza = text.split(mark)
        cluster.backup_config.write_text(common)
        folder = cluster.directory / "conf.d"
        folder.mkdir(mode=0o755)
        (folder / "stanza.conf").write_text(f"[{stanza}")
        (folder / "stanza.conf").chmod(0o644)
        yield running


def inventory_of(lab: Lab, **changed: str) -> Inventory:
    """The lab's inventory, with other words about the backups."""
    inventory = load_inventory(lab.inventory_path)
    settings = inventory.system("postgres", PostgresSettings)
    backups = msgspec.structs.replace(settings.backups, **changed)
    return msgspec.structs.replace(
        inventory, systems={**inventory.systems, "postgres": msgspec.structs.replace(settings, backups=backups)}
    )


@pytest.fixture
def ctx(lab: Lab) -> FakeContext:
    inventory = inventory_of(lab, config_include=str(lab.postgres.directory / "conf.d"))
    return FakeContext(inventory, decisions={"recovery_point": "latest"})


def test_its_own_files_are_not_named_to_it_or_it_would_leave_out_its_folder() -> None:
    assert not [word for word in command_line(Backups()) if word.startswith("--config")]
    assert not [word for word in command_line(Backups(config="/etc/pgbackrest.conf")) if word.startswith("--config")]
    assert "--config=/srv/own.conf" in command_line(Backups(config="/srv/own.conf"))


def test_it_says_itself_what_it_goes_by(lab: Lab, ctx: FakeContext) -> None:
    found = options(find_server(ctx))
    assert found["pg1-path"] == str(lab.postgres.data_directory)
    assert found["repo1-path"] == str(lab.postgres.repository)


def test_a_stanza_that_it_does_not_know_is_said_before_anything_is_done(lab: Lab) -> None:
    ctx = FakeContext(inventory_of(lab), decisions={"recovery_point": "latest"}, dry_run=True)
    with pytest.raises(ActionFailed, match=r"does not know the stanza cleoai: .*pg1-path") as failed:
        ctx.do(restore)
    assert "config_include" in failed.value.hint


def test_a_stanza_of_another_directory_in_the_folder_is_refused(lab: Lab, ctx: FakeContext) -> None:
    file = lab.postgres.directory / "conf.d" / "stanza.conf"
    before = file.read_text()
    file.write_text(before.replace(str(lab.postgres.data_directory), "/somewhere/else"))
    try:
        with pytest.raises(ActionFailed, match="is of /somewhere/else, the inventory says"):
            FakeContext(ctx.inventory, decisions={"recovery_point": "latest"}, dry_run=True).do(restore)
    finally:
        file.write_text(before)


@pytest.mark.soak
def test_the_whole_way_with_the_stanza_in_the_folder(lab: Lab, ctx: FakeContext) -> None:
    file = lab.postgres.directory / "conf.d" / "stanza.conf"
    before = file.read_text()
    assert ctx.do(hold).ok
    assert "expire-auto=n" in file.read_text(), "the hold stands where the stanza does"
    assert ctx.do(held).facts["held"]
    assert ctx.do(stop).ok
    assert ctx.do(restore).ok
    assert ctx.do(apply_wal).ok
    assert ctx.do(verify).ok
    assert ctx.do(release).ok
    assert file.read_text() == before
