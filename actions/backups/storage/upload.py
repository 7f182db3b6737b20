"""Writes one object of a bucket, of whatever size, as its bytes come: it is there once the last request is answered."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

PART = 8 << 20
"""The size of the first parts of a large object, in bytes; S3 allows 10,000 of at least 5 MiB."""
_GROWS_EVERY = 1_000
"""After so many parts the next are twice as large: 10,000 of them hold more than S3's largest object."""


class Upload:
    """An object that is being written. Each part is sent with its MD5, which the storage checks.

    Args:
        client: boto3's.
        at: the object's ``Bucket`` and ``Key``.
    """

    def __init__(self, client: Any, at: Mapping[str, str]) -> None:
        self._client, self._at = client, at
        self._waiting = bytearray()
        self._id = ""
        self._parts: list[dict[str, Any]] = []

    def write(self, data: bytes) -> None:
        """Take further bytes; a part that is full is sent."""
        self._waiting += data
        while len(self._waiting) > (size := PART << len(self._parts) // _GROWS_EVERY):
            self._send(bytes(self._waiting[:size]))
            del self._waiting[:size]

    def finish(self) -> None:
        """Send what is left, and make an object of it."""
        data = bytes(self._waiting)
        if not self._id:
            self._client.put_object(**self._at, Body=data, ContentMD5=md5(data))
            return
        self._send(data)
        self._client.complete_multipart_upload(**self._at, UploadId=self._id, MultipartUpload={"Parts": self._parts})

    def give_up(self) -> None:
        """Have the storage forget the parts; where we may not, a lifecycle rule may take away what is left."""
        if self._id:
            with suppress(Exception):
                self._client.abort_multipart_upload(**self._at, UploadId=self._id)

    def _send(self, data: bytes) -> None:
        if not self._id:
            self._id = self._client.create_multipart_upload(**self._at)["UploadId"]
        number = len(self._parts) + 1
        sent = self._client.upload_part(
            **self._at, UploadId=self._id, PartNumber=number, Body=data, ContentMD5=md5(data)
        )
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})


def md5(data: bytes) -> str:
    """Return what a request says of its body, so that the storage can check it."""
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
