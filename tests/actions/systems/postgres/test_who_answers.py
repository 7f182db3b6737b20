"""Whoever answers is proven to be ours before it is believed or written to, by what its processes have open."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actions.action import Action
from actions.inventory import Inventory, load_inventory
from actions.machine.listener import look
from actions.outcome import GateClosed
from actions.systems.postgres.connection import CannotConnect
from actions.systems.postgres.probe import probe
from actions.systems.postgres.process import POSTGRES
from actions.systems.postgres.restore import restore
from actions.systems.postgres.server import find_server
from actions.systems.postgres.settings import PostgresSettings
from actions.systems.postgres.start_stop import is_running, start, stop
from actions.systems.postgres.verify import verify
from actions.systems.postgres.writers import allow_writers, stop_writers
from actions.transport import Completed, LocalHost, open_transport
from tests.actions.contexts import FakeContext
from tests.actions.sshd import Sshd
from tests.actions.systems.postgres.strangers import contained_copy, foreign_cluster, kept_copy, pg_ctl, run_contained
from tests.labs import Lab, lab
from tests.waiting import until

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-who-answers")

Stranger = Callable[[Lab], AbstractContextManager[Path]]


@pytest.fixture
def ctx(lab: Lab) -> FakeContext:
    return FakeContext(load_inventory(lab.inventory_path))


@pytest.fixture
def settings(ctx: FakeContext) -> PostgresSettings:
    return ctx.inventory.system("postgres", PostgresSettings)


@pytest.fixture
def down(lab: Lab) -> Iterator[Lab]:
    """The lab's server is down, and up again afterwards."""
    pg_ctl(lab, lab.postgres.data_directory, "-m", "fast", "stop")
    yield lab
    pg_ctl(lab, lab.postgres.data_directory, "start")


def health(settings: PostgresSettings) -> Any:
    return probe("postgres", settings, open_transport(LocalHost()), deadline_s=8)


def extensions(lab: Lab) -> str:
    return lab.postgres.psql("SELECT string_agg(extname, ',') FROM pg_extension", database="cleoai")


@pytest.mark.parametrize("stranger", [kept_copy, foreign_cluster])
def test_a_stranger_on_the_port_is_neither_believed_nor_written_to(
    down: Lab, ctx: FakeContext, settings: PostgresSettings, stranger: Stranger
) -> None:
    with stranger(down) as place:
        for action in (start, verify, allow_writers):
            with pytest.raises(CannotConnect, match="another server answers") as refused:
                ctx.do(action)
            assert refused.value.why == "another"
            assert str(place) in refused.value.message
        assert "amcheck" not in extensions(down), "something was installed into a stranger"
        seen = health(settings)
        assert (seen.status, seen.facts["reason"]) == ("down", "another")
        assert "another server answers" in seen.detail
        assert "is down" in ctx.do(is_running).summary


def test_writers_are_not_said_to_be_kept_out_of_a_stranger(down: Lab, ctx: FakeContext) -> None:
    """Ours is down: the block is put into its own file, and the stranger is not asked to read it."""
    with kept_copy(down) as place:
        before = (place / "pg_hba.conf").read_text()
        assert "down" in ctx.do(stop_writers).summary
        assert (place / "pg_hba.conf").read_text() == before
    assert "once it is started" in ctx.do(allow_writers).summary


def launched(lab: Lab, **environment: str) -> subprocess.Popen[bytes]:
    """Start the server as containers do: no ``-D``, the directory comes from the environment."""
    program, account = lab.postgres.programs.server("postgres"), lab.postgres.account
    return subprocess.Popen(
        [program], env={**lab.postgres.environment, **environment}, cwd="/", user=account.uid, group=account.gid,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.parametrize("through", ["PGDATA", "a link"])
def test_a_server_is_found_however_it_was_told_its_directory(
    down: Lab, ctx: FakeContext, settings: PostgresSettings, through: str
) -> None:
    link = down.postgres.directory / "pg" / "link"
    link.symlink_to(down.postgres.data_directory)
    server = launched(down, PGDATA=str(link if through == "a link" else down.postgres.data_directory))
    try:
        until(lambda: health(settings).status in ("up", "degraded") and "replay" not in health(settings).detail)
        assert f"runs (pid {server.pid})" in ctx.do(is_running).summary
        assert "already up" in ctx.do(start).summary
        with pytest.raises(GateClosed) as closed:
            ctx.with_incident(decisions={"recovery_point": "latest"}).do(restore)
        assert closed.value.gate == "down"
        assert (down.postgres.data_directory / "PG_VERSION").exists()
        assert ctx.do(stop).ok
        server.wait(20)
    finally:
        link.unlink()
        if server.poll() is None:
            server.kill()


@pytest.mark.parametrize("noted", ["nothing", "a stranger's", "another program's"])
def test_the_pid_file_is_not_believed(down: Lab, ctx: FakeContext, noted: str) -> None:
    """It is missing under a running server, or a killed one left it and its number is somebody else's now."""
    file = down.postgres.data_directory / "postmaster.pid"
    with kept_copy(down) as place:
        pid = (place / "postmaster.pid").read_text().splitlines()[0] if noted == "a stranger's" else str(os.getpid())
        if noted != "nothing":
            file.write_text(f"{pid}\n{down.postgres.data_directory}\n")
        try:
            assert "is down" in ctx.do(is_running).summary
        finally:
            file.unlink(missing_ok=True)


def test_a_running_server_without_pid_file_is_running(lab: Lab, ctx: FakeContext) -> None:
    file = lab.postgres.data_directory / "postmaster.pid"
    away = file.with_name("away.pid")
    file.rename(away)
    try:
        assert "runs (pid" in ctx.do(is_running).summary
    finally:
        away.rename(file)


def test_a_server_whose_directory_was_moved_away_works_elsewhere(lab: Lab, ctx: FakeContext) -> None:
    """It runs on in the moved one: what is put into its place next is not its own."""
    data = lab.postgres.data_directory
    moved = data.with_name("moved")
    data.rename(moved)
    try:
        assert "is down" in ctx.do(is_running).summary
        with pytest.raises(CannotConnect, match=f"works in {moved}"):
            ctx.do(verify)
    finally:
        moved.rename(data)
    assert "runs (pid" in ctx.do(is_running).summary


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"heartbeat": "public.other"}, "degraded", "there is no table public.other"),
        ({"heartbeat": "nowhere.other"}, "degraded", "there is no table nowhere.other"),
        ({"heartbeat": "public.messages"}, "degraded", "heartbeat not read"),
        ({"port": 1}, "degraded", "it runs (pid"),
        ({"database": "nobody"}, "degraded", "it runs (pid"),
        ({"user": "nobody"}, "not measured", "it runs (pid"),
    ],
)
def test_up_but_not_as_expected_is_not_down(
    settings: PostgresSettings, changes: dict[str, Any], status: str, words: str
) -> None:
    seen = health(msgspec.structs.replace(settings, **changes))
    assert (seen.status, words in seen.detail) == (status, True), seen


