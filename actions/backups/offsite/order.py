"""What the programs of the second place are asked to do, and how they say what they did."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from actions.backups.offsite.index import CopiedBackup
from actions.backups.storage.storage import Where


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One system's repository and its second place. It holds no secret.

    Attributes:
        system: the system's name in the inventory; ``type``: its type.
        here: the repository of this system, as the host reaches it where the program runs; of a fetch, where to.
        where: the second place.
        proof, heads, skip, remembers, called_by_content, owner: as `actions.backups.engine.CopySource` has them.
        backups: the backups that are to be there, by their labels.
        archived_until: the last commit in the log beside them.
        full: read every file that is in the second place, instead of comparing sizes.
        index_only: look at nothing but the index there.
        only: what to fetch: names that begin with one of these; none: all.
    """

    system: str
    type: str
    here: Where
    where: Where
    proof: str
    remembers: bool = True
    heads: Sequence[str] = ()
    skip: Sequence[str] = ()
    called_by_content: Sequence[str] = ()
    backups: Mapping[str, CopiedBackup] = {}
    archived_until: datetime | None = None
    full: bool = False
    index_only: bool = False
    owner: str = ""
    only: Sequence[str] = ()


def tell(**what: Any) -> None:
    """Print one JSON object on a line."""
    print(json.dumps(what, default=str), flush=True)
