"""What an inventory says of a file store."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from actions.backups.storage.storage import Where
from actions.failover.settings import Fence
from actions.secrets import Secret
from actions.settings import Settings, SystemSettings

_BUCKET = re.compile(r"s3:(?P<scheme>https?://)?(?P<host>[^/]+)/(?P<path>.+)")
_PASSWORD_IN_ADDRESS = re.compile(r"://[^/@\s]*:[^/@\s]*@")


class Marker(Settings, frozen=True):
    """A file that lies in the store and in no other tree, so that another disk is never taken for it.

    Attributes:
        file: its path in the store.
        says: what is in it, without the newline at its end.
    """

    file: str
    says: str


class FilesSettings(SystemSettings, frozen=True, kw_only=True, tag="files", tag_field="type"):
    """One file store.

    Attributes:
        host: the host that it lies on.
        directory: the tree. It is restored beside itself and renamed, so it is no mount point itself but lies on one.
        mount: the mount point that must be mounted before anything there counts; empty: none is asked for.
        marker: a file that tells the store from every other tree.
        repository: restic's repository, as ``restic --repo`` takes it; a path lies on the store's host, a bucket is
            ``s3:https://HOST/BUCKET/PREFIX``. Credentials in it are refused.
        credentials: of a bucket: a file on the store's host that only ``run_as`` can read, as AWS's own programs have
            it (``aws_access_key_id``, ``aws_secret_access_key``); empty: what ``environment`` names, or a role.
        profile: which section of that file.
        certificates: a file there with the certificates to trust beside the usual ones; empty: the usual ones.
        password: restic's password: a file on the store's host that only its owner can read. restic reads it itself.
        snapshot_host: the host that snapshots are filed under (``restic backup --host``).
        tag: the tag that they carry; empty: whatever they carry.
        snapshot_path: the directory as they have it, where that was another: of a store that took a lost one's place.
        every_minutes: how often one is taken.
        hold_file: while it exists on the host, what takes and expires snapshots by schedule does nothing.
        scratch_in: a folder of the host for drills (a snapshot that is restored once, and removed); empty: beside it.
        may_vanish: what the application deletes by itself, as patterns on paths in the store (``tmp/*``): that it is
            missing is no damage.
        run_as: the account that restic and our programs run as on the host; empty: the one that we log in as. Only root
            can restore owners, and keep writers out.
        restic: the program.
        python: the Python with Cleo installed on the host; a local host needs none.
        environment: variables that restic gets. No secrets.
        fence: what cuts its host off from outside; nothing here runs it, its state is asked where the store is lost.
    """

    host: str
    directory: str
    mount: str = ""
    marker: Marker | None = None
    repository: str
    credentials: str = ""
    profile: str = "default"
    certificates: str = ""
    password: Secret
    snapshot_host: str
    tag: str = ""
    snapshot_path: str = ""
    every_minutes: Annotated[float, msgspec.Meta(gt=0)] = 60.0
    hold_file: str = ""
    scratch_in: str = ""
    may_vanish: list[str] = []
    run_as: str = ""
    restic: str = "restic"
    python: str = ""
    environment: dict[str, str] = {}
    fence: Fence = Fence()

    def __post_init__(self) -> None:
        """Refuse what would show a secret, or lead to another directory than people mean."""
        if _PASSWORD_IN_ADDRESS.search(self.repository):
            raise ValueError("the repository's address holds a password; everybody sees that in a command line")
        if not self.password.file.startswith("/"):
            raise ValueError("the password is to be a file, by its whole path on the store's host")
        if not self.directory.startswith("/") or not self.place().strip("/"):
            raise ValueError("the directory is to be a whole path, and not /")
        self.fence.require_elsewhere(self.host)

    def taking_over(self, other: SystemSettings) -> FilesSettings:
        """Return it as it serves in a lost store's place: that one's snapshots are its own from then on."""
        if not isinstance(other, FilesSettings):
            return self
        lost = other.snapshot_path or other.place()
        return msgspec.structs.replace(
            self,
            snapshot_host=other.snapshot_host,
            tag=other.tag,
            snapshot_path=self.snapshot_path or (lost if lost != self.place() else ""),
            marker=self.marker or other.marker,
            may_vanish=self.may_vanish or other.may_vanish,
        )

    def hosts(self) -> dict[tuple[str, ...], str]:
        """Return the store's host, and those that fence it."""
        return {("host",): self.host} | self.fence.hosts()

    def paths(self) -> tuple[str, ...]:
        """Return the directory as its snapshots have it: as it is, and as it was on a lost host."""
        return (self.place(), self.snapshot_path.rstrip("/")) if self.snapshot_path else (self.place(),)

    def variables(self) -> dict[str, str]:
        """Return what restic and our programs get beside the harmless variables."""
        named = (
            {"AWS_SHARED_CREDENTIALS_FILE": self.credentials, "AWS_PROFILE": self.profile} if self.credentials else {}
        )
        return {"LC_ALL": "C", **named, **self.environment}

    def bucket(self) -> Where | None:
        """Return how restic's repository is reached where it is a bucket; None: it is none."""
        found = _BUCKET.fullmatch(self.repository)
        if not found:
            return None
        name, _, prefix = found["path"].strip("/").partition("/")
        return Where(
            place=f"s3://{name}/{prefix}".rstrip("/"),
            endpoint=f"{found['scheme'] or 'https://'}{found['host']}",
            credentials=self.variables().get("AWS_SHARED_CREDENTIALS_FILE", ""),
            profile=self.profile,
            certificates=self.certificates,
        )

    def place(self) -> str:
        """Return its directory."""
        return self.directory.rstrip("/")
