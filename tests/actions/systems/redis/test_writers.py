"""The application's users, kept out of a real Redis: tried as each, across restarts; and let in exactly as before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from redis import Redis

from actions.action import Action
from actions.outcome import ActionFailed, Outcome
from actions.systems.redis.acl_lines import digest_of, is_off, line_of, with_off, with_on
from actions.systems.redis.login_block import record_path
from actions.systems.redis.server import find_server
from actions.systems.redis.start_stop import start, stop
from actions.systems.redis.writers import allow_writers, bar_writers, stop_writers, writers, writers_kept_out
from cleo_console.lab.redis import server
from journal.errors import CleoError
from tests.actions.contexts import FakeContext
from tests.actions.sshd import running_sshd
from tests.actions.systems.redis.redis_lab import RedisLab, running_redis
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("redis")


@pytest.fixture(scope="module")
def lab() -> Iterator[RedisLab]:
    """One Redis for all tests of this module, each of which leaves it up with its writers in."""
    with running_redis() as running:
        yield running


def _can_write(lab: RedisLab) -> bool:
    try:
        with lab.node().client("cleo_app") as client:
            return bool(client.set("tried", "1"))
    except CleoError:
        return False


def test_users_are_kept_out_across_restarts_and_let_in_exactly_as_before(lab: RedisLab) -> None:
    before = lab.node().acl_file.read_bytes()
    stopped = lab.ctx().do(stop_writers)
    assert "cleo_app cannot log in (tried as each)" in stopped.summary
    assert stopped.facts["sessions_ended"] >= 1, "the lab's writer was connected"
    assert stopped.facts["newest_commit_at"] == stopped.facts["no_commit_after"]
    assert [finding.about for finding in stopped.findings] == []
    assert not _can_write(lab)
    assert writers_kept_out(lab.ctx()) is None
    server.stop(lab.node())
    assert writers_kept_out(lab.ctx()) is None
    server.start(lab.node())
    assert not _can_write(lab)
    assert lab.ctx().do(writers).facts == {"writers_barred": True}
    assert lab.ctx(dry_run=True).do(allow_writers).summary == "would let cleo_app in again"
    assert not _can_write(lab)
    lab.ctx().do(allow_writers)
    assert _can_write(lab)
    assert lab.node().acl_file.read_bytes() == before
    assert lab.ctx().do(writers).facts == {"writers_barred": False}
    closed = writers_kept_out(lab.ctx())
    assert closed
    assert closed.opens == "redis.stop_writers"


def test_a_server_that_is_down_keeps_them_out_from_its_first_moment(lab: RedisLab) -> None:
    lab.ctx().do(stop)
    assert lab.ctx(dry_run=True).do(stop_writers).summary == "would keep cleo_app out"
    assert writers_kept_out(lab.ctx())
    lab.ctx().do(stop_writers)
    assert writers_kept_out(lab.ctx()) is None
    lab.ctx().do(start)
    assert not _can_write(lab)
    lab.ctx().do(stop)
    assert "once it is started" in lab.ctx().do(allow_writers).summary
    lab.ctx().do(start)
    assert _can_write(lab)


def test_users_that_a_restore_brings_back_are_kept_out_before_the_start(lab: RedisLab) -> None:
    """The file of users comes from a backup, in which they are on."""
    before = lab.node().acl_file.read_bytes()
    lab.ctx().do(stop_writers)
    lab.ctx().do(stop)
    lab.node().acl_file.write_bytes(before)
    bar_writers(find_server(lab.ctx()))
    lab.ctx().do(start)
    assert not _can_write(lab)
    lab.ctx().do(allow_writers)
    assert lab.node().acl_file.read_bytes() == before
    assert _can_write(lab)


def test_users_that_the_server_saved_meanwhile_are_let_in_all_the_same(lab: RedisLab) -> None:
    """ACL SAVE writes every line anew: what we appended is gone, and what it says stands elsewhere in the line."""
    lab.ctx().do(stop_writers)
    with lab.node().client() as client:
        client.acl_save()
    lab.ctx().do(allow_writers)
    server.stop(lab.node())
    server.start(lab.node())
    assert _can_write(lab)


def test_who_was_off_before_stays_off(lab: RedisLab) -> None:
    with lab.node().client() as client:
        client.execute_command("ACL", "SETUSER", "cleo_app", "off")  # type: ignore[no-untyped-call]
        client.acl_save()
    lab.ctx().do(stop_writers)
    allowed = lab.ctx().do(allow_writers)
    assert [finding.text for finding in allowed.findings] == ["cannot log in, though nothing of ours keeps it out"]
    assert not _can_write(lab)
    with lab.node().client() as client:
        client.execute_command("ACL", "SETUSER", "cleo_app", "on")  # type: ignore[no-untyped-call]
        client.acl_save()
    assert _can_write(lab)


def test_others_who_may_write_are_named(lab: RedisLab) -> None:
    with lab.node().client() as client:
        client.execute_command("ACL", "SETUSER", "worker", "on", "nopass", "~*", "+@write")  # type: ignore[no-untyped-call]
    stopped = lab.ctx().do(stop_writers)
    assert [finding.about for finding in stopped.findings] == ["worker"]
    lab.ctx().do(allow_writers)
    with lab.node().client() as client:
        client.acl_deluser("worker")


def test_a_login_that_gets_through_all_the_same_is_no_success(lab: RedisLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody switches the user on again in the same moment: what counts is what was tried."""
    kill = Redis.execute_command

    def undone(self: Redis, *words: object, **more: object) -> object:
        if words[:2] == ("ACL", "SETUSER") and words[-1] == "off":
            return "OK"
        return kill(self, *words, **more)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(Redis, "execute_command", undone)
    with pytest.raises(ActionFailed, match="are not kept out of redis: cleo_app"):
        lab.ctx().do(stop_writers)
    monkeypatch.undo()
    lab.ctx().do(stop_writers)
    lab.ctx().do(allow_writers)


