"""A bucket in a real object store as a lab's second place."""

from __future__ import annotations

import configparser
import secrets
from typing import Any

from msgspec.structs import replace

from actions.backups.storage.storage import Where
from cleo_console.lab.second_place.place import SecondPlace
from cleo_console.lab.second_place.rgw import Rgw
from cleo_console.lab.service import Say
from cleo_console.lab.workspace import write_secret

_BUCKET = "cleoai-backups"
_PLACE = f"s3://{_BUCKET}/lab"
_FIRST = "cleoai-repositories"


class BucketPlace(SecondPlace):
    """A bucket, with an owner's keys in a file that is private."""

    @property
    def rgw(self) -> Rgw:
        """The store that has it."""
        return Rgw(self.workspace, self.chosen.ports, self.chosen.address)

    @property
    def title(self) -> str:
        """See `SecondPlace`."""
        return f"Ceph RGW on {self.rgw.endpoint}"

    @property
    def where(self) -> Where:
        """See `SecondPlace`."""
        file = str(self.workspace.secrets / "credentials")
        return Where(place=_PLACE, endpoint=self.rgw.endpoint, credentials=file)

    @property
    def first(self) -> Where | None:
        """See `SecondPlace`."""
        return replace(self.where, place=f"s3://{_FIRST}/lab") if self.chosen.first else None

    @property
    def pids(self) -> dict[str, int | None]:
        """See `SecondPlace`."""
        return self.rgw.pids

    @property
    def client(self) -> Any:
        """A client with the owner's keys."""
        import boto3

        file = configparser.ConfigParser(interpolation=None)
        file.read(self.where.credentials, encoding="utf-8")
        return boto3.client("s3", endpoint_url=self.rgw.endpoint, region_name="us-east-1", **file["default"])

    def create(self, say: Say) -> None:
        """See `SecondPlace`."""
        say(f"Making an object store on {self.rgw.endpoint}, for backups.")
        self.rgw.make()
        key, secret = f"AKIALAB{secrets.token_hex(6).upper()}", secrets.token_urlsafe(30)
        self.rgw.add_user("lab", key, secret)
        text = f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}"
        write_secret(
            self.workspace.secrets / "credentials", text, self.workspace.account.uid, self.workspace.account.gid
        )
        self.client.create_bucket(Bucket=_BUCKET)
        if self.chosen.first:
            self.client.create_bucket(Bucket=_FIRST)

    def start(self) -> None:
        """See `SecondPlace`."""
        self.rgw.start()

    def stop(self) -> None:
        """See `SecondPlace`."""
        self.rgw.stop()

    def is_running(self) -> bool:
        """See `SecondPlace`."""
        return None not in self.pids.values()

    def delete(self, name: str) -> None:
        """See `SecondPlace`."""
        prefix = _PLACE.removeprefix(f"s3://{_BUCKET}/")
        self.client.delete_object(Bucket=_BUCKET, Key=f"{prefix}/{name}")
