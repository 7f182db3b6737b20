"""Makes a container image of busybox and a command: pushes it, or writes it as an archive. Standard library only."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple

BUSYBOX = Path("/bin/busybox")
_DOCKER = "application/vnd.docker."
PAUSE = ["/bin/sh", "-c", "trap : TERM INT; sleep infinity & wait"]


class Image(NamedTuple):
    """An image.

    Attributes:
        layer: its files, compressed.
        config: how it is run.
        manifest: what names both.
    """

    layer: bytes
    config: bytes
    manifest: bytes

    @property
    def digest(self) -> str:
        """What it is by, wherever it lies."""
        return _digest(self.manifest)


def make(command: list[str], files: dict[str, str], *, busybox: bool = True) -> Image:
    """Return an image.

    Args:
        command: what it runs.
        files: further files in it, by path; those in ``bin/`` can be run.
        busybox: whether it has busybox in it, by all of its names.
    """
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        if busybox:
            _file(archive, "bin/busybox", BUSYBOX.read_bytes(), 0o755)
        for name in _applets() if busybox else ():
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(link)
        folder = tarfile.TarInfo("tmp")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o1777
        archive.addfile(folder)
        for path, text in files.items():
            _file(archive, path, text.encode(), 0o755 if path.startswith("bin/") else 0o644)
    layer = gzip.compress(raw.getvalue(), 1, mtime=0)
    config = {
        "architecture": "amd64",
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [_digest(raw.getvalue())]},
        "config": {"Cmd": command, "Env": ["PATH=/bin"], "WorkingDir": "/"},
    }
    return _described(layer, json.dumps(config).encode())


def _applets() -> list[str]:
    """Return the names that busybox goes by."""
    said = subprocess.run([str(BUSYBOX), "--list"], capture_output=True, text=True, check=True).stdout
    return [name for name in said.split() if name != "busybox"]


def push(image: Image, registry: str, repository: str, tag: str) -> None:
    """Push an image to a registry.

    Args:
        image: the image.
        registry: the registry's address.
        repository: its name there.
        tag: its tag.

    Raises:
        OSError: the registry does not take it.
    """
    for blob in (image.layer, image.config):
        push_blob(blob, registry, repository, "application/octet-stream")
    url = f"{registry}/v2/{repository}/manifests/{tag}"
    call("PUT", url, image.manifest, f"{_DOCKER}distribution.manifest.v2+json")


def push_blob(blob: bytes, registry: str, repository: str, kind: str) -> dict[str, Any]:
    """Push a blob, where the registry lacks it, and return how a manifest describes it.

    Raises:
        OSError: the registry does not take it.
    """
    base = f"{registry}/v2/{repository}/blobs"
    try:
        call("HEAD", f"{base}/{_digest(blob)}")
    except urllib.error.HTTPError:
        where = call("POST", f"{base}/uploads/", b"").headers["Location"]
        sign = "&" if "?" in where else "?"
        call("PUT", f"{where}{sign}digest={_digest(blob)}", blob, "application/octet-stream")
    return {"mediaType": kind, "size": len(blob), "digest": _digest(blob)}


def write(image: Image, name: str, path: Path) -> None:
    """Write an image as an archive that a container runtime imports under ``name``."""
    notes = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name.rpartition(":")[2]}
    entry = {
        "mediaType": f"{_DOCKER}distribution.manifest.v2+json",
        "size": len(image.manifest),
        "digest": image.digest,
        "annotations": notes,
    }
    index = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
    with tarfile.open(path, "w") as archive:
        _file(archive, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}', 0o644)
        _file(archive, "index.json", index, 0o644)
        for blob in image:
            _file(archive, f"blobs/sha256/{_digest(blob).partition(':')[2]}", blob, 0o644)


def _described(layer: bytes, config: bytes) -> Image:
    described = {
        "schemaVersion": 2,
        "mediaType": f"{_DOCKER}distribution.manifest.v2+json",
        "config": {"mediaType": f"{_DOCKER}container.image.v1+json", "size": len(config), "digest": _digest(config)},
        "layers": [{"mediaType": f"{_DOCKER}image.rootfs.diff.tar.gzip", "size": len(layer), "digest": _digest(layer)}],
    }
    return Image(layer, config, json.dumps(described).encode())


def _file(archive: tarfile.TarFile, path: str, data: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(path)
    entry.size, entry.mode = len(data), mode
    archive.addfile(entry, io.BytesIO(data))


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def call(method: str, url: str, body: bytes | None = None, content: str = "") -> Any:
    """Ask a registry, past any proxy, and return its answer.

    Raises:
        OSError: it does not take it.
    """
    asked = urllib.request.Request(url, body, {"Content-Type": content} if content else {}, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(asked, timeout=60)


if __name__ == "__main__":
    write(make(PAUSE, {}), "registry.lab/pause:1", Path(sys.argv[2]))
