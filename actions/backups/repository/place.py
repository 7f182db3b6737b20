"""Where a system's repository is, and reading what is in it: over SSH, too, and in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from actions.backups.marks import FolderMarks, Marks
from actions.backups.printed import PRINT_ALL, printed_texts
from actions.backups.programs import program_on
from actions.backups.repository.entry import (
    ENTRY,
    INCOMPLETE,
    LOG,
    Entry,
    NoEntry,
    decode_entry,
    is_id,
)
from actions.backups.repository.in_bucket import BucketMarks, show
from actions.backups.repository.settings import RepositorySettings
from actions.backups.repository.show import Shown
from actions.backups.storage.storage import Where
from actions.context import ActionContext
from actions.machine.machine import Machine
from actions.outcome import ActionFailed
from actions.transport import Completed

_LIST = f"""\
cd -- "$1" || exit 90
[ -e "$2" ] || exit 0
cd -- "$2" || exit 90
find . -ignore_readdir_race -name '.incomplete-*' -prune -printf 'D0 %P\\0' -o -type d -printf 'D0 %P\\0' \\
  -o -type f -printf 'F%s %P\\0' || exit 90
printf 'E\\0'
find . -ignore_readdir_race -mindepth 2 -maxdepth 2 -name {ENTRY} -not -path './.incomplete-*' {PRINT_ALL} || exit 90
"""
"""Prints, each ended by NUL: every folder and file with its size, and an E; then the entries, as `PRINT_ALL` does."""


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """One backup of a repository, as it can be seen without reading its files.

    Attributes:
        entry: what it says of itself.
        wrong: why it cannot be restored from: a file that is missing or has another size; empty: nothing is seen.
    """

    entry: Entry
    wrong: str = ""


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """What a repository has of one system.

    Attributes:
        stored: its backups, the oldest first.
        incomplete: folders of backups that are being written, or whose writer was killed.
        strange: what is called like a backup and is none, a line each.
        log: the files below ``log/``, with their sizes in bytes, by name.
    """

    stored: Sequence[Stored] = ()
    incomplete: Sequence[str] = ()
    strange: Sequence[str] = ()
    log: Sequence[tuple[str, int]] = ()


class Place:
    """The repository of one system.

    Args:
        ctx: the action's context.
        system: the system's name in the inventory.
        settings: where the repository is.
        host: the system's own host.

    Raises:
        ActionFailed: the inventory names no repository.
    """

    def __init__(self, ctx: ActionContext, system: str, settings: RepositorySettings, host: str) -> None:
        self.ctx, self.system, self.settings = ctx, system, settings
        self.host, self._own_host = settings.host or host, host
        if not settings.repository:
            raise ActionFailed(
                f"Nothing tells where the backups of {system} lie.",
                "Name the folder or the bucket in the inventory (backups: repository).",
            )

    @property
    def in_bucket(self) -> bool:
        """Whether it is a bucket."""
        return self.settings.in_bucket

    @property
    def here(self) -> Place:
        """The same as the system's own host reaches it: a bucket is reached from there, a folder on its host alone."""
        if not self.in_bucket or self.host == self._own_host:
            return self
        return Place(self.ctx, self.system, msgspec.structs.replace(self.settings, host=""), self._own_host)

    @property
    def folder(self) -> str:
        """The system's folder in the repository; of a bucket, for people."""
        return f"{self.settings.repository.rstrip('/')}/{self.system}"

    @property
    def where(self) -> Where:
        """How the repository is reached, from its host."""
        return self.settings.where

    @property
    def shelf(self) -> Where:
        """How the system's own folder in it is reached."""
        return msgspec.structs.replace(self.where, place=self.folder)

    @property
    def hold_file(self) -> str:
        """The file that scheduled backups wait for; in a bucket, what the names of such files begin with."""
        return self.settings.hold_file or f"{self.folder}.hold"

    def program(self, module: str) -> list[str]:
        """Return the beginning of the command line that runs one of our modules on the repository's host.

        Raises:
            ActionFailed: the host is another machine, and the inventory names no Python there.
        """
        return program_on(self.ctx, self.host, self.settings.python, module)

    def listing(self, timeout_s: float = 60) -> Listing:
        """Return what the repository has of the system. No backup's data is read.

        Raises:
            ActionFailed: the repository is not there, or cannot be read.
            CleoError: its host cannot be reached.
        """
        if self.in_bucket:
            return bucket_listing(show(self, entries=-1, timeout_s=timeout_s), self.folder)
        answer = self.ctx.query(
            self.host, listing_argv(self.settings, self.system), timeout_s=timeout_s, user=self.settings.run_as
        )
        return listing_of(answer, self.settings, self.system, self.host)

    def read(self, name: str) -> str | None:
        """Return a small file, by its name below the system's folder; None: there is none.

        Raises:
            ActionFailed: the repository cannot be read.
            CleoError: its host cannot be reached.
        """
        if self.in_bucket:
            return show(self, texts=[name]).texts.get(name)
        return Machine(self.ctx, self.host, self.settings.run_as).read(f"{self.folder}/{name}")

    def marks(self) -> Marks:
        """Return where it is kept when each backup was verified and restored: in the backup's own folder."""
        if self.in_bucket:
            return BucketMarks(self)
        return FolderMarks(self.ctx, self.host, self.folder, user=self.settings.run_as)


