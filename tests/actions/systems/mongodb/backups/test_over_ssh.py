"""Backups of a mongod whose host is reached by SSH: taken, read and held there, by the Python that is there."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import msgspec
import pytest

from actions.inventory import Inventory
from actions.outcome import ActionFailed
from actions.systems.mongodb.backups.engine import ENGINE
from actions.systems.mongodb.settings import MongodbSettings
from tests.actions.contexts import FakeContext
from tests.actions.sshd import Sshd, running_sshd
from tests.actions.systems.mongodb.backups.taking import NAME
from tests.actions.systems.mongodb.mongo_lab import MongoLab

pytestmark = pytest.mark.xdist_group("mongodb-backups")


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with running_sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


def test_everything_happens_on_the_servers_host(mongo: MongoLab, sshd: Sshd) -> None:
    """A full backup and the oplog after it are taken, read to the end, and held there."""
    ctx = _context(mongo, sshd, python=sys.executable)
    labels = [ENGINE.take(ctx, NAME, kind, {}).set for kind in ("full", "incremental")]
    assert all(
        (mongo.member.directory / "over-ssh" / NAME / each.label / "dump/oplog.bson").exists()
        for each in labels
        if each
    )
    assert any(step.fraction for step in ctx.steps), "progress is shown"
    assert {each.label for each in labels if each} == set(ENGINE.verify(ctx, NAME).sound)
    ENGINE.hold(ctx, NAME, ENGINE.read_hold(ctx, NAME))
    assert mongo.member.hold_file.exists()
    ENGINE.release(ctx, NAME, ENGINE.read_hold(ctx, NAME))
    assert not mongo.member.hold_file.exists()


@pytest.mark.parametrize(
    ("host", "python", "says"),
    [("", "", "Nothing tells which program"), ("vault", sys.executable, "leads elsewhere from there")],
)
def test_what_is_missing_in_the_inventory_is_said(
    mongo: MongoLab, sshd: Sshd, host: str, python: str, says: str
) -> None:
    """Before anything is begun."""
    ctx = _context(mongo, sshd, python=python, host=host)
    with pytest.raises(ActionFailed, match=says):
        ENGINE.take(ctx, NAME, "full", {})
    assert not ctx.effects


def _context(mongo: MongoLab, sshd: Sshd, *, python: str, host: str = "") -> FakeContext:
    """A context whose inventory reaches the server's host, and the one of its backups, by SSH."""
    settings = mongo.settings
    repository = mongo.member.directory / "over-ssh"
    repository.mkdir(exist_ok=True)
    changed = msgspec.structs.replace(settings.backups, repository=str(repository), python=python, host=host)
    systems = {NAME: msgspec.structs.replace(settings, backups=changed)}
    hosts = {settings.host: sshd.host(), "vault": sshd.host()}
    inventory: Inventory = msgspec.structs.replace(mongo.inventory, systems=systems, hosts=hosts)
    assert isinstance(inventory.systems[NAME], MongodbSettings)
    return FakeContext(inventory, system=NAME)
