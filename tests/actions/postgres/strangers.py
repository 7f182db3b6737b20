"""Servers that answer where ours should: a copy of our own data, a cluster of somebody else's."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cleo_console.lab import Lab


def pg_ctl(lab: Lab, directory: Path, *words: str, within: Sequence[str] = ()) -> None:
    """Run pg_ctl on a data directory, as the lab's account; ``within`` stands before it on the command line."""
    log = lab.directory / "log" / f"{directory.name}.log"
    argv = [*within, lab.site.programs.server("pg_ctl"), "-D", str(directory), "-s", "-w", "-t", "30"]
    lab.site.run([*argv, "-l", str(log), *words])


@contextmanager
def served(lab: Lab, directory: Path, *within: str) -> Iterator[Path]:
    """A server works in ``directory``, on the lab's port."""
    pg_ctl(lab, directory, "start", within=within)
    try:
        yield directory
    finally:
        pg_ctl(lab, directory, "-m", "immediate", "stop")


@contextmanager
def kept_copy(lab: Lab, *within: str) -> Iterator[Path]:
    """A copy of the lab's data (its server is down), as it is kept aside; it serves on the same port."""
    copy = lab.site.data_directory.with_name("data.aside-20260101T000000Z")
    lab.site.run(["cp", "-a", str(lab.site.data_directory), str(copy)])
    lab.site.run(["rm", "-f", str(copy / "postmaster.pid")])
    try:
        with served(lab, copy, *within):
            yield copy
    finally:
        shutil.rmtree(copy)


@contextmanager
def foreign_cluster(lab: Lab) -> Iterator[Path]:
    """A cluster that was never ours, with a role and a database of our names, on the lab's port."""
    directory = lab.directory / "pg" / "foreign"
    initdb = [lab.site.programs.server("initdb"), "--pgdata", str(directory), "--username=postgres", "--auth=trust"]
    lab.site.run([*initdb, "--no-sync"])
    conf = (lab.site.data_directory / "postgresql.conf").read_text().split("# The lab's own settings")[1]
    with (directory / "postgresql.conf").open("a") as file:
        file.write(conf.replace("archive_mode = 'on'", "archive_mode = 'off'"))
    try:
        with served(lab, directory):
            lab.site.psql("CREATE ROLE cleo LOGIN SUPERUSER; CREATE DATABASE cleoai;", database="postgres")
            yield directory
    finally:
        shutil.rmtree(directory)
