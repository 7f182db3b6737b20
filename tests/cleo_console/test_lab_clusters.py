"""Two clusters in one lab are two systems: what breaks one leaves the other as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from actions.inventory import load_inventory
from actions.systems.postgres.settings import PostgresSettings
from cleo_console.cli.lab import lab as command
from cleo_console.lab.postgres import backups, server
from cleo_console.lab.wanted import wanted_services
from journal.errors import CleoError
from tests.labs import Lab, running_lab
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("lab-clusters")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running_lab() as running:
        yield Lab.up(running.directory, systems=["postgres", "orders"])


def cleo(lab: Lab, *words: str) -> Result:
    return CliRunner().invoke(command, [*words, "--dir", str(lab.directory)])


def labels(lab: Lab, name: str) -> list[str]:
    return [str(backup["label"]) for backup in backups.list_backups(lab.cluster(name))]


def users(lab: Lab, name: str) -> str:
    return lab.cluster(name).psql("SELECT count(*) FROM users")


def test_they_are_two_systems_of_one_inventory_and_play_the_same(lab: Lab) -> None:
    inventory = load_inventory(lab.inventory_path)
    first, second = (inventory.system(name, PostgresSettings) for name in ("postgres", "orders"))
    assert (first.plays, second.plays) == ("", "postgres")
    for field in ("port", "data_directory", "password"):
        assert getattr(first, field) != getattr(second, field), field
    for field in ("stanza", "repository", "config", "hold_file"):
        assert getattr(first.backups, field) != getattr(second.backups, field), field
    identifiers = {lab.cluster(name).psql("SELECT system_identifier FROM pg_control_system()") for name in lab.services}
    assert len(identifiers) == 2
    assert lab.status().whole


def test_a_backup_of_one_is_none_of_the_other(lab: Lab) -> None:
    before = labels(lab, "postgres")
    label = backups.take_backup(lab.cluster("orders"))
    assert labels(lab, "orders")[-1] == label
    assert labels(lab, "postgres") == before


def test_a_fault_that_both_can_have_wants_to_be_aimed(lab: Lab) -> None:
    refused = cleo(lab, "break", "drop-table")
    assert (refused.exit_code, "--on: postgres, orders" in refused.output) == (2, True)
    assert lab.psql("SELECT to_regclass('public.messages') IS NOT NULL") == "t"


def test_a_fault_aimed_at_one_leaves_the_other_untouched(lab: Lab) -> None:
    before, count = lab.pids, users(lab, "postgres")
    newest = int(lab.psql("SELECT max(id) FROM heartbeat"))
    fault = json.loads(cleo(lab, "break", "lose-data-directory", "--on", "orders", "--json").output)
    assert fault["system"] == "orders"
    assert list(lab.cluster("orders").data_directory.iterdir()) == []
    status = lab.status()
    assert (status.services["postgres"].whole, status.services["orders"].whole) == (True, False)
    assert (lab.pids, users(lab, "postgres")) == (before, count)
    until(lambda: int(lab.psql("SELECT max(id) FROM heartbeat")) > newest)
    assert "orders" in cleo(lab, "status").output


def test_the_broken_one_stays_down_and_the_other_comes_back_with_the_lab(lab: Lab) -> None:
    lab.stop()
    said: list[str] = []
    Lab.up(lab.directory, say=said.append)
    assert [line for line in said if "PostgreSQL runs again" in line]
    assert [line for line in said if "PostgreSQL orders does not run, and is left so" in line]
    assert lab.status().services["postgres"].whole


def test_it_is_restored_from_its_own_repository(lab: Lab) -> None:
    cluster, before = lab.cluster("orders"), lab.pids
    cluster.pgbackrest("restore")
    server.start(cluster)
    until(lambda: cluster.psql("SELECT pg_is_in_recovery()") == "f")
    assert users(lab, "orders") == "500"
    assert lab.pids == before
    assert lab.status().whole


@pytest.mark.parametrize("asked", [["Orders"], ["a/b"], [""], ["orders", "orders"], ["postgres"], ["x=oracle"]])
def test_names_that_do_not_serve_are_refused(asked: list[str], tmp_path: Path) -> None:
    with pytest.raises(CleoError):
        wanted_services(["postgres", *asked], standby=False)
