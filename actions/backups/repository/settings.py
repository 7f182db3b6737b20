"""What an inventory says of a repository of backups."""

from __future__ import annotations

from typing import Annotated

import msgspec

from actions.backups.storage.storage import Where, in_bucket
from actions.settings import Settings


class RepositorySettings(Settings, frozen=True, kw_only=True):
    """Where a system's backups lie, and what keeps them from being taken or expired while they are held.

    Attributes:
        repository: the repository's folder on its host, or ``s3://BUCKET/PREFIX``. It must be there; systems may share
            it. Empty: no backups.
        endpoint: the address of S3-compatible storage; empty: Amazon's.
        credentials: of a bucket: a file on the system's host, and on ``host``, that only ``run_as`` can read, as AWS's
            own programs have it (``aws_access_key_id``, ``aws_secret_access_key``); empty: a role of that host.
        profile: which section of that file.
        certificates: a file on those hosts with the certificates to trust beside the usual ones; empty: the usual ones.
        host: the host that has it, where that is not the system's. Of a bucket: the host that lists, checks, holds and
            expires, so that it is seen while the system's is down; backups go to and fro by the system's own.
        run_as: the account that its programs run as; empty: the one that we log in as.
        python: the Python on that host that has Cleo's modules, to write and check backups; a local host needs none.
        keep: how many full backups ``cleo backup run`` keeps, with all that ended after the oldest of them began; 0:
            nothing expires.
        hold_file: scheduled backups do not run while it exists; empty: ``<repository>/<system>.hold``. In a bucket it
            is always the files ``<repository>/<system>.hold/…``, one for each that holds.
    """

    repository: str = ""
    endpoint: str = ""
    credentials: str = ""
    profile: str = "default"
    certificates: str = ""
    host: str = ""
    run_as: str = ""
    python: str = ""
    keep: Annotated[int, msgspec.Meta(ge=0)] = 0
    hold_file: str = ""

    def __post_init__(self) -> None:
        """Refuse a hold that other machines would not see."""
        if self.in_bucket and self.hold_file:
            raise ValueError("hold_file is for a folder: in a bucket the hold lies beside the backups, for all to see")

    @property
    def in_bucket(self) -> bool:
        """Whether the repository is a bucket."""
        return in_bucket(self.repository)

    @property
    def where(self) -> Where:
        """How the repository is reached, by programs on a host that can."""
        return Where(
            place=self.repository.rstrip("/"),
            endpoint=self.endpoint,
            credentials=self.credentials,
            profile=self.profile,
            certificates=self.certificates,
        )
