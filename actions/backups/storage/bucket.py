"""A bucket of S3-compatible storage as a `Storage`.

Nothing is deleted, so credentials that cannot delete are enough, and objects may be locked. Each part is sent with its
MD5, which the storage checks as it comes in (a bucket with object lock demands it); ETags are not looked at.
"""

from __future__ import annotations

import base64
import configparser
import hashlib
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from actions.backups.storage.storage import PIECE, Missing, Storage, StorageTrouble, Where
from journal.wording.counting import count

_PART = 8 << 20
"""The size of a part of a large object; S3 allows 10,000 of at least 5 MiB."""
_PARTS = 9_000
_CONNECT_S = 10
_PATIENT, _QUICK = (60, 4), (20, 2)
"""For how many seconds an answer is waited for, and how often it is asked for. A storage that hangs is told soon, where
it is asked first; then it may take its time, to put the parts of a large object together."""
_WORDS = {
    "NoSuchBucket": ("There is no bucket {bucket}{at}", "Make it, or correct the place in the inventory."),
    "InvalidAccessKeyId": ("The storage{at} does not know the access key", "Correct the file of the credentials."),
    "SignatureDoesNotMatch": ("The secret key is not the one of the access key{at}", "Correct the credentials."),
    "AccessDenied": ("The credentials are not allowed to {do} in {bucket}{at}", "Give them read, write and list."),
    "QuotaExceeded": ("The storage{at} takes no more: its quota is used up", "Make room, or raise the quota."),
    "RequestTimeTooSkewed": ("The storage{at} has another time than this host", "Set this host's clock."),
}


