"""A stanza with two repositories: what is said of the backups holds for both."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from actions.backups.verify import verify
from actions.inventory import load_inventory
from cleo_console.lab import Lab
from tests.actions.contexts import FakeContext
from tests.labs import running_lab

pytestmark = pytest.mark.xdist_group("repositories")


def add_repository(lab: Lab) -> Path:
    """Give the stanza a second repository, with a backup of its own."""
    site = lab.site
    second = site.directory / "repository2"
    second.mkdir(mode=0o750)
    os.chown(second, site.account.uid, site.account.gid)
    text = site.backup_config.read_text()
    settings = f"[global]\nrepo2-path={second}\nrepo2-retention-full=4\n"
    site.backup_config.write_text(text.replace("[global]\n", settings))
    site.pgbackrest("stanza-create")
    site.pgbackrest("--repo=2", "--type=full", "backup")
    return second


def test_a_full_verification_reads_every_repository() -> None:
    with running_lab() as lab:
        second = add_repository(lab)
        ctx = FakeContext(load_inventory(lab.inventory_path))
        seen = ctx.do(verify, full=True)
        assert seen.ok, seen.summary
        assert len(seen.facts["sound"]) == seen.facts["backups"] == 2
        newest = seen.facts["newest"]
        file = max((path for path in (second / "backup").rglob(f"{newest}/pg_data/**/*") if path.is_file()), key=size)
        file.write_bytes(b"\0" * size(file))
        damaged = ctx.do(verify, full=True)
        assert not damaged.ok
        assert damaged.facts["damaged"] == [newest]


def size(path: Path) -> int:
    return path.stat().st_size
