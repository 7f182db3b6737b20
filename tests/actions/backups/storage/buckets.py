"""S3-compatible storage on loopback, emulated by moto: it proves names and contents, and no security."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from actions.backups.storage.storage import Where
from cleo_console.lab.ports import free_port
from tests.waiting import until

KEYS = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


class Emulated:
    """A storage that is up, with one bucket, ``backups``."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        self.endpoint = endpoint
        self.credentials = folder / "credentials"
        self.write_keys(*KEYS)
        self.client.create_bucket(Bucket="backups")

    def write_keys(self, key: str, secret: str) -> None:
        self.credentials.write_text(f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
        self.credentials.chmod(0o600)

    def where(self, place: str = "s3://backups/here") -> Where:
        return Where(place=place, endpoint=self.endpoint, credentials=str(self.credentials))

    @property
    def client(self) -> Any:
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=KEYS[0],
            aws_secret_access_key=KEYS[1],
            region_name="us-east-1",
        )

    @contextmanager
    def asking_for_credentials(self) -> Iterator[None]:
        """Let the emulation look at credentials, too."""
        self._answer_unasked(0)
        try:
            yield
        finally:
            self._answer_unasked(10_000_000)

    def _answer_unasked(self, requests: int) -> None:
        headers = {"Content-Type": "text/plain"}
        url = f"{self.endpoint}/moto-api/reset-auth"
        asked = urllib.request.Request(url, data=str(requests).encode(), headers=headers, method="POST")
        urllib.request.urlopen(asked, timeout=10).read()

    def hold_backups_of(self, system: str, inventory: Path) -> None:
        """Have an inventory say that a system's backups lie in this storage, and nowhere else."""
        said = yaml.safe_load(inventory.read_text())
        known = said["systems"][system]["backups"]
        bucket = {"repository": "s3://backups/first", "endpoint": self.endpoint, "credentials": str(self.credentials)}
        python = {"python": known["python"]} if "python" in known else {}
        said["systems"][system]["backups"] = bucket | python
        inventory.write_text(yaml.safe_dump(said, sort_keys=False))


@contextmanager
def emulated_apart(folder: Path) -> Iterator[Emulated]:
    """Start a storage that knows nothing of those in this process, and stop it."""
    port = free_port()
    argv = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: _listens(port), deadline_s=60)
        yield Emulated(folder, f"http://127.0.0.1:{port}")
    finally:
        server.kill()
        server.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def emulated(folder: Path) -> Iterator[Emulated]:
    """Start a storage, and stop it."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield Emulated(folder, f"http://{host}:{port}")
    finally:
        server.stop()
