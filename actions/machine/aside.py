"""Old data, moved aside before a restore: a folder a copy, which says itself what it is, and is never overwritten.

Files and folders are moved one by one into ``<place>.aside-<instant>.moving``, which gets its own name once all of them
are in it. What is in it is written into it first (``kept.json``): no other record is needed to find every copy that any
restore ever kept here, the first one included, nor to go on after a kill.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec

from actions.machine.directories import inspect_directories, mounts_below
from actions.machine.machine import Machine, last_words
from actions.outcome import ActionFailed
from journal.structs import from_json

MOVING = ".moving"
"""Behind a copy's path while not all of it is there."""
RECORD = "kept.json"

_BEGIN = r"""
set -e
umask 077
mkdir -p -m 700 -- "$1"
[ -s "$1/kept.json" ] || { printf %s "$2" >"$1/.kept"; sync "$1/.kept"; mv -T "$1/.kept" "$1/kept.json"; }
sync "$1" "${1%/*}"
"""
_MOVE = r"""
set -e
to=$1; shift
for from do
    name=${from##*/}
    [ -e "$from" ] || [ -L "$from" ] || continue
    [ ! -e "$to/$name" ] && [ ! -L "$to/$name" ] || continue
    before=$(stat -c %d:%i -- "$from")
    mv -T --no-clobber -- "$from" "$to/$name"
    [ "$(stat -c %d:%i -- "$to/$name")" = "$before" ] || { echo "$to/$name is not what $from was" >&2; exit 66; }
    sync "${from%/*}"
done
sync "$to"
"""
"""Moves each by one rename, and proves by its inode that what lies there then is what lay here. A link is moved itself.
What lies there again, though it was moved before, was made since: that is left where it is."""
_NO_LINKS = 'for at do [ -L "$at" ] || [ ! -e "$at" ] || echo "$at"; done; true'
_WHOLE = 'mv -T --no-clobber -- "$1" "$2" && [ ! -e "$1" ] && sync "${2%/*}"'
_BACK = r"""
set -e
while [ $# -gt 0 ]; do
    if [ -e "$1" ] || [ -L "$1" ]; then
        mv -T --no-clobber -- "$1" "$2"
        [ ! -e "$1" ] || { echo "$2 is there, $1 stays where it is" >&2; exit 66; }
        sync "${2%/*}"
    fi
    shift 2
done
"""
_LIST = r"""
for at in "$1".aside-*; do [ -s "$at/kept.json" ] && printf '%s\t%s\n' "$at" "$(tr -d '\n' <"$at/kept.json")"; done
true
"""


class KeptCopy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One copy of old data.

    Attributes:
        path: its folder, by its final name; empty in the record that lies in it.
        what: ``original``: what the disaster left; ``restored``: what an earlier restore of the same incident had made.
        incident, at: which incident kept it, and when it began to (UTC, ISO 8601).
        held: the paths that its files and folders were moved from.
        whole: whether all of it is there; else a restore was killed while it moved them.
    """

    path: str = ""
    what: Literal["original", "restored"]
    incident: str
    at: str
    held: list[str]
    whole: bool = True


def new_copy(place: str, paths: Sequence[str], *, incident: str, what: Literal["original", "restored"]) -> KeptCopy:
    """Return the copy that will be made of ``paths``: a new folder beside all earlier ones.

    Args:
        place: what the copies' names begin with: a path on the file system of ``paths``.
        paths: files and folders; no two of the same name.
        incident: whose restore it is.
        what: see `KeptCopy`.
    """
    now = datetime.now(UTC)
    return KeptCopy(
        path=f"{place}.aside-{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}Z",
        what=what,
        incident=incident,
        at=now.isoformat(timespec="seconds"),
        held=list(paths),
    )


def kept_copies(machine: Machine, place: str) -> list[KeptCopy]:
    """Return every copy that was ever kept at ``place``, the oldest first; half made ones too (``whole`` is False).

    Raises:
        ActionFailed: a copy's record cannot be read.
    """
    done = machine.query(["sh", "-c", _LIST, "sh", place])
    if done.code != 0:
        raise ActionFailed(f"It cannot be told what was kept at {place}: {last_words(done)}")
    return sorted((_read(line) for line in done.out.splitlines()), key=lambda copy: copy.path)


def _read(line: str) -> KeptCopy:
    path, _, text = line.partition("\t")
    try:
        copy = from_json(text, KeptCopy)
    except msgspec.DecodeError as error:
        raise ActionFailed(
            f"{path}/{RECORD} cannot be understood: {error}", "Move that folder elsewhere; it holds old data."
        ) from None
    return msgspec.structs.replace(copy, path=path.removesuffix(MOVING), whole=not path.endswith(MOVING))


def require_movable(machine: Machine, copy: KeptCopy) -> None:
    """Look whether everything can be moved by a rename, before anything is done.

    Raises:
        ActionFailed: it lies on another mount, is one, or nobody may write where it would go.
    """
    real = machine.query(["sh", "-c", _NO_LINKS, "sh", *copy.held]).out.splitlines()
    folder, *found = inspect_directories(machine, copy.path.rpartition("/")[0] or "/", *real)
    if not folder.there or not folder.writes:
        raise ActionFailed(
            f"Old data cannot be kept in {folder.path}: {machine.account} cannot write there.",
            f"Make it: install -d -m 700 -o {machine.account} {folder.path}. Or name another folder (keep_in).",
        )
    for each in found:
        inside = mounts_below(machine, each.real) if each.there else []
        if each.is_mount or inside or each.mount != folder.mount:
            where = f"{inside[0]} is mounted in it" if inside else f"it lies on the file system {each.mount}"
            raise ActionFailed(
                f"{each.path} cannot be moved to {folder.path}: {where}, not on {folder.mount}.",
                f"Name a folder on {each.mount} for what is kept (keep_in), or move {each.path} away by hand.",
            )


def keep(machine: Machine, copy: KeptCopy) -> None:
    """Move the old data aside. Call it only where ``effect`` said True; repeating it goes on where it ended.

    What is not there (any more) is passed over. Look afterwards whether something lies there all the same: what was
    made since an earlier, killed attempt needs a copy of its own.

    Raises:
        ActionFailed: something cannot be moved; nothing was overwritten, and what was moved is in ``copy.path``.
    """
    if machine.exists(copy.path):
        return
    half = f"{copy.path}{MOVING}"
    record = msgspec.structs.replace(copy, path="", whole=True)
    _do(machine, "begin-aside", _BEGIN, half, msgspec.json.encode(record).decode())
    _do(machine, "move-aside", _MOVE, half, *copy.held)
    _do(machine, "end-aside", _WHOLE, half, copy.path)


def put_back(machine: Machine, copy: KeptCopy) -> None:
    """Move a copy's files and folders back to where they were, and leave its record. It overwrites nothing.

    Call it only where ``effect`` said True.

    Raises:
        ActionFailed: something cannot be moved back; it is still in ``copy.path``.
    """
    pairs = [word for path in copy.held for word in (f"{copy.path}/{path.rpartition('/')[2]}", path)]
    _do(machine, "put-back", _BACK, *pairs)


def _do(machine: Machine, key: str, script: str, *words: str) -> None:
    done = machine.run(key, ["sh", "-c", script, "sh", *words])
    if done.code != 0:
        raise ActionFailed(
            f"The old data cannot be kept: {last_words(done)}",
            "Nothing was overwritten. Mend what it says and run the step again, or keep it elsewhere (keep_in).",
        )