def listing_argv(settings: RepositorySettings, system: str) -> list[str]:
    """Return what lists a system's backups on the host of a folder, for whoever has no context (a probe)."""
    return ["sh", "-c", _LIST, "sh", settings.repository, system]


def listing_of(answer: Completed, settings: RepositorySettings, system: str, host: str) -> Listing:
    """Return what the program of `listing_argv` printed.

    Raises:
        ActionFailed: the repository is not there, or cannot be read.
    """
    if answer.code != 0:
        words = " ".join(answer.err.split()) or answer.ending
        raise ActionFailed(
            f"The repository {settings.repository} on {host} cannot be read: {words}.",
            "Mount what holds the backups, or correct the path in the inventory.",
        )
    return _understood(answer.out, f"{settings.repository}/{system}")


def bucket_listing(shown: Shown, where: str) -> Listing:
    """Return what a bucket shows of a system's backups.

    Args:
        shown: what is there; a backup whose entry is not shown is left out.
        where: the system's folder in it, for people.
    """
    marked = {name.removeprefix(INCOMPLETE) for name in shown.sizes if name.startswith(INCOMPLETE)}
    heads = {name.partition("/")[0] for name in shown.sizes if name.endswith(f"/{ENTRY}")}
    told = {name.partition("/")[0] for name in shown.texts}
    ids = {name.partition("/")[0] for name in shown.sizes if is_id(name.partition("/")[0]) and "/" in name}
    unfinished = {id_ for id_ in marked if id_ not in heads}
    wanted = sorted(id_ for id_ in ids - unfinished if id_ in told or id_ not in heads)
    stored, strange = _backups(dict(shown.sizes), wanted, dict(shown.texts), where)
    return Listing(
        stored=sorted(stored, key=lambda one: (one.entry.ended_at, one.entry.id)),
        incomplete=sorted(f"{INCOMPLETE}{id_}" for id_ in unfinished),
        strange=strange,
        log=sorted((name, size) for name, size in shown.sizes.items() if name.startswith(f"{LOG}/")),
    )


def newest_of(stored: Sequence[Stored], until: datetime | None = None) -> Stored | None:
    """Return the newest backup that nothing is seen to be wrong with.

    Args:
        stored: the backups, the oldest first.
        until: leave out what ended after this instant.
    """
    fit = [one for one in stored if not one.wrong and (until is None or one.entry.ended_at <= until)]
    return fit[-1] if fit else None


def _understood(printed: str, where: str) -> Listing:
    """Read what `_LIST` printed."""
    names, _, entries = printed.partition("\0E\0")
    sizes: dict[str, int] = {}
    folders: list[str] = []
    for part in names.split("\0"):
        head, _, name = part.partition(" ")
        if head.startswith("F"):
            sizes[name] = int(head[1:])
        elif head == "D0":
            folders.append(name)
    texts = printed_texts(entries)
    stored, strange = _backups(sizes, [name for name in folders if is_id(name)], texts, where)
    return Listing(
        stored=sorted(stored, key=lambda one: (one.entry.ended_at, one.entry.id)),
        incomplete=sorted(name for name in folders if name.startswith(INCOMPLETE)),
        strange=strange,
        log=sorted((name, size) for name, size in sizes.items() if name.startswith(f"{LOG}/")),
    )


def _backups(
    sizes: dict[str, int], ids: list[str], texts: dict[str, str], where: str
) -> tuple[list[Stored], list[str]]:
    """Return the backups, and a line for each folder that is called like one and is none."""
    stored, strange = [], []
    for id_ in sorted(ids):
        text = texts.get(f"{id_}/{ENTRY}")
        try:
            entry = decode_entry(text if text is not None else b"", f"{where}/{id_}/{ENTRY}")
        except NoEntry as error:
            strange.append(error.message if text is not None else f"{where}/{id_} has no {ENTRY}: it is no backup")
            continue
        stored.append(Stored(entry=entry, wrong=_wrong(entry, id_, sizes)))
    return stored, strange


def _wrong(entry: Entry, id_: str, sizes: dict[str, int]) -> str:
    """Return what the sizes of a backup's files tell against it."""
    if entry.id != id_:
        return f"is called {id_}, and its entry is that of {entry.id}"
    bad = [file.name for file in entry.files if sizes.get(f"{id_}/{file.name}") != file.size]
    if not bad:
        return ""
    gone = [name for name in bad if f"{id_}/{name}" not in sizes]
    more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
    return f"is damaged: {bad[0]} {'is missing' if bad[0] in gone else 'has another size than when it was taken'}{more}"
