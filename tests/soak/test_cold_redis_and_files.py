"""Redis and a file store of which nothing is left but the second place, a folder or a bucket: activated, restored."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from actions.backups.hold import hold
from actions.backups.offsite.acting import sync_offsite
from actions.cold_standby.activate import activate, is_activated, old_one_fenced
from actions.failover.fence_record import FenceRecord
from actions.inventory import load_inventory
from actions.outcome import ActionFailed, Outcome
from actions.system_type import load
from actions.system_types import system_type
from cleo_console.lab import Lab
from cleo_console.lab.files.service import StoreService
from cleo_console.lab.ports import free_port
from cleo_console.lab.redis.service import NodeService
from journal.incident.recovery_point import parse
from tests.actions.backups.storage.buckets import Emulated, emulated
from tests.actions.contexts import FakeContext, RunnerDied
from tests.labs import lab_directory

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives restored files their owners")

TYPES = ("redis", "files")


class Site:
    """A lab with both, what is prepared beside it for each, and its second place."""

    def __init__(self, lab: Lab, folder: Path, bucket: Emulated | None) -> None:
        self.lab, self.folder = lab, folder
        self.inventory = folder / "inventory.yaml"
        said = yaml.safe_load(lab.inventory_path.read_text())
        said["offsite"] = {"place": str(folder / "copies"), "site": "dr"}
        if bucket:
            keys = str(bucket.credentials)
            said["offsite"] = {
                "place": "s3://backups/there",
                "site": "dr",
                "endpoint": bucket.endpoint,
                "credentials": keys,
                "kept_credentials": keys,
            }
        (folder / "copies").mkdir()
        said["hosts"]["db2"] = {"via": "local"}
        for name in TYPES:
            said["systems"][f"{name}-cold"] = getattr(self, f"_{name}")(said["systems"][name])
        self.inventory.write_text(json.dumps(said))
        with self.node.client(database=2) as client:
            self.cached = set(client.scan_iter())
        self.letters = {path.name: path.read_bytes() for path in self.store.directory.glob("uploads/letter-*")}
        self.lost = False

    @property
    def node(self) -> Any:
        service = self.lab.services["redis"]
        assert isinstance(service, NodeService)
        return service.node

    @property
    def store(self) -> Any:
        service = self.lab.services["files"]
        assert isinstance(service, StoreService)
        return service.place

    def _redis(self, of: dict[str, Any]) -> dict[str, Any]:
        home, port = self.folder / "redis", free_port()
        for name in ("data", "etc", "repository"):
            (home / name).mkdir(parents=True)
        text = self.node.config_file.read_text().replace(str(self.node.directory), str(home))
        text = text.replace(f"port {self.node.port}", f"port {port}").replace(f"logfile {home}/log", f"logfile {home}")
        (home / "etc" / "redis.conf").write_text(text.replace(f"pidfile {home}/run", f"pidfile {home}"))
        shutil.copy(self.node.acl_file, home / "etc" / "users.acl")
        for path in (home, *home.rglob("*")):
            os.chown(path, self.node.account.uid, self.node.account.gid)
        return {
            **of,
            "site": "dr",
            "standby_of": "redis",
            "host": "db2",
            "cold": True,
            "port": port,
            "data_directory": str(home / "data"),
            "config_file": str(home / "etc" / "redis.conf"),
            "acl_file": str(home / "etc" / "users.acl"),
            "service": {"manager": "command", "start": ["redis-server", str(home / "etc" / "redis.conf")]},
            "backups": {"repository": str(home / "repository"), "python": of["backups"]["python"]},
        }

    def _files(self, of: dict[str, Any]) -> dict[str, Any]:
        home = self.folder / "files"
        (home / "srv").mkdir(parents=True)
        shutil.copy(self.store.password_file, home / "password")
        plain = {name: value for name, value in of.items() if name not in ("marker", "drill", "fence")}
        return {
            **plain,
            "site": "dr",
            "standby_of": "files",
            "host": "db2",
            "cold": True,
            "directory": str(home / "srv" / "files"),
            "repository": str(home / "repository"),
            "password": {"file": str(home / "password")},
            "hold_file": str(home / "hold"),
        }

    def context(self, name: str, **more: Any) -> FakeContext:
        """A context that is aimed at a system, in an incident that recovers to the latest."""
        found = FakeContext(load_inventory(self.inventory), system=name, decisions={"strategy": "cold-standby"}, **more)
        return found.with_incident(recovery_point=parse("latest", {}))

    def lose(self) -> None:
        """End what runs, and remove the data and the backups of both."""
        if self.lost:
            return
        self.lost = True
        for service in self.lab.services.values():
            service.stop()
        self.lab.stop()
        for gone in (self.node.data_directory, self.node.repository, self.store.directory, self.store.repository):
            shutil.rmtree(gone)

    def serves(self, name: str) -> None:
        """Write into the inventory what the activation says: the standby is the one from now on."""
        said = yaml.safe_load(self.inventory.read_text())
        new = said["systems"][f"{name}-cold"]
        new |= {"plays": name, "snapshot_path": str(self.store.directory)} if name == "files" else {"plays": name}
        del new["standby_of"], new["cold"]
        said["systems"][name]["standby_of"] = f"{name}-cold"
        self.inventory.write_text(json.dumps(said))

    def do(self, name: str, role: str, **params: Any) -> Outcome:
        """Run an action of the standby that took over."""
        return self.context(f"{name}-cold").do(load(system_type(name).actions[f"{name}.{role}"]), **params)


@pytest.fixture(scope="module", params=["folder", "bucket"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with emulated(tmp_path_factory.mktemp("bucket")) as bucket, lab_directory() as directory:
        lab = Lab.up(directory, systems=[*TYPES], backup_minutes=600)
        beside = directory.with_name(f"{directory.name}-dr")
        beside.mkdir()
        beside.chmod(0o755)
        try:
            found = Site(lab, beside, bucket if request.param == "bucket" else None)
            for name in TYPES:
                sync_offsite(found.context(name))
            yield found
        finally:
            _end(beside)
            shutil.rmtree(beside)


def _end(folder: Path) -> None:
    """End the server that was restored there: no lab knows of it."""
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if process.name.isdigit() and (process / "cwd").readlink().is_relative_to(folder):
                os.kill(int(process.name), signal.SIGKILL)


@pytest.mark.xdist_group("cold-redis-and-files")
def test_what_is_not_prepared_is_refused_before_anything_is_fetched(site: Site) -> None:
    config, password = site.folder / "redis" / "etc" / "redis.conf", site.folder / "files" / "password"
    for path, text, name, words in (
        (config, config.read_text().replace("dir ", "dir /elsewhere"), "redis", "says dir /elsewhere"),
        (config, f"{config.read_text()}\nreplicaof 127.0.0.1 1\n", "redis", "has it follow 127.0.0.1 1"),
        (password, "", "files", "is not there, is empty"),
        (password, "another", "files", "are not opened by"),
    ):
        kept = path.read_text()
        path.write_text(text)
        with pytest.raises(ActionFailed, match=words):
            site.context(name).do(activate)
        path.write_text(kept)
    assert not (site.folder / "files" / "repository").exists()
    assert not list((site.folder / "redis" / "repository").iterdir())


@pytest.mark.xdist_group("cold-redis-and-files")
def test_nobody_may_upload_to_a_store_that_counts_as_fenced(site: Site) -> None:
    closed = old_one_fenced(site.context("files"))
    assert closed and closed.opens == "files.stop_writers", "its writers are not kept out"
    site.lose()
    assert old_one_fenced(site.context("files")) is None, "nothing of it is left"


@pytest.mark.xdist_group("cold-redis-and-files")
@pytest.mark.parametrize("name", TYPES)
def test_it_comes_back_from_the_second_place_alone(site: Site, name: str) -> None:
    site.lose()
    tried = site.context(name, dry_run=True)
    assert "is lost" in tried.do(activate).findings[0].text
    assert not list((site.folder / name / "repository").glob("*"))
    killed = site.context(name)
    FenceRecord(means="word", reason="it burnt").keep(killed.files, name)
    killed.dies_after = "offsite-fetch"
    with pytest.raises(RunnerDied):
        killed.do(activate)
    assert "began to fetch" in killed.do(is_activated).summary
    done = killed.do(activate)
    assert done.facts["took_over"] == {"system": f"{name}-cold", "of": name}
    assert done.facts["files"] == 0, "what was whole was fetched again"
    assert {one.action: one.use for one in done.settles} == ({"redis.stop": "impossible"} if name == "redis" else {})
    assert "run it again" in killed.do(is_activated).summary, "the journal knows of no takeover yet"
    killed.system = f"{name}-cold"
    assert killed.do(is_activated).ok
    site.serves(name)
    site.context(f"{name}-cold").do(hold)
    for role in ("stop_writers", "restore", "verify", "allow_writers"):
        assert site.do(name, role).ok, role
    found = {"redis": _cached, "files": _letters}[name](site)
    assert found == {"redis": site.cached, "files": site.letters}[name]


def _cached(site: Site) -> set[str]:
    """Return the keys of the restored server that have no end."""
    import redis

    settings: Any = load_inventory(site.inventory).systems["redis-cold"]
    password = site.node.password_file("cleo").read_text().strip()
    with redis.Redis(port=settings.port, db=2, username="cleo", password=password, decode_responses=True) as client:
        return set(client.scan_iter())


def _letters(site: Site) -> dict[str, bytes]:
    """Return the restored store's letters."""
    return {path.name: path.read_bytes() for path in (site.folder / "files" / "srv").glob("files/uploads/letter-*")}
