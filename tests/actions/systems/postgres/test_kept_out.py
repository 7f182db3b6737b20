"""Kept out means kept out: the server is asked where its files are, and every way in is tried."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psycopg
import pytest

from actions.inventory import Inventory, load_inventory
from actions.outcome import ActionFailed
from actions.systems.postgres.apply_wal import apply_wal
from actions.systems.postgres.login_block import _judge
from actions.systems.postgres.restore import restore
from actions.systems.postgres.settings import PostgresSettings
from actions.systems.postgres.start_stop import start, stop
from actions.systems.postgres.writers import allow_writers, stop_writers, writers
from journal.errors import CleoError
from tests.actions.contexts import FakeContext
from tests.actions.systems.postgres.strangers import pg_ctl
from tests.labs import Lab, lab
from tests.waiting import until

__all__ = ["lab"]
pytestmark = pytest.mark.xdist_group("postgres-kept-out")

OURS = "SELECT count(*) FROM pg_stat_activity WHERE usename NOT IN ('postgres', 'cleo')"


@pytest.fixture
def ctx(lab: Lab) -> FakeContext:
    return FakeContext(load_inventory(lab.inventory_path))


def changed(inventory: Inventory, **changes: object) -> Inventory:
    settings = inventory.system("postgres", PostgresSettings)
    return msgspec.structs.replace(inventory, systems={"postgres": msgspec.structs.replace(settings, **changes)})


def restart(lab: Lab) -> None:
    pg_ctl(lab, lab.postgres.data_directory, "-m", "fast", "restart")


@contextmanager
def outside(lab: Lab) -> Iterator[Path]:
    """The server reads /…/etc/pg_hba.conf, named in an included folder; what lies beside the data is read by nobody."""
    etc, conf = lab.directory / "etc", lab.postgres.data_directory / "postgresql.conf"
    (etc / "conf.d").mkdir(parents=True)
    hba = etc / "pg_hba.conf"
    shutil.copy(lab.postgres.data_directory / "pg_hba.conf", hba)
    (etc / "conf.d" / "hba.conf").write_text(f"hba_file = '{hba}'\n")
    for path in (etc, hba):
        os.chown(path, lab.postgres.account.uid, lab.postgres.account.gid)
    before = conf.read_text()
    conf.write_text(f"{before}\ninclude_dir '{etc}/conf.d'\n")
    restart(lab)
    try:
        yield hba
    finally:
        conf.write_text(before)
        restart(lab)
        shutil.rmtree(etc)


def refused(lab: Lab) -> None:
    with pytest.raises(CleoError, match=r"pg_hba\.conf"):
        lab.postgres.app_psql("SELECT 1")
    assert lab.psql(OURS) == "0"


@pytest.mark.parametrize("down", [False, True], ids=["up", "down"])
def test_the_file_that_the_server_reads_is_the_one_that_counts(lab: Lab, ctx: FakeContext, down: bool) -> None:
    with outside(lab) as hba:
        if down:
            assert ctx.do(stop).ok
        assert str(hba) in ctx.do(stop_writers).facts["hba_file"]
        assert "kept out" in ctx.do(writers).summary
        if down:
            assert ctx.do(start).ok
        refused(lab)
        assert "kept out (tried just now)" in ctx.do(writers).summary
        assert ctx.do(allow_writers).ok
        assert lab.postgres.app_psql("SELECT 1") == "1"
        assert "let in (cleo_app through" in ctx.do(writers).summary


def test_a_link_is_followed_and_stays_one(lab: Lab, ctx: FakeContext) -> None:
    link, real = lab.postgres.data_directory / "pg_hba.conf", lab.postgres.directory / "pg" / "real_hba.conf"
    link.rename(real)
    link.symlink_to(real)
    try:
        assert ctx.do(stop_writers).ok
        refused(lab)
        assert link.is_symlink() and ctx.do(allow_writers).ok and link.is_symlink()
    finally:
        link.unlink()
        real.rename(link)


def test_members_superusers_replication_and_begun_logins_are_out_as_well(lab: Lab, ctx: FakeContext) -> None:
    lab.psql(
        'CREATE ROLE "chief of, all" LOGIN SUPERUSER REPLICATION IN ROLE cleo_app;'
        "CREATE ROLE worker NOLOGIN IN ROLE cleo_app; CREATE ROLE night LOGIN IN ROLE worker; CREATE ROLE reader LOGIN;"
    )
    where = f"host={lab.postgres.run_directory} port={lab.postgres.port} dbname=cleoai user="
    sessions = [psycopg.connect(f"{where}{who}") for who in ("'chief of, all'", "night", "reader")]
    begun = half_logged_in(lab)
    try:
        done = ctx.do(stop_writers)
        assert (
            lab.psql("SELECT string_agg(usename, ',') FROM pg_stat_activity WHERE usename NOT IN ('postgres', 'cleo')")
            == "reader"
        )
        assert [(finding.severity, finding.about) for finding in done.findings] == [("note", "reader")]
        for who in ("'chief of, all'", "night", "'chief of, all' replication=true"):
            with pytest.raises(psycopg.OperationalError, match=r"pg_hba\.conf rejects"):
                psycopg.connect(f"{where}{who}")
        assert not goes_on(begun), "a login that had begun before the block came in"
    finally:
        for session in sessions:
            session.close()
        begun.finish()
        assert ctx.do(allow_writers).ok
        lab.psql('DROP ROLE "chief of, all"; DROP ROLE night; DROP ROLE worker; DROP ROLE reader;')


def test_a_session_that_is_slow_to_end_is_told_as_one(lab: Lab, ctx: FakeContext) -> None:
    lab.psql("CREATE ROLE idler LOGIN")
    ctx.inventory = changed(ctx.inventory, app_roles=["idler"])
    where = f"host={lab.postgres.run_directory} port={lab.postgres.port} dbname="
    looks = "SELECT sessions FROM pg_stat_database WHERE datname = 'cleoai'"
    with (
        psycopg.connect(f"{where}cleoai user=idler") as slow,
        psycopg.connect(f"{where}postgres user=postgres", autocommit=True) as watch,
        ThreadPoolExecutor() as pool,
    ):
        pid = slow.info.backend_pid
        os.kill(pid, signal.SIGSTOP)
        try:
            stopping = pool.submit(ctx.do, stop_writers)
            until(lambda: is_told_to_end(pid))
            before = watch.execute(looks).fetchone()
            assert before
            until(lambda: (watch.execute(looks).fetchone() or (0,))[0] >= before[0] + 3)
        finally:
            os.kill(pid, signal.SIGCONT)
        done = stopping.result()
    assert done.facts["sessions_ended"] == 1
    assert ctx.do(allow_writers).ok
    lab.psql("DROP ROLE idler")


def is_told_to_end(pid: int) -> bool:
    """Whether a SIGTERM waits for a stopped process."""
    status = Path(f"/proc/{pid}/status").read_text()
    waiting = next(line.split()[1] for line in status.splitlines() if line.startswith("ShdPnd"))
    return bool(int(waiting, 16) >> (signal.SIGTERM - 1) & 1)


def test_an_address_at_which_nobody_listens_does_not_shut_another(lab: Lab) -> None:
    """One name may stand for several addresses; psql then tries them all, and says what each answered."""
    where = ["-h", "127.0.0.2,127.0.0.1", "-p", str(lab.postgres.port), "-U", "cleo_app", "-d", "cleoai"]
    argv = [lab.postgres.programs.server("psql"), "-XAtqw", *where, "-c", "SELECT 1"]
    done = subprocess.run(argv, capture_output=True, text=True, env={"LC_ALL": "C", "PGPASSFILE": "/dev/null"})
    assert "Connection refused" in done.stderr and "no password supplied" in done.stderr
    assert "was not turned away" in _judge(f"{done.returncode} {' '.join(done.stderr.splitlines())}")


def half_logged_in(lab: Lab) -> psycopg.pq.PGconn:
    """A login as the application that was asked for its password, and has not answered yet."""
    password = lab.postgres.app_password_file.read_text().strip().rpartition(":")[2]
    told = f"host=127.0.0.1 port={lab.postgres.port} dbname=cleoai user=cleo_app password={password}"
    begun = psycopg.pq.PGconn.connect_start(f"{told} gssencmode=disable sslmode=disable".encode())
    until(lambda: begun.connect_poll() and authenticating(lab))
    return begun


def authenticating(lab: Lab) -> bool:
    """Whether a process of the lab's server waits for a password."""
    postmaster = (lab.postgres.data_directory / "postmaster.pid").read_text().split()[0]
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    titles = [Path(f"/proc/{child}/cmdline") for child in children]
    return any(b"authentication" in title.read_bytes() for title in titles if title.exists())


