"""Begins a new backup where the repository is: in a folder, or in a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from actions.backups.repository.bucket_writing import staged_in_bucket
from actions.backups.repository.writing import Staged, staged
from actions.backups.storage.storage import Where, in_bucket


@contextmanager
def new_backup(where: Where, system: str, kind: str) -> Iterator[Staged]:
    """Give a new backup to write, in a folder or in a bucket (see `staged` and `staged_in_bucket`)."""
    if in_bucket(where.place):
        with staged_in_bucket(where, system, kind) as backup:
            yield backup
    else:
        with staged(Path(where.place), system, kind) as folder:
            yield folder
