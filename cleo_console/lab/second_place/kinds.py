"""The kinds of second place that a lab can have."""

from __future__ import annotations

from pathlib import Path

from cleo_console.lab.second_place.bucket_place import BucketPlace
from cleo_console.lab.second_place.place import LOOPBACK, Chosen, FolderPlace, SecondPlace
from cleo_console.lab.second_place.rgw import choose_ports, require_programs


def second_place(lab: Path, chosen: Chosen | None) -> SecondPlace | None:
    """The second place that a lab remembers; None: it has none."""
    if chosen is None:
        return None
    return (BucketPlace if chosen.kind == "s3" else FolderPlace)(lab, chosen)


def choose(before: Chosen | None, *, s3: bool, first: bool = False, address: str = LOOPBACK) -> Chosen:
    """What a lab's second place is to be: what it was, a bucket where that is asked for, else a folder.

    Args:
        before: what it was.
        s3: whether it is to be a bucket.
        first: whether a new one has the stores' own backups, too.
        address: where a new bucket's store is to listen: where all hosts of the lab reach it.

    Raises:
        CleoError: a program of the object store is missing.
    """
    if before and (before.kind == "s3" or not (s3 or first)):
        return before
    if not (s3 or first):
        return Chosen()
    require_programs()
    return Chosen(kind="s3", ports=choose_ports(), first=first, address=address)