def goes_on(begun: psycopg.pq.PGconn) -> bool:
    for _ in range(200):
        status = begun.connect_poll()
        if status in (psycopg.pq.PollingStatus.OK, psycopg.pq.PollingStatus.FAILED):
            return status == psycopg.pq.PollingStatus.OK
    return False


def test_the_console_does_not_lock_itself_out(lab: Lab, ctx: FakeContext) -> None:
    for roles in (["cleo_app", "cleo"], ["staff"]):
        if roles == ["staff"]:
            lab.psql("CREATE ROLE staff; GRANT staff TO cleo")
        with pytest.raises(ActionFailed, match="lock itself out"):
            FakeContext(changed(ctx.inventory, app_roles=roles)).do(stop_writers)
    lab.psql("DROP ROLE staff")
    assert lab.postgres.app_psql("SELECT 1") == "1"


def test_a_role_that_the_server_does_not_have_is_told(lab: Lab, ctx: FakeContext) -> None:
    done = FakeContext(changed(ctx.inventory, app_roles=["cleo_app", "celo_app"])).do(stop_writers)
    assert [finding.about for finding in done.findings if finding.severity == "warning"] == ["celo_app"]
    assert ctx.do(allow_writers).ok


def test_a_running_server_whose_file_is_lost_is_not_said_to_be_shut(lab: Lab, ctx: FakeContext) -> None:
    """What lies in the data directory is not what it reads."""
    with outside(lab) as hba:
        text = hba.read_text()
        hba.unlink()
        with pytest.raises(ActionFailed, match="is lost"):
            ctx.do(stop_writers)
        hba.write_text(text)


