"""A recovery by hand: nothing but a shell and the commands that are shown, copied and printed."""

from __future__ import annotations

import os
import shlex
import subprocess

import pytest

from actions.by_hand import ByHand, script_of, typed, typed_lines, words_of
from actions.inventory import Inventory, load_inventory
from actions.registry import registry
from actions.systems.postgres.failover.fence import fence, is_fenced
from actions.systems.postgres.start_stop import start, stop
from actions.systems.postgres.writers import allow_writers, stop_writers, writers
from cleo_console.cli.paper.commands import folded
from journal.errors import CleoError
from journal.incident.recovery_point import RecoveryPoint, parse
from tests.actions.contexts import FakeContext
from tests.labs import Lab, lab
from tests.waiting import until

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-by-hand")


class Hand:
    """Somebody at a shell, as root where the commands change to another account."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory

    def script(self, action: str, point: RecoveryPoint | None = None) -> str:
        tell = registry()[action].by_hand
        assert tell is not None, action
        known = ByHand(inventory=self.inventory, system="postgres", incident="INC-1", point=point)
        return "\n".join(script_of(typed_lines(tell(known), self.inventory)))

    def types(self, action: str, point: RecoveryPoint | None = None, **instead: str) -> str:
        """Type an action's commands as they are printed, and return what they said."""
        said = []
        tell = registry()[action].by_hand
        assert tell is not None, action
        for line in tell(ByHand(inventory=self.inventory, system="postgres", incident="INC-1", point=point)):
            text = typed(line)
            for word, value in instead.items():
                text = text.replace(word, value)
            env = {**os.environ, "PGPASSWORD": self.password()} if "psql" in text or "amcheck" in text else None

            def run(text: str = text, env: dict[str, str] | None = env) -> subprocess.CompletedProcess[str]:
                return subprocess.run(["sh", "-c", "\n".join(folded(text))], capture_output=True, text=True, env=env)

            done = run()
            if "until it says f" in line.what:
                until(lambda run=run: " f  " in run().stdout)
            else:
                refused = "must be refused" in line.what
                assert (done.returncode != 0) is refused, (text, done.stderr)
            said.append(done.stdout)
        return "".join(said)

    def password(self) -> str:
        secret = self.inventory.systems["postgres"].password  # type: ignore[attr-defined]
        return secret.read() if secret else ""


@pytest.fixture
def hand(lab: Lab) -> Hand:
    return Hand(load_inventory(lab.inventory_path))


def test_a_dropped_table_is_recovered_with_a_shell_alone(lab: Lab, hand: Hand) -> None:
    fault = lab.break_("postgres", "drop-table")
    label = lab.facts["last_backup"]["label"]
    point = parse(f"time:{fault.details['committed_at']}", {"postgres": {}})

    assert "retention-full=9999999" in hand.types("backups.hold")
    assert lab.facts["held"]
    hand.types("postgres.stop_writers")
    with pytest.raises(CleoError, match=r"pg_hba\.conf"):
        lab.postgres.app_psql("SELECT 1")
    hand.types("postgres.stop")
    assert label in hand.types("postgres.restore", BACKUP=label, TIME="1")
    hand.types("postgres.apply_wal", point)
    until(lambda: lab.psql("SELECT pg_is_in_recovery()") == "f")
    assert lab.psql("SELECT count(*) FROM messages") == str(fault.details["rows"])
    assert hand.types("postgres.verify").strip() == ""
    with pytest.raises(CleoError, match=r"pg_hba\.conf"):
        lab.postgres.app_psql("SELECT 1")
    hand.types("postgres.allow_writers")
    assert lab.postgres.app_psql("SELECT 1") == "1"
    hand.types("backups.release")
    assert not lab.facts["held"]
    hand.types("backups.take")


def test_what_is_shown_is_what_the_program_runs(lab: Lab, hand: Hand) -> None:
    ctx = FakeContext(hand.inventory)
    ran: list[str] = []
    run = ctx.run
    ctx.run = lambda key, host, argv, **more: (ran.append(shlex.join(argv)), run(key, host, argv, **more))[1]  # type: ignore[method-assign]
    assert ctx.do(stop).ok
    assert ctx.do(start).ok
    assert ran[0] in hand.script("postgres.stop")
    assert ran[-1] in hand.script("postgres.start")


def test_who_is_fenced_by_hand_is_fenced(lab: Lab, hand: Hand) -> None:
    ctx = FakeContext(hand.inventory)
    hand.types("postgres.fence")
    assert ctx.do(is_fenced).ok
    assert "already fenced" in ctx.do(fence).summary
    assert hand.types("postgres.unfence").strip() == str(lab.postgres.data_directory)
    assert not ctx.do(is_fenced).ok
    ctx.do(start)


def test_hand_and_program_take_back_what_the_other_did(lab: Lab, hand: Hand) -> None:
    ctx = FakeContext(hand.inventory)
    hand.types("postgres.stop_writers")
    assert ctx.do(writers).facts["writers_barred"]
    assert ctx.do(allow_writers).ok
    assert not ctx.do(writers).facts["writers_barred"]
    assert ctx.do(stop_writers).ok
    hand.types("postgres.allow_writers")
    assert not ctx.do(writers).facts["writers_barred"]


def test_a_user_is_erased_again_with_a_shell_alone(lab: Lab, hand: Hand) -> None:
    count = "SELECT count(*) FROM messages m JOIN conversations c ON c.id = conversation_id WHERE user_id <> 7"
    others = lab.psql(count)
    tell = registry()["postgres.reapply_erasures"].by_hand
    assert tell
    which, erase = (words_of(line) for line in tell(ByHand(inventory=hand.inventory, system="postgres")))
    env = {**os.environ, "PGPASSWORD": hand.password()}
    said = subprocess.run(which, capture_output=True, text=True, env=env, check=True).stdout.splitlines()
    for table, by in (("conversations", "(user_id)"), ("messages", "conversations(id)"), ("audit_logs", "user_id")):
        assert any(table in line and by in line for line in said)
    *program, _, one, _, last = [word.replace("'USER'", "'7'") for word in erase]
    of = "conversation_id IN (SELECT id FROM conversations WHERE user_id = 7)"
    each = [one.replace("TABLE", table) for table in ("conversations", "user_preferences", "audit_logs")]
    each = [f"DELETE FROM messages WHERE {of}", *each, last.replace("KEY", "id")]
    subprocess.run(
        [*program, *(word for sql in each for word in ("-c", sql))], capture_output=True, env=env, check=True
    )
    assert lab.psql("SELECT count(*) FROM users WHERE id = 7") == "0"
    assert lab.psql(count) == lab.psql("SELECT count(*) FROM messages") == others


def test_no_secret_is_in_them(lab: Lab, hand: Hand) -> None:
    assert hand.password()
    for name, action in registry().items():
        if action.by_hand and name.startswith(("postgres.", "backups.")):
            assert hand.password() not in hand.script(name), name
