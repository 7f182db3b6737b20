"""Servers that answer where ours should: a copy of our own data, a cluster of somebody else's."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.labs import Lab
from tests.waiting import until


def pg_ctl(lab: Lab, directory: Path, *words: str) -> None:
    """Run pg_ctl on a data directory, as the lab's account."""
    log = lab.postgres.directory / "log" / f"{directory.name}.log"
    argv = [lab.postgres.programs.server("pg_ctl"), "-D", str(directory), "-s", "-w", "-t", "30"]
    lab.postgres.run([*argv, "-l", str(log), *words])


@contextmanager
def served(lab: Lab, directory: Path) -> Iterator[Path]:
    """A server works in ``directory``, on the lab's port."""
    pg_ctl(lab, directory, "start")
    try:
        yield directory
    finally:
        pg_ctl(lab, directory, "-m", "immediate", "stop")


@contextmanager
def copied(lab: Lab) -> Iterator[Path]:
    """A copy of the lab's data (its server is down), as it is kept aside."""
    copy = lab.postgres.data_directory.with_name("data.aside-20260101T000000Z")
    lab.postgres.run(["cp", "-a", str(lab.postgres.data_directory), str(copy)])
    lab.postgres.run(["rm", "-f", str(copy / "postmaster.pid")])
    try:
        yield copy
    finally:
        shutil.rmtree(copy)


@contextmanager
def kept_copy(lab: Lab) -> Iterator[Path]:
    """Such a copy serves on the lab's port."""
    with copied(lab) as copy, served(lab, copy):
        yield copy


def run_contained(words: list[str]) -> subprocess.Popen[bytes]:
    """Start a program in a user namespace of root's, where its accounts have the numbers that they have here."""
    inside = ["unshare", "--user", "sh", "-c", 'read go; exec "$@"', "sh", *words]
    process = subprocess.Popen(inside, stdin=subprocess.PIPE, cwd="/")
    proc = Path(f"/proc/{process.pid}")
    until(lambda: (proc / "ns" / "user").readlink() != Path("/proc/self/ns/user").readlink())
    for ids in ("uid_map", "gid_map"):
        (proc / ids).write_text("0 0 65536")
    assert process.stdin
    process.stdin.write(b"go\n")
    process.stdin.close()
    return process


@contextmanager
def contained_copy(lab: Lab) -> Iterator[Path]:
    """Such a copy serves in a user namespace of root's, by the number of the lab's account, which cannot look there."""
    account = lab.postgres.account
    drop = ["setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"]
    with copied(lab) as copy:
        start = [lab.postgres.programs.server("pg_ctl"), "-D", str(copy), "-s", "-w", "-l", str(copy / "log"), "start"]
        environment = [f"{name}={value}" for name, value in lab.postgres.environment.items()]
        assert run_contained(["env", *environment, *drop, *start]).wait(30) == 0
        try:
            yield copy
        finally:
            pg_ctl(lab, copy, "-m", "immediate", "stop")


@contextmanager
def foreign_cluster(lab: Lab) -> Iterator[Path]:
    """A cluster that was never ours, with a role and a database of our names, on the lab's port."""
    directory = lab.postgres.directory / "pg" / "foreign"
    initdb = [lab.postgres.programs.server("initdb"), "--pgdata", str(directory), "--username=postgres", "--auth=trust"]
    lab.postgres.run([*initdb, "--no-sync"])
    conf = (lab.postgres.data_directory / "postgresql.conf").read_text().split("# postgres in the lab\n")[1]
    with (directory / "postgresql.conf").open("a") as file:
        file.write(conf.replace("archive_mode = 'on'", "archive_mode = 'off'"))
    try:
        with served(lab, directory):
            lab.postgres.psql("CREATE ROLE cleo LOGIN SUPERUSER; CREATE DATABASE cleoai;", database="postgres")
            yield directory
    finally:
        shutil.rmtree(directory)