class Nobody:
    """A host on which our own account may see as little as the server's."""

    def query(self, argv: Sequence[str], *, timeout_s: float, user: str = "", **rest: Any) -> Completed:
        return open_transport(LocalHost()).query(argv, timeout_s=timeout_s, user="nobody", **rest)


@pytest.mark.skipif(os.geteuid() != 0, reason="accounts are told apart only where there are several")
def test_who_may_not_see_says_so(lab: Lab, settings: PostgresSettings) -> None:
    """An account that cannot see where the server works must call it neither ours nor down."""
    host: Any = Nobody()
    seen = probe("postgres", settings, host, deadline_s=8)
    assert seen.status == "not measured", seen
    assert "it cannot be told whether" in seen.detail
    assert health(msgspec.structs.replace(settings, run_as="nobody")).facts["role"] == "primary", "we see it ourselves"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a container of another account's")
def test_a_container_of_the_same_account_number_is_not_taken_for_ours(down: Lab, ctx: FakeContext) -> None:
    """The server's account may not see where a process of another user namespace works; it is not our server."""
    with contained_copy(down):
        assert "is down" in ctx.do(is_running).summary
        with pytest.raises(CannotConnect, match="another server answers"):
            ctx.do(start)


@contextmanager
def hiding(lab: Lab, folder: Path, program: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program called postgres, of the lab's account, that hides where it works."""
    account = lab.postgres.account
    for above in (folder, *folder.parents[:2]):
        above.chmod(0o755)
    shutil.copy(program, folder / "postgres")
    drop = ["setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"]
    process = run_contained([*drop, str(folder / "postgres"), *words])
    status = Path(f"/proc/{process.pid}/status")
    until(lambda: "Name:\tpostgres" in status.read_text())
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a container of another account's")
def test_a_process_that_nobody_buried_hides_nothing(down: Lab, ctx: FakeContext, tmp_path: Path) -> None:
    """It stays in the list of processes until its parent asks for its end, and works nowhere."""
    server = find_server(ctx)
    with hiding(down, tmp_path, "/bin/sleep", "60") as process:
        assert process.pid in {worker.pid for worker in look(server.query, server.data, POSTGRES).hidden}
        process.kill()
        until(lambda: "State:\tZ" in Path(f"/proc/{process.pid}/status").read_text())
        assert not look(server.query, server.data, POSTGRES).hidden


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a container of another account's")
def test_a_process_that_ends_between_two_looks_hides_nothing(down: Lab, ctx: FakeContext, tmp_path: Path) -> None:
    server = find_server(ctx)
    with hiding(down, tmp_path, "/bin/sleep", "60") as process:

        def ours(argv: Sequence[str]) -> Completed:
            process.kill()
            process.wait()
            return server.query_ourselves(argv)

        assert not look(server.query, server.data, POSTGRES, ours).hidden


def over_ssh(lab: Lab, sshd: Sshd) -> Inventory:
    inventory = load_inventory(lab.inventory_path)
    return msgspec.structs.replace(inventory, hosts={"db1": sshd.host()})


@pytest.fixture
def sshd() -> Iterator[Sshd]:
    folder = Path("/var/tmp") / f"cleo-who-{os.getpid()}"
    server = Sshd(folder)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


def test_the_same_holds_over_ssh(down: Lab, sshd: Sshd) -> None:
    ctx = FakeContext(over_ssh(down, sshd))
    with kept_copy(down), pytest.raises(CannotConnect, match="another server answers"):
        ctx.do(start)
    assert ctx.do(start).ok
    assert "runs (pid" in ctx.do(is_running).summary
    action: Action = verify
    assert ctx.do(action).facts["tables_checked"] > 3
    assert ctx.do(stop).ok
