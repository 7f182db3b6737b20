"""One configuration and one hold file for the backups of several servers, as a repository host has them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from actions.action import Action
from actions.backups.hold import held, hold, is_held_for_us, release
from actions.inventory import Inventory, load_inventory
from actions.outcome import Outcome
from actions.systems.postgres.settings import PostgresSettings
from tests.actions.contexts import FakeContext
from tests.labs import Lab, lab

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("shared-host")
NAMES = ("postgres", "orders", "billing")


@pytest.fixture(scope="module")
def inventory(lab: Lab) -> Iterator[Inventory]:
    """The lab's cluster under three names, each with a stanza of its own in the same configuration."""
    cluster = lab.postgres
    text = cluster.backup_config.read_text()
    own = text[text.index(f"[{cluster.stanza}]") :]
    more = "".join(own.replace(f"[{cluster.stanza}]", f"[{name}]") for name in NAMES[1:])
    cluster.backup_config.write_text(text + more)
    for name in NAMES[1:]:
        program = [str(cluster.programs.pgbackrest), f"--config={cluster.backup_config}", f"--stanza={name}"]
        cluster.run([*program, "--no-online", "stanza-create"])
    found = load_inventory(lab.inventory_path)
    settings = found.system("postgres", PostgresSettings)
    stanzas = {name: msgspec.structs.replace(settings.backups, stanza=name) for name in NAMES[1:]}
    others = {name: msgspec.structs.replace(settings, backups=backups) for name, backups in stanzas.items()}
    yield msgspec.structs.replace(found, systems={**found.systems, **others})


def at_each(inventory: Inventory, action: Action, incident: str = "INC-1") -> dict[str, Outcome]:
    """Run an action at every system at once, as a step of an incident does."""
    with ThreadPoolExecutor(len(NAMES)) as pool:
        runs = {name: pool.submit(FakeContext(inventory, system=name, id=incident).do, action) for name in NAMES}
        return {name: run.result() for name, run in runs.items()}


def test_each_server_is_held_and_released_by_itself(lab: Lab, inventory: Inventory) -> None:
    before = lab.postgres.backup_config.read_text()
    first, second = (FakeContext(inventory, system=name) for name in NAMES[:2])
    assert first.do(hold).ok
    assert is_held_for_us(second), "the hold on one server was taken for the other's"
    joined = second.do(hold)
    assert joined.facts["changed"] == ["scheduled backups wait", "expiry is suspended"]
    assert is_held_for_us(second) is None

    left = first.do(release)
    assert "scheduled backups go on waiting" in left.facts["changed"]
    assert "INC-1 (orders)" in left.summary
    assert is_held_for_us(second) is None, "the release at one server took the other's hold away"
    assert not first.do(held).facts["held"]
    assert second.do(release).ok
    assert not lab.postgres.hold_file.exists()
    assert lab.postgres.backup_config.read_text() == before


def test_all_at_once_none_overwrites_what_another_wrote(lab: Lab, inventory: Inventory) -> None:
    before = lab.postgres.backup_config.read_text()
    for _ in range(3):
        assert all(outcome.ok for outcome in at_each(inventory, hold).values())
        assert [name for name, look in at_each(inventory, held).items() if look.facts["held"]] == [*NAMES]
        assert all(outcome.ok for outcome in at_each(inventory, release).values())
        assert lab.postgres.backup_config.read_text() == before
        assert not lab.postgres.hold_file.exists()
