"""A lab's object store for tests: an account that owns its buckets, and one that may do what a bucket's policy says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from actions.backups.storage.storage import Where
from cleo_console.lab.processes import end_processes
from cleo_console.lab.second_place.bucket_place import BucketPlace
from cleo_console.lab.second_place.place import Chosen
from cleo_console.lab.second_place.rgw import choose_ports

OWNER = ("AKIAOWNER00000000001", "ownersecret")
_OBJECTS = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
WRITER = ("AKIAWRITER0000000001", "writersecret")


class Ceph:
    """A store that is up.

    Args:
        folder: where all of it is.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.place = BucketPlace(folder, Chosen(kind="s3", ports=choose_ports()))
        self.endpoint = self.place.rgw.endpoint

    def start(self) -> None:
        """Make a store, and wait until it answers."""
        self.place.create(print)
        for name, keys in (("owner", OWNER), ("writer", WRITER)):
            self.place.rgw.add_user(name, *keys)

    def stop(self) -> None:
        """Stop all of it."""
        self.place.stop()
        end_processes(self._folder)

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
        objects = {"Effect": "Allow", "Principal": who, "Action": _OBJECTS}
        listing = {"Effect": "Allow", "Principal": who, "Action": ["s3:ListBucket"]}
        statements = [
            objects | {"Resource": [f"arn:aws:s3:::{bucket}/*"]},
            listing | {"Resource": [f"arn:aws:s3:::{bucket}"]},
        ]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.client.put_bucket_policy(Bucket=bucket, Policy=policy)


@contextmanager
def running_ceph(folder: Path) -> Iterator[Ceph]:
    """Give a store that is up, and stop it."""
    ceph = Ceph(folder)
    try:
        ceph.start()
        yield ceph
    finally:
        ceph.stop()
