"""Replaying the log: said before it is done, only said in a dry run, and told the same way when it was done already."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import pytest

from actions.inventory import load_inventory
from actions.outcome import ActionFailed
from actions.systems.postgres.apply_wal import apply_wal
from actions.systems.postgres.restore import restore
from actions.systems.postgres.restore_record import load_record
from actions.systems.postgres.server import find_server
from actions.systems.postgres.settings import PostgresSettings
from actions.systems.postgres.start_stop import stop
from actions.systems.postgres.writers import allow_writers
from tests.actions.contexts import FakeContext, RunnerDied
from tests.labs import Lab, lab

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-replay-again")


def context(lab: Lab, **more: object) -> FakeContext:
    return FakeContext(load_inventory(lab.inventory_path), decisions={"recovery_point": "latest"}, **more)  # type: ignore[arg-type]


class Seen(NamedTuple):
    state: str
    auto_conf: str
    signals: list[str]


def seen(lab: Lab) -> Seen:
    """What a replay changes on its way, as it is now."""
    record = load_record(find_server(context(lab)))
    assert record
    data = lab.postgres.data_directory
    signals = sorted(path.name for path in data.glob("*.signal"))
    return Seen(record.state, (data / "postgresql.auto.conf").read_text(), signals)


@pytest.fixture
def ctx(lab: Lab) -> Iterator[FakeContext]:
    """A server that is restored, and whose log is not applied; afterwards it takes writers again."""
    found = context(lab)
    assert found.do(stop).ok
    assert found.do(restore).ok
    yield found
    assert found.do(apply_wal).ok
    assert found.do(allow_writers).ok


def test_nothing_is_changed_before_it_was_said(lab: Lab, ctx: FakeContext) -> None:
    before, real, at_effects = seen(lab), ctx.effect, []

    def effect(what: str) -> bool:
        at_effects.append(seen(lab))
        return real(what)

    ctx.effect = effect  # type: ignore[method-assign]
    assert ctx.do(apply_wal).ok
    assert at_effects[0] == before
    assert seen(lab).state == "recovered"


def test_a_dry_run_over_a_replay_that_is_under_way_changes_nothing(lab: Lab, ctx: FakeContext) -> None:
    ctx.dies_after = "start"
    with pytest.raises(RunnerDied):
        ctx.do(apply_wal)
    before = seen(lab)
    dry = context(lab, dry_run=True).do(apply_wal)
    assert dry.summary.startswith("would replay the log to ")
    assert seen(lab) == before


def test_a_replay_that_was_done_already_tells_what_the_first_run_told(lab: Lab, ctx: FakeContext) -> None:
    first = ctx.do(apply_wal)
    lab.psql("SELECT pg_create_physical_replication_slot('left_over', true)")
    try:
        again = ctx.do(apply_wal)
    finally:
        lab.psql("SELECT pg_drop_replication_slot('left_over')")
    assert "applied already" in again.summary
    assert again.facts == first.facts
    assert "replication slot left_over" in [finding.about for finding in again.findings]


def test_what_another_incident_recovered_is_no_recovery_of_this_one(lab: Lab, ctx: FakeContext) -> None:
    assert ctx.do(apply_wal).ok
    with pytest.raises(ActionFailed, match="INC-1 recovered"):
        context(lab, id="INC-2").do(apply_wal)


def test_the_log_is_fetched_whatever_the_configurations_path_is(lab: Lab) -> None:
    folder = lab.directory / "it's 50%d $HOME of the backups"
    folder.mkdir(mode=0o755)
    config = folder / "pgbackrest.conf"
    shutil.copy(lab.postgres.backup_config, config)
    config.chmod(0o644)
    found = context(lab)
    settings = found.inventory.system("postgres", PostgresSettings)
    backups = msgspec.structs.replace(settings.backups, config=str(config))
    systems = {"postgres": msgspec.structs.replace(settings, backups=backups)}
    found.inventory = msgspec.structs.replace(found.inventory, systems=systems)
    assert found.do(stop).ok
    assert found.do(restore).ok
    applied = found.do(apply_wal)
    assert applied.ok
    assert found.do(allow_writers).ok
