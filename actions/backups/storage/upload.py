"""Writes one object of a bucket, of whatever size, as its bytes come: it is there once the last request is answered.

Each request says the SHA-256 of its body. A storage that knows S3's checksums compares it with what arrived, keeps it,
and answers with it: of an object in parts with that of the parts' SHA-256. An older one takes it, and says nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

PART = 8 << 20
"""The size of the first parts of a large object, in bytes; S3 allows 10,000 of at least 5 MiB."""
_SHA256 = "ChecksumSHA256"
_GROWS_EVERY = 1_000
"""After so many parts the next are twice as large: 10,000 of them hold more than S3's largest object."""


class Upload:
    """An object that is being written. Each part is sent with its MD5 and its SHA-256.

    Args:
        client: boto3's.
        at: the object's ``Bucket`` and ``Key``.
    """

    def __init__(self, client: Any, at: Mapping[str, str]) -> None:
        self._client, self._at = client, at
        self._waiting = bytearray()
        self._id = ""
        self._parts: list[dict[str, Any]] = []
        self._digests = hashlib.sha256()

    def write(self, data: bytes) -> None:
        """Take further bytes; a part that is full is sent."""
        self._waiting += data
        while len(self._waiting) > (size := PART << len(self._parts) // _GROWS_EVERY):
            self._send(bytes(self._waiting[:size]))
            del self._waiting[:size]

    def finish(self) -> bool:
        """Send what is left, and make an object of it; return whether the storage confirmed the SHA-256 of all."""
        data = bytes(self._waiting)
        if not self._id:
            said = self._client.put_object(**self._at, Body=data, **_sums(data))
            return bool(said.get(_SHA256) == _base64(hashlib.sha256(data).digest()))
        self._send(data)
        parts = {"Parts": self._parts}
        said = self._client.complete_multipart_upload(**self._at, UploadId=self._id, MultipartUpload=parts)
        return bool(said.get(_SHA256) == f"{_base64(self._digests.digest())}-{len(self._parts)}")

    def give_up(self) -> None:
        """Have the storage forget the parts; where we may not, a lifecycle rule may take away what is left."""
        if self._id:
            with suppress(Exception):
                self._client.abort_multipart_upload(**self._at, UploadId=self._id)

    def _send(self, data: bytes) -> None:
        if not self._id:
            self._id = self._client.create_multipart_upload(**self._at, ChecksumAlgorithm="SHA256")["UploadId"]
        number = len(self._parts) + 1
        sent = self._client.upload_part(**self._at, UploadId=self._id, PartNumber=number, Body=data, **_sums(data))
        self._digests.update(hashlib.sha256(data).digest())
        kept = {_SHA256: sent[_SHA256]} if sent.get(_SHA256) else {}
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"], **kept})


def md5(data: bytes) -> str:
    """Return what a request says of its body, so that the storage can check it."""
    return _base64(hashlib.md5(data, usedforsecurity=False).digest())


def _sums(data: bytes) -> dict[str, str]:
    """Return what a request says of its body."""
    sha256 = _base64(hashlib.sha256(data).digest())
    return {"ContentMD5": md5(data), "ChecksumAlgorithm": "SHA256", _SHA256: sha256}


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