def test_before_a_restore_it_is_known_where_nobody_can_be_kept_out(lab: Lab, ctx: FakeContext) -> None:
    """The backup holds no pg_hba.conf; its settings name one outside, which is lost, too, and then brought back."""
    etc = lab.directory / "etc"
    etc.mkdir()
    hba, beside = etc / "pg_hba.conf", lab.postgres.data_directory / "pg_hba.conf"
    shutil.copy(beside, hba)
    for path in (etc, hba):
        os.chown(path, lab.postgres.account.uid, lab.postgres.account.gid)
    lab.psql(f"ALTER SYSTEM SET hba_file = '{hba}'")
    beside.unlink()
    restart(lab)
    lab.postgres.pgbackrest("backup", "--type=full")
    assert ctx.do(stop).ok
    text = hba.read_text()
    hba.unlink()
    shutil.rmtree(lab.postgres.data_directory)
    ctx.with_incident(decisions={"recovery_point": "latest"})
    with pytest.raises(ActionFailed, match=f"reads {hba}, which is lost"):
        ctx.do(restore)
    assert not ctx.programs, "nothing was begun"
    hba.write_text(text)
    os.chown(hba, lab.postgres.account.uid, lab.postgres.account.gid)
    assert ctx.do(restore).ok
    assert "kept out (tried)" in ctx.do(apply_wal).summary
    refused(lab)
    assert ctx.do(allow_writers).ok
    assert lab.postgres.app_psql("SELECT 1") == "1"
