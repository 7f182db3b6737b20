"""When each backup was verified and restored: files of their own beside the backups, which nothing rewrites."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

import msgspec

from actions.backups.printed import PRINT_ALL, printed_texts
from actions.context import ActionContext
from actions.outcome import ActionFailed
from journal.structs import from_json

MarkKind = Literal["verified", "restored"]

_NAME = re.compile(r"(?P<label>.+)[./](?P<kind>verified|restored)-[0-9]{8}T[0-9]{6}\.[0-9]{6}Z\.json")
_READ = f"""\
cd -- "$1" 2>/dev/null || exit 0
find . -ignore_readdir_race -mindepth "$2" -maxdepth "$2" -type f \\
  '(' -name '*verified-*.json' -o -name '*restored-*.json' ')' {PRINT_ALL}
"""
_WRITE = """\
umask 022; new="$1.new.$$"
if cat >"$new" && [ "$(wc -c <"$new")" -eq "$2" ] && mv -- "$new" "$1"; then exit 0; fi
rm -f -- "$new"; exit 1
"""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification, or a restore, of one backup came to.

    Attributes:
        at: when it ended, in UTC.
        ok: whether every file was whole; of a restore, whether what came back was verified.
        by: the incident or the command that did it.
        seconds: how long it took; 0: not measured.
        words: what it came to, for people.
        facts: whatever else was measured (what was lost, where it was restored to).
    """

    at: datetime
    ok: bool
    by: str
    seconds: float = 0.0
    words: str = ""
    facts: Mapping[str, Any] = {}


class Marked(msgspec.Struct, frozen=True, kw_only=True):
    """The last verification and the last restore of one backup; None: there was none.

    ``measured`` is the last good restore of which it is known how long it took.
    """

    verified: Mark | None = None
    restored: Mark | None = None
    measured: Mark | None = None


class Marks(Protocol):
    """Where an engine keeps the marks of a system's backups."""

    def read(self) -> Mapping[str, Marked]:
        """Return what is known of each backup, by its label; one that is left out was never verified or restored.

        Raises:
            CleoError: it cannot be read.
        """

    def leave(self, label: str, kind: MarkKind, mark: Mark) -> None:
        """Write down that a backup was verified or restored. Call it only where an effect was announced.

        Raises:
            CleoError: it cannot be written.
        """


class FolderMarks:
    """Marks as files of a folder.

    Args:
        ctx: the action's context.
        host: the host that has the folder.
        folder: its path.
        user: the account that reads and writes there; empty: our own.
        between: ``/`` where each backup has a folder of its own in there, else ``.``.
    """

    def __init__(self, ctx: ActionContext, host: str, folder: str, *, user: str = "", between: str = "/") -> None:
        self._ctx, self._host, self._folder, self._user, self._between = ctx, host, folder, user, between

    def read(self) -> Mapping[str, Marked]:
        """See `Marks`."""
        argv = ["sh", "-c", _READ, "sh", self._folder, "2" if self._between == "/" else "1"]
        done = self._ctx.query(self._host, argv, user=self._user)
        if done.code != 0:
            words = " ".join(done.err.split()) or done.ending
            raise ActionFailed(f"What was verified and restored cannot be read in {self._folder}: {words}.")
        found: dict[str, Marked] = {}
        for name, text in printed_texts(done.out).items():
            add_mark(found, name, text)
        return found

    def leave(self, label: str, kind: MarkKind, mark: Mark) -> None:
        """See `Marks`."""
        path = f"{self._folder.rstrip('/')}/{label}{self._between}{mark_name(kind, mark.at)}"
        data = encode_mark(mark)
        argv = ["sh", "-c", _WRITE, "sh", path, str(len(data))]
        done = self._ctx.transport(self._host).query(argv, timeout_s=30, user=self._user, stdin=data)
        if done.code != 0:
            words = " ".join(done.err.split()) or done.ending
            raise ActionFailed(f"{path} cannot be written: {words}.", "Check space and permissions.")


def mark_name(kind: MarkKind, at: datetime) -> str:
    """Return the end of the name of a mark's file; two in one second have names of their own."""
    return f"{kind}-{at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}.json"


def encode_mark(mark: Mark) -> bytes:
    """Return a mark as its file has it."""
    return msgspec.json.format(msgspec.json.encode(mark), indent=1) + b"\n"


def add_mark(known: dict[str, Marked], name: str, text: str | bytes) -> None:
    """Add to ``known`` what a file says, where it is a whole mark and later than what is known.

    Args:
        known: marks by the backup's label.
        name: the file's path below the folder of the marks.
        text: its content.
    """
    fits = _NAME.fullmatch(name)
    if not fits:
        return
    try:
        mark = from_json(text, Mark)
    except (msgspec.DecodeError, UnicodeError):
        return  # cut off as it was written: nothing is known by it
    _note(known, fits["label"], fits["kind"], mark)
    if fits["kind"] == "restored" and mark.ok and mark.seconds > 0:
        _note(known, fits["label"], "measured", mark)


def _note(known: dict[str, Marked], label: str, which: str, mark: Mark) -> None:
    """Keep a mark where it is later than what is known."""
    before = known.get(label, Marked())
    earlier = getattr(before, which)
    if earlier is None or earlier.at <= mark.at:
        known[label] = msgspec.structs.replace(before, **{which: mark})