class Bucket(Storage):
    """A bucket, below a prefix.

    Raises:
        StorageTrouble: the credentials cannot be read, the bucket is not there or cannot be entered.
    """

    def __init__(self, where: Where) -> None:
        self._name, _, prefix = where.place.removeprefix("s3://").partition("/")
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._at = f" at {where.endpoint}" if where.endpoint else ""
        self._client = _client(where, *_PATIENT)
        with self._words("look"):  # HEAD would say no more than 403
            _client(where, *_QUICK).list_objects_v2(Bucket=self._name, Prefix=self._prefix, MaxKeys=1)

    def sizes(self, below: str) -> Mapping[str, int]:
        """See `Storage`."""
        found = {}
        with self._words("list"):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._name, Prefix=f"{self._prefix}{below}"):
                for one in page.get("Contents", ()):
                    found[one["Key"].removeprefix(self._prefix)] = one["Size"]
        return found

    def pieces(self, name: str) -> Iterator[bytes]:
        """See `Storage`. An object that ends before its length raises."""
        with self._words(f"read {name}"):
            answer = self._client.get_object(Bucket=self._name, Key=f"{self._prefix}{name}")
            yield from answer["Body"].iter_chunks(PIECE)

    def put(self, name: str, source: Path) -> None:
        """See `Storage`."""
        with source.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            if size <= _PART:
                self.put_bytes(name, file.read())
            else:
                with self._words(f"write {name}"):
                    self._in_parts(name, file, max(_PART, size // _PARTS))

    def put_bytes(self, name: str, data: bytes) -> None:
        """See `Storage`."""
        with self._words(f"write {name}"):
            self._client.put_object(Bucket=self._name, Key=f"{self._prefix}{name}", Body=data, ContentMD5=_md5(data))

    def findings(self) -> Sequence[str]:
        """Return the lifecycle rules that delete by age: what is written once and needed always goes, too."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            rules = self._client.get_bucket_lifecycle_configuration(Bucket=self._name)["Rules"]
        except ClientError as error:
            if str(error.response.get("Error", {}).get("Code", "")) == "NoSuchLifecycleConfiguration":
                return ()
            return (f"the lifecycle rules of {self._name} cannot be read ({error}): whether one deletes is not known",)
        except BotoCoreError as error:
            return (f"the lifecycle rules of {self._name} cannot be read: {error}",)
        return [words for rule in rules if (words := self._deletes(rule))]

    def notes(self) -> Sequence[str]:
        """Return whether objects are locked, and for how long: what is locked nobody deletes, us included."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            lock = self._client.get_object_lock_configuration(Bucket=self._name)["ObjectLockConfiguration"]
        except ClientError as error:
            if str(error.response.get("Error", {}).get("Code", "")) == "ObjectLockConfigurationNotFoundError":
                return (f"{self._name} has no object lock: who has keys that may delete can delete the copies, too",)
            return (f"whether {self._name} locks its objects cannot be read ({error})",)
        except BotoCoreError as error:
            return (f"whether {self._name} locks its objects cannot be read: {error}",)
        kept = lock.get("Rule", {}).get("DefaultRetention")
        if not kept:
            return (f"{self._name} can lock objects, and has no default retention: the copies are not locked",)
        time = count(kept["Days"], "day") if kept.get("Days") else count(kept["Years"], "year")
        return (
            f"{self._name} locks each object for {time} ({kept['Mode']}): what is copied anew leaves its older version "
            "there, and nothing gets smaller before",
        )

    def _deletes(self, rule: Mapping[str, Any]) -> str:
        """Return what a lifecycle rule deletes of ours; empty: nothing, or only what is no current version."""
        of = rule.get("Filter", {})
        prefix = of.get("Prefix") or of.get("And", {}).get("Prefix") or rule.get("Prefix") or ""
        ours = prefix.startswith(self._prefix) or self._prefix.startswith(prefix)
        expires = rule.get("Expiration", {})
        if rule.get("Status") != "Enabled" or not ours or not (expires.get("Days") or expires.get("Date")):
            return ""
        when = f"after {expires['Days']} days" if expires.get("Days") else f"on {expires['Date']}"
        return f"a lifecycle rule of {self._name} ({rule.get('ID', 'without a name')}) deletes {prefix or 'all'} {when}"

    def _in_parts(self, name: str, file: Any, size: int) -> None:
        """Write a large object; it is there once its last request was answered, and not before."""
        at = {"Bucket": self._name, "Key": f"{self._prefix}{name}"}
        upload = self._client.create_multipart_upload(**at)["UploadId"]
        parts: list[dict[str, Any]] = []
        try:
            while data := file.read(size):
                number = len(parts) + 1
                sent = self._client.upload_part(
                    **at, UploadId=upload, PartNumber=number, Body=data, ContentMD5=_md5(data)
                )
                parts.append({"PartNumber": number, "ETag": sent["ETag"]})
            self._client.complete_multipart_upload(**at, UploadId=upload, MultipartUpload={"Parts": parts})
        except BaseException:
            with suppress(Exception):  # it may not be allowed; a lifecycle rule may take away what is left
                self._client.abort_multipart_upload(**at, UploadId=upload)
            raise

    @contextmanager
    def _words(self, do: str) -> Iterator[None]:
        """Turn what boto3 raises into sentences."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            raise self._trouble(error, do) from error
        except (BotoCoreError, OSError) as error:
            raise StorageTrouble(
                f"The bucket {self._name}{self._at} cannot be used to {do}: {error}.",
                "Look at the network, the address and the certificate of the storage.",
            ) from error

    def _trouble(self, error: Any, do: str) -> StorageTrouble:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if code in ("NoSuchKey", "NoSuchVersion"):
            return Missing(f"There is no object to {do.removeprefix('read ')} in the bucket {self._name}{self._at}.")
        if code not in _WORDS and status == 403:
            code = "AccessDenied"
        words, hint = _WORDS.get(
            code, (f"The storage{{at}} does not {{do}} in {{bucket}}: {error}", "See its own log.")
        )
        return StorageTrouble(f"{words.format(bucket=self._name, at=self._at, do=do)}.", hint)


def _client(where: Where, read_s: int, tries: int) -> Any:
    """Return a client that asks for nothing an old storage does not know (Ceph 16 refuses checksum trailers)."""
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=_CONNECT_S,
        read_timeout=read_s,
        retries={"max_attempts": tries, "mode": "standard"},
        max_pool_connections=16,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"} if where.endpoint else {},
    )
    return boto3.client(
        "s3",
        endpoint_url=where.endpoint or None,
        verify=where.certificates or None,
        config=config,
        **_keys(where),
    )


def _keys(where: Where) -> dict[str, str]:
    """Return the credentials of a file as boto3 takes them; none where no file is named.

    Raises:
        StorageTrouble: it cannot be read, others can read it, or it does not say.
    """
    if not where.credentials:
        return {}
    path, parser = Path(where.credentials), configparser.ConfigParser(interpolation=None)
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise StorageTrouble(f"Others can read the credentials in {path}; they are not used.", f"chmod 600 {path}")
        parser.read_string(path.read_text(encoding="utf-8"))
        section = parser[where.profile]
        found = {name: section[name] for name in ("aws_access_key_id", "aws_secret_access_key")}
        region = section.get("region", "us-east-1")
    except OSError as error:
        raise StorageTrouble(f"The credentials in {path} cannot be read: {error.strerror}.", "Is it there?") from error
    except (configparser.Error, UnicodeDecodeError, KeyError) as error:
        raise StorageTrouble(
            f"{path} has no aws_access_key_id and aws_secret_access_key in [{where.profile}].",
            "Write it as AWS's own programs have it.",
        ) from error
    token = section.get("aws_session_token")
    return {**found, "region_name": region} | ({"aws_session_token": token} if token else {})


def _md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
