"""A folder and a bucket alike: what is written is there whole, and what goes wrong is said in words."""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from actions.backups.storage import bucket as bucket_module
from actions.backups.storage import upload as upload_module
from actions.backups.storage.places import open_storage
from actions.backups.storage.storage import Missing, StorageTrouble, Where
from tests.actions.backups.storage.buckets import Emulated, emulated

pytestmark = pytest.mark.xdist_group("moto")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    with emulated(tmp_path_factory.mktemp("store")) as found:
        yield found


@pytest.mark.parametrize("kind", ["folder", "bucket"])
def test_what_is_written_is_read_back(
    kind: str, store: Emulated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_module, "PART", 5 << 20)
    (there := tmp_path / "there").mkdir()
    storage = open_storage(Where(place=str(there)) if kind == "folder" else store.where())
    assert storage.sizes("shop/") == {}
    large = tmp_path / "large"
    large.write_bytes(os.urandom((11 << 20) + 7))
    with storage.new("shop/a/large ü") as file:
        file.write(large.read_bytes())
    storage.put_bytes("shop/a/small", b"one")
    storage.put_bytes("shop/a/small", b"three")
    storage.put_bytes("shopping/other", b"")
    assert storage.sizes("shop/") == {"shop/a/large ü": (11 << 20) + 7, "shop/a/small": 5}
    assert storage.digest("shop/a/large ü") == ((11 << 20) + 7, hashlib.sha256(large.read_bytes()).hexdigest())
    assert storage.read("shop/a/small") == b"three"
    with storage.new("shop/b") as file:
        file.write(b"small")
    assert storage.confirmed("shop/b") == (kind == "bucket")
    assert not storage.confirmed("shop/a/large ü"), "the emulation says nothing of an object in parts"
    with pytest.raises(Missing, match="shop/a/none"):
        storage.read("shop/a/none")


def test_a_folder_keeps_what_it_had_where_a_write_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = open_storage(Where(place=str(tmp_path)))
    storage.put_bytes("a", b"old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        for name in ("a", "b"):
            with pytest.raises(StorageTrouble, match="No space left"):
                storage.put_bytes(name, b"new")
    assert storage.sizes("") == {"a": 3} and storage.read("a") == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    with pytest.raises(StorageTrouble, match="There is no folder"):
        open_storage(Where(place=str(tmp_path / "gone")))


def test_what_a_bucket_refuses_is_said(store: Emulated) -> None:
    with pytest.raises(StorageTrouble, match=f"There is no bucket gone at {store.endpoint}"):
        open_storage(store.where("s3://gone/here"))
    with pytest.raises(StorageTrouble, match="cannot be used to look: nothing listens at its address"):
        open_storage(Where(place="s3://backups", endpoint="http://127.0.0.1:9", credentials=str(store.credentials)))
    with store.asking_for_credentials(), pytest.raises(StorageTrouble, match="does not know the access key"):
        open_storage(store.where())


class _CutsShort(BaseHTTPRequestHandler):
    """A storage whose answers end before their length."""

    def do_GET(self) -> None:
        whole = b"<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>"
        body = whole if "list-type" in self.path else b"half of it"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) * (1 if body is whole else 2)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_an_object_that_is_cut_short_on_its_way_is_no_object(store: Emulated) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _CutsShort)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        endpoint = f"http://127.0.0.1:{server.server_port}"
        storage = open_storage(Where(place="s3://cut/here", endpoint=endpoint, credentials=str(store.credentials)))
        with pytest.raises(StorageTrouble, match=r"The bucket cut at .* cannot be used to read shop/a"):
            storage.digest("shop/a")
    finally:
        server.shutdown()
        server.server_close()


def test_a_storage_that_hangs_is_told_soon(store: Emulated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_module, "_QUICK", (0.2, 1))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(
            StorageTrouble, match="cannot be used to look: it takes the connection, and does not answer"
        ):
            open_storage(Where(place="s3://mute", endpoint=endpoint, credentials=str(store.credentials)))


def test_credentials_are_kept_private(store: Emulated) -> None:
    store.credentials.chmod(0o640)
    with pytest.raises(StorageTrouble, match=r"Others can read.*not used\.\n  chmod 600"):
        open_storage(store.where())
    store.credentials.chmod(0o600)
    before = store.credentials.read_text()
    store.credentials.write_text("[other]\n")
    with pytest.raises(StorageTrouble, match=r"has no aws_access_key_id and aws_secret_access_key in \[default\]"):
        open_storage(store.where())
    store.credentials.write_text(before)
    assert open_storage(store.where()).sizes("nothing/") == {}
