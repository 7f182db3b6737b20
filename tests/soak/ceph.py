"""A real object store on loopback: one monitor, one disk and one gateway of Ceph, in a folder."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from actions.backups.storage.storage import Where
from cleo_console.lab.ports import free_port

OWNER = ("AKIAOWNER00000000001", "ownersecret")
WRITER = ("AKIAWRITER0000000001", "writersecret")
"""An account that owns the buckets, and one that may do what a bucket's policy lets it."""

_CONFIG = """
[global]
fsid={fsid}
mon_initial_members=a
mon_host=[v2:127.0.0.1:{mon},v1:127.0.0.1:{mon1}]
public_addr=127.0.0.1
cluster_addr=127.0.0.1
auth_cluster_required=none
auth_service_required=none
auth_client_required=none
osd_pool_default_size=1
osd_pool_default_min_size=1
osd_pool_default_pg_num=1
osd_pool_default_pgp_num=1
osd_pool_default_pg_autoscale_mode=off
mon_allow_pool_size_one=true
mon_data_avail_crit=1
mon_data_avail_warn=1
mon_osd_full_ratio=.99
mon_osd_backfillfull_ratio=.98
mon_osd_nearfull_ratio=.97
mon_max_pg_per_osd=1000
osd_crush_chooseleaf_type=0
bluestore_block_size=4294967296
bluestore_block_create=true
bluestore_cache_autotune=false
osd_memory_target=939524096
bluestore_cache_size=67108864
run_dir={folder}
pid_file={folder}/$name.pid
admin_socket={folder}/$name.asok
log_file={folder}/$name.log
debug_mon=0
debug_osd=0
debug_rgw=0
debug_ms=0
ms_bind_ipv6=false
ms_mon_client_mode=crc
ms_cluster_mode=crc
ms_service_mode=crc
ms_client_mode=crc
[mon.a]
mon_data={folder}/mon
[osd.0]
osd_data={folder}/osd
[client.rgw]
rgw_frontends=beast endpoint=127.0.0.1:{gateway}
rgw_data={folder}/rgw
"""


class Ceph:
    """A store that is up.

    Args:
        folder: where all of it is.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._config = folder, str(folder / "ceph.conf")
        self._daemons: list[subprocess.Popen[bytes]] = []
        self.endpoint = f"http://127.0.0.1:{free_port()}"

    def start(self) -> None:
        """Make a store, start it, and wait until it answers."""
        for name in ("mon", "osd", "rgw"):
            (self._folder / name).mkdir()
        fsid, mon, old = str(uuid4()), free_port(), free_port()
        gateway = self.endpoint.rpartition(":")[2]
        text = _CONFIG.format(fsid=fsid, mon=mon, mon1=old, folder=self._folder, gateway=gateway)
        Path(self._config).write_text(text)
        monmap, address = str(self._folder / "monmap"), f"[v2:127.0.0.1:{mon},v1:127.0.0.1:{old}]"
        _run(["monmaptool", "--create", "--fsid", fsid, "--addv", "a", address, monmap])
        _run(["ceph-mon", "-c", self._config, "-i", "a", "--mkfs", "--monmap", monmap])
        self._daemon("ceph-mon", "-i", "a")
        disk = str(uuid4())
        _run(["ceph", "-c", self._config, "osd", "new", disk])
        _run(["ceph-osd", "-c", self._config, "-i", "0", "--mkfs", "--osd-uuid", disk])
        self._daemon("ceph-osd", "-i", "0")
        self._daemon("radosgw", "-n", "client.rgw")
        self._wait()
        for name, (key, secret) in (("owner", OWNER), ("writer", WRITER)):
            words = ["--uid", name, "--display-name", name, "--access-key", key, "--secret-key", secret]
            _run(["radosgw-admin", "-c", self._config, "user", "create", *words])

    def stop(self) -> None:
        """Stop all of it."""
        for daemon in reversed(self._daemons):
            daemon.kill()
            daemon.wait()

    def where(self, place: str, keys: tuple[str, str] = OWNER) -> Where:
        """Return a place in it, with the credentials in a file."""
        file = self._folder / f"credentials-{keys[0]}-{keys[1]}"
        file.write_text(f"[default]\naws_access_key_id = {keys[0]}\naws_secret_access_key = {keys[1]}\n")
        file.chmod(0o600)
        return Where(place=place, endpoint=self.endpoint, credentials=str(file))

    @property
    def client(self) -> Any:
        """Its owner's client."""
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=OWNER[0],
            aws_secret_access_key=OWNER[1],
            region_name="us-east-1",
        )

    def let_write(self, bucket: str) -> None:
        """Let the writer read, write and list a bucket, and not delete in it."""
        who = {"AWS": ["arn:aws:iam:::user/writer"]}
        objects = {"Effect": "Allow", "Principal": who, "Action": ["s3:GetObject", "s3:PutObject"]}
        listing = {"Effect": "Allow", "Principal": who, "Action": ["s3:ListBucket"]}
        statements = [
            objects | {"Resource": [f"arn:aws:s3:::{bucket}/*"]},
            listing | {"Resource": [f"arn:aws:s3:::{bucket}"]},
        ]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.client.put_bucket_policy(Bucket=bucket, Policy=policy)

    def _daemon(self, program: str, *words: str) -> None:
        with (self._folder / f"{program}.out").open("wb") as out:
            argv = [program, "-f", "-c", self._config, *words]
            self._daemons.append(subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out))

    def _wait(self) -> None:
        end = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(self.endpoint, timeout=5).read()
                return
            except (urllib.error.URLError, OSError):
                assert time.monotonic() < end, "the gateway does not answer"
                assert all(daemon.poll() is None for daemon in self._daemons), "a part of it ended"
                time.sleep(0.2)  # between two looks


@contextmanager
def running_ceph(folder: Path) -> Iterator[Ceph]:
    """Give a store that is up, and stop it."""
    ceph = Ceph(folder)
    try:
        ceph.start()
        yield ceph
    finally:
        ceph.stop()


def _run(argv: Sequence[str]) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
