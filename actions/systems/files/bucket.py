"""restic's repository where it is a bucket: whether it can be used now, and what is written beside it.

restic itself asks a storage that does not answer for a quarter of an hour, and says little of why.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from actions.backups.marks import Marks
from actions.backups.repository.in_bucket import BucketMarks, said_trouble
from actions.backups.repository.show import Shown, ShowOrder
from actions.backups.storage.storage import Where
from actions.outcome import ActionFailed
from actions.systems.files.settings import FilesSettings
from actions.transport import Completed
from journal.structs import from_json

if TYPE_CHECKING:
    from actions.context import ActionContext

_SHOW = "actions.backups.repository.show"
LOOK_S = 45.0
"""Seconds for a look into the bucket; its program tells before that what it waits for."""
Run = Callable[[list[str]], Completed]


def require_bucket(settings: FilesSettings, local: bool, run: Run) -> None:
    """Prove that a repository in a bucket is there and can be used; one that is none is not looked at.

    Args:
        settings: what the inventory says of the store.
        local: whether its host is this machine.
        run: runs a program that changes nothing on the store's host.

    Raises:
        ActionFailed: it cannot be used, or restic has none there; it says why, and what helps.
    """
    where = settings.bucket()
    if where is None:
        return
    order = ShowOrder(where=where, below="config")
    done = run([_python(settings, local), "-P", "-m", _SHOW, msgspec.json.encode(order).decode()])
    if done.code:
        raise said_trouble(done, f"{settings.repository} cannot be used")
    if not from_json(done.out.strip().rpartition("\n")[2], Shown).sizes:
        raise ActionFailed(
            f"{settings.repository} has no repository of restic's: it was emptied, or lies elsewhere.",
            "Look whether the address in the inventory is right; another copy may be the bucket's older versions.",
        )


def marks_of(ctx: ActionContext, settings: FilesSettings, *, local: bool) -> Marks | None:
    """Return the marks beside a repository in a bucket, of which restic lists only its own files; None: it is none."""
    where = settings.bucket()
    return BucketMarks(_Beside(ctx, settings, where, local)) if where else None


class _Beside:
    """A place for small files in restic's bucket (`actions.backups.repository.in_bucket.ReachedBucket`)."""

    system = "cleo"

    def __init__(self, ctx: ActionContext, settings: FilesSettings, where: Where, local: bool) -> None:
        self.ctx, self.settings, self._where, self._local = ctx, settings, where, local
        self.host = settings.host

    @property
    def where(self) -> Where:
        return self._where

    @property
    def folder(self) -> str:
        return f"{self._where.place}/{self.system}"

    def program(self, module: str) -> list[str]:
        return [_python(self.settings, self._local), "-P", "-m", module]


def _python(settings: FilesSettings, local: bool) -> str:
    return settings.python or (sys.executable if local else "python3")
