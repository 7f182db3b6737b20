"""Opens the place that is meant."""

from __future__ import annotations

from actions.backups.storage.storage import Storage, Where


def open_storage(where: Where) -> Storage:
    """Return the way to a place.

    Raises:
        StorageTrouble: it is not there, or cannot be entered.
    """
    if where.place.startswith("s3://"):
        from actions.backups.storage.bucket import Bucket

        return Bucket(where)
    from actions.backups.storage.folder import Folder

    return Folder(where.place)
