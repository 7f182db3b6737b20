"""Opens the place that is meant."""

from __future__ import annotations

from actions.backups.storage.storage import Storage, Where, in_bucket


def open_storage(where: Where, *, quick: bool = False) -> Storage:
    """Return the way to a place.

    Args:
        where: the place.
        quick: nothing large is read or written: a storage that hangs is told soon, whatever it is asked.

    Raises:
        StorageTrouble: it is not there, or cannot be entered.
    """
    if in_bucket(where.place):
        from actions.backups.storage.bucket import Bucket

        return Bucket(where, quick=quick)
    from actions.backups.storage.folder import Folder

    return Folder(where.place)
