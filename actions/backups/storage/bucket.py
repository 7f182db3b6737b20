"""A bucket of S3-compatible storage as a `Storage`.

Credentials that cannot delete are enough but for `remove`, and objects may be locked. Each part is sent with its
SHA-256, which a storage that knows it confirms, and its MD5, which the storage checks as it comes in (a bucket with
object lock demands it); ETags are taken for no digest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

from actions.aws_credentials import CredentialsUnavailable, client_keys
from actions.backups.storage.storage import PIECE, Missing, Stat, Storage, StorageTrouble, Where, Writable
from actions.backups.storage.upload import Upload, md5
from journal.wording.counting import count
from journal.wording.durations import rough_duration

_CONNECT_S = 10
_PATIENT, _QUICK = (30, 4), (10, 2)
"""For how many seconds an answer is waited for, and how often it is asked for. A storage that hangs is told soon, where
it is asked first; then it may take its time, to put the parts of a large object together."""
_BREAKS = 5
"""How often an object that breaks off on its way is asked for anew, from where it was."""
_WORDS = {
    "NoSuchBucket": ("There is no bucket {bucket}{at}", "Make it, or correct the place in the inventory."),
    "InvalidAccessKeyId": ("The storage{at} does not know the access key", "Correct the file of the credentials."),
    "SignatureDoesNotMatch": ("The secret key is not the one of the access key{at}", "Correct the credentials."),
    "AccessDenied": ("The credentials are not allowed to {do} in {bucket}{at}", "Give them read, write and list."),
    "ExpiredToken": ("The credentials' session{at} is over", "Renew them; credentials without a session last."),
    "QuotaExceeded": ("The storage{at} takes no more: its quota is used up", "Make room, or raise the quota."),
    "RequestTimeTooSkewed": ("The storage{at} has another time than this host", "Set this host's clock."),
    "SlowDown": ("The storage{at} takes no more requests now", "Try again later; look what else asks it so often."),
}

_LOOK = "Look at the network, the address and the certificate of the storage."
_NO_ANSWER = {
    "ReadTimeoutError": (
        "it takes the connection, and does not answer",
        "It hangs: look at the storage's own hosts and log. What is there is not lost by that.",
    ),
    "ConnectTimeoutError": ("nothing answers at its address", _LOOK),
    "EndpointConnectionError": (
        "nothing listens at its address, or no way leads there",
        "Look whether the storage runs, at the network, and at the address in the inventory.",
    ),
    "SSLError": (
        "its certificate is not trusted, or it speaks no TLS",
        "Name the certificates to trust (certificates), or correct the address (http or https).",
    ),
}
"""What boto3's errors mean, by their names, and what helps."""


