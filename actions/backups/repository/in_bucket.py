"""Looks into a bucket, and writes small files there, by programs on a host that reaches it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from actions.backups.marks import Mark, Marked, MarkKind, add_mark, encode_mark, mark_name
from actions.backups.repository.change import ChangeOrder
from actions.backups.repository.show import Shown, ShowOrder
from actions.backups.storage.storage import Where
from actions.outcome import ActionFailed
from actions.transport import Completed, DeadlineExceeded
from journal.structs import from_json

if TYPE_CHECKING:
    from actions.context import ActionContext

_SHOW = "actions.backups.repository.show"
_CHANGE = "actions.backups.repository.change"
_CHANGE_S = 60.0
_HINT = "Look at the network between that host and the storage, and whether the storage answers others."


class ReachedBucket(Protocol):
    """A repository in a bucket, as a context reaches it (`actions.backups.repository.place.Place`)."""

    ctx: ActionContext
    system: str
    host: str
    settings: Any

    @property
    def where(self) -> Where:
        """The repository."""

    @property
    def folder(self) -> str:
        """The system's folder, for people."""

    def program(self, module: str) -> list[str]:
        """Return the beginning of a command line."""


def show(
    place: ReachedBucket,
    *,
    texts: Sequence[str] = (),
    entries: int = 0,
    below: str = "",
    timeout_s: float = 60,
) -> Shown:
    """Return what a bucket has of a system.

    Args:
        place: the repository.
        texts, entries, below: as `ShowOrder` has them; ``below`` empty: the system's own folder.
        timeout_s: seconds for it.

    Raises:
        ActionFailed: nobody can look; its cure is told apart by what the storage says.
    """
    order = ShowOrder(where=place.where, below=below or f"{place.system}/", texts=texts, entries=entries)
    argv = [*place.program(_SHOW), msgspec.json.encode(order).decode()]
    try:
        done = place.ctx.query(place.host, argv, timeout_s=timeout_s, user=place.settings.run_as)
    except DeadlineExceeded as error:
        what = f"{place.folder} cannot be looked at from {place.host}"
        raise ActionFailed(f"{what}: no answer within {timeout_s:g} s.", _HINT) from error
    return shown_by(done, place.folder, place.host)


def show_argv(python: str, where: Where, system: str, entries: int) -> list[str]:
    """Return the command line that shows a system's newest backups, for whoever has no context (a probe)."""
    order = ShowOrder(where=where, below=f"{system}/", entries=entries)
    return [python, "-m", _SHOW, msgspec.json.encode(order).decode()]


def shown_by(done: Completed, folder: str, host: str) -> Shown:
    """Return what the program said.

    Raises:
        ActionFailed: nobody can look.
    """
    if done.code == 0:
        return from_json(done.out.strip().rpartition("\n")[2], Shown)
    raise said_trouble(done, f"{folder} cannot be looked at from {host}")


def said_trouble(done: Completed, what: str, left_behind: str = "") -> ActionFailed:
    """Return the error of a program that said why it failed, and then what helps.

    Args:
        done: the program.
        what: what failed.
        left_behind: what it left.
    """
    why, _, hint = done.err.strip().partition("\n")
    if hint:
        return ActionFailed(f"{what}: {why}", " ".join(hint.split()), left_behind=left_behind)
    last = (done.err.strip().splitlines() or [done.ending])[-1]
    return ActionFailed(f"{what}: {last}.", _HINT, left_behind=left_behind)


def change(place: ReachedBucket, name: str, text: str | None) -> None:
    """Write a small file, by its name in the repository, or remove it. Call it only where an effect was announced.

    Raises:
        ActionFailed: it could not be done.
    """
    order = ChangeOrder(where=place.where, name=name, text=text)
    argv = [*place.program(_CHANGE), msgspec.json.encode(order).decode()]
    done = place.ctx.transport(place.host).query(argv, timeout_s=_CHANGE_S, user=place.settings.run_as)
    if done.code != 0:
        verb = "removed from" if text is None else "written into"
        raise said_trouble(done, f"{name} cannot be {verb} {place.where.place}")


class BucketMarks:
    """Marks as files beside the backups in a bucket."""

    def __init__(self, place: ReachedBucket) -> None:
        self._place = place

    def read(self) -> Mapping[str, Marked]:
        """See `Marks`."""
        found: dict[str, Marked] = {}
        for name, text in show(self._place, texts=["*/verified-*.json", "*/restored-*.json"]).texts.items():
            add_mark(found, name, text)
        return found

    def leave(self, label: str, kind: MarkKind, mark: Mark) -> None:
        """See `Marks`."""
        name = f"{self._place.system}/{label}/{mark_name(kind, mark.at)}"
        change(self._place, name, encode_mark(mark).decode())