def test_we_never_lock_ourselves_out(lab: RedisLab) -> None:
    text = lab.inventory_path.read_text()
    lab.inventory_path.write_text(text.replace("user: cleo\n", "user: cleo_app\n"))
    try:
        with pytest.raises(ActionFailed, match="logs in to redis as cleo_app, and so do we"):
            lab.ctx().do(stop_writers)
    finally:
        lab.inventory_path.write_text(text)
    assert _can_write(lab)


def test_a_runner_that_died_in_the_middle_is_followed_by_one_that_ends_it(lab: RedisLab) -> None:
    """The file says off, the running server does not yet: the next one switches it off, and gives all of it back."""
    before = lab.node().acl_file.read_bytes()
    bar_writers(find_server(lab.ctx()))
    assert _can_write(lab)
    assert writers_kept_out(lab.ctx()), "it runs, and lets them in"
    lab.ctx().do(stop_writers)
    assert not _can_write(lab)
    lab.ctx().do(allow_writers)
    assert lab.node().acl_file.read_bytes() == before
    assert not find_server(lab.ctx()).exists(record_path(find_server(lab.ctx())))
    until(lambda: _can_write(lab))


def test_all_of_it_goes_over_ssh(lab: RedisLab, tmp_path: Path) -> None:
    """The server's host is another: its files, its processes and its programs are reached there alone."""
    with running_sshd(tmp_path / "sshd") as sshd:
        inventory = msgspec.structs.replace(lab.inventory, hosts={"db1": sshd.host()})

        def do(action: Action) -> Outcome:
            return FakeContext(inventory, system="redis").do(action)

        assert "cannot log in (tried as each)" in do(stop_writers).summary
        assert "its RDB file stays as it is" in do(stop).summary
        assert do(start).facts["loaded_from"] == "append-only files"
        assert do(writers).facts == {"writers_barred": True}
        assert do(allow_writers).summary == "cleo_app can log in again."
    assert _can_write(lab)


@pytest.mark.parametrize("line", ["user app on >secret ~* +@all", "  user app on nopass ~a:* &* +get -@all +set"])
def test_a_line_is_given_back_letter_by_letter(line: str) -> None:
    text = f"user default off\n{line}\nuser other on >x ~* +@all"
    off = with_off(text, "app")
    assert is_off(off, "app")
    assert not is_off(off, "other")
    assert with_off(off, "app") == off
    assert with_on(off, "app", digest_of(line_of(text, "app"))) == text


def test_a_user_without_a_line_gets_one_and_loses_it_again() -> None:
    text = "# configuration\nrequirepass secret\n"
    off = with_off(text, "default", "user default on #abc ~* &* +@all")
    assert is_off(off, "default")
    assert with_on(off, "default", "") == text