class Bucket(Storage):
    """A bucket, below a prefix.

    Raises:
        StorageTrouble: the credentials cannot be read, the bucket is not there or cannot be entered.
    """

    def __init__(self, where: Where, *, quick: bool = False) -> None:
        self._name, _, prefix = where.place.removeprefix("s3://").partition("/")
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._confirmed = set[str]()
        self._at = f" at {where.endpoint}" if where.endpoint else ""
        hasty = _client(where, *_QUICK)
        self._client = hasty if quick else _client(where, *_PATIENT)
        with self._words("look"):  # HEAD would say no more than 403
            hasty.list_objects_v2(Bucket=self._name, Prefix=self._prefix, MaxKeys=1)

    def stats(self, below: str) -> Mapping[str, Stat]:
        """See `Storage`."""
        found = {}
        with self._words("list"):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._name, Prefix=f"{self._prefix}{below}"):
                for one in page.get("Contents", ()):
                    if not one["Key"].endswith("/"):  # a console's mark of a folder is no file
                        known = Stat(size=one["Size"], tag=one.get("ETag", "").strip('"'))
                        found[one["Key"].removeprefix(self._prefix)] = known
        return found

    def pieces(self, name: str) -> Iterator[bytes]:
        """See `Storage`. What breaks off goes on where it was; an object that ends before its length raises."""
        from botocore.exceptions import BotoCoreError

        at = {"Bucket": self._name, "Key": f"{self._prefix}{name}"}
        with self._words(f"read {name}"):
            read, broken, same = 0, 0, dict[str, str]()
            while True:
                rest = {"Range": f"bytes={read}-"} if read else {}
                answer = self._client.get_object(**at, **rest, **same)
                same = {"IfMatch": answer["ETag"]} if answer.get("ETag") else {}
                try:
                    for piece in answer["Body"].iter_chunks(PIECE):
                        read += len(piece)
                        yield piece
                    return
                except (BotoCoreError, OSError):
                    broken += 1
                    if not read or broken > _BREAKS:
                        raise

    @contextmanager
    def new(self, name: str) -> Iterator[Writable]:
        """See `Storage`."""
        upload = Upload(self._client, {"Bucket": self._name, "Key": f"{self._prefix}{name}"})
        file = _Said(upload, partial(self._words, f"write {name}"))
        self._confirmed.discard(name)
        try:
            yield file
            with self._words(f"write {name}"):
                if upload.finish():
                    self._confirmed.add(name)
        except BaseException:
            upload.give_up()
            raise

    def confirmed(self, name: str) -> bool:
        """See `Storage`: not every storage knows SHA-256."""
        return name in self._confirmed

    def remove(self, name: str) -> None:
        """See `Storage`. In a bucket that keeps versions, the older one stays there."""
        with self._words(f"remove {name}"):
            self._client.delete_object(Bucket=self._name, Key=f"{self._prefix}{name}")

    def put_bytes(self, name: str, data: bytes) -> None:
        """See `Storage`."""
        with self._words(f"write {name}"):
            self._client.put_object(Bucket=self._name, Key=f"{self._prefix}{name}", Body=data, ContentMD5=md5(data))

    def forget_unfinished(self, below: str) -> None:
        """See `Storage`: the parts of large objects that no request ever completed."""
        with self._words(f"forget what is unfinished below {below}"):
            said = self._client.list_multipart_uploads(Bucket=self._name, Prefix=f"{self._prefix}{below}")
            for one in said.get("Uploads", ()):
                self._client.abort_multipart_upload(Bucket=self._name, Key=one["Key"], UploadId=one["UploadId"])

    def remains(self, below: str) -> str:
        """See `Storage`: versions that are no more current."""
        size, names = 0, list[tuple[str, str]]()
        with self._words(f"list the versions below {below}"):
            pages = self._client.get_paginator("list_object_versions")
            for page in pages.paginate(Bucket=self._name, Prefix=f"{self._prefix}{below}"):
                for one in page.get("Versions", ()):
                    size += one["Size"]
                    names.append((one["Key"], one["VersionId"]))
        return f"{count(len(names), 'object')} ({size:,} bytes){self._locked_until(*names[0])}" if names else ""

    def _locked_until(self, key: str, version: str) -> str:
        """Return until when a version is locked, to be read behind it; empty: it is not, or nobody may know."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            said = self._client.get_object_retention(Bucket=self._name, Key=key, VersionId=version)
        except (ClientError, BotoCoreError):
            return ""
        return f", locked until {said['Retention']['RetainUntilDate']:%Y-%m-%d %H:%M} UTC"

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

    @contextmanager
    def _words(self, do: str) -> Iterator[None]:
        """Turn what boto3 raises into sentences."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            raise self._trouble(error, do) from error
        except (BotoCoreError, OSError) as error:
            words, hint = _NO_ANSWER.get(type(error).__name__, (str(error), _LOOK))
            raise StorageTrouble(f"The bucket {self._name}{self._at} cannot be used to {do}: {words}.", hint) from error

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
        if code == "RequestTimeTooSkewed":
            words += _skew(error.response)
        if code == "AccessDenied" and do.startswith("remove "):
            hint = "Give them delete, or leave it to the bucket's owner; what is locked goes when its time is over."
        return StorageTrouble(f"{words.format(bucket=self._name, at=self._at, do=do)}.", hint)


class _Said:
    """An upload whose errors are sentences."""

    def __init__(self, upload: Upload, words: Callable[[], AbstractContextManager[None]]) -> None:
        self._upload, self._words = upload, words

    def write(self, data: bytes, /) -> None:
        with self._words():
            self._upload.write(data)


def _skew(response: Mapping[str, Any]) -> str:
    """Return by how much this host's clock differs from the storage's, to be read behind "than this host"."""
    said = response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
    try:
        ahead = (datetime.now(UTC) - parsedate_to_datetime(said)).total_seconds()
    except (TypeError, ValueError):
        return ""
    return f": this host's clock is {rough_duration(abs(ahead))} {'ahead' if ahead > 0 else 'behind'}"


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
        StorageTrouble: they cannot be had.
    """
    try:
        return client_keys(where.credentials, where.profile)
    except CredentialsUnavailable as error:
        raise StorageTrouble(error.message, error.hint) from error
