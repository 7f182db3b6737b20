"""The directory of an instance beside a server: made in an empty place, and removed only where it is proven to be one.

A record in it says whose it is. It is written first and goes last, so that a removal that is killed can be gone on
with; without it nothing is removed but empty folders.
"""

from __future__ import annotations

from collections.abc import Sequence

from actions.machine.machine import Machine, last_words
from actions.outcome import ActionFailed

_REMOVE_S = 3600.0
_TAKEN, _BUSY = 64, 75
_MAKE = r"""
umask 077
root=$1 record=$2; shift 2
[ -f "$root/$record" ] || [ -z "$(find "$root" -mindepth 1 ! -type d 2>/dev/null | head -n 1)" ] || exit 64
mkdir -p -- "$root" && chmod 700 "$root" || exit
for folder do mkdir -p -- "$root/$folder" && chmod 700 "$root/$folder" || exit; done
"""
_REMOVE = r"""
root=$1 record=$2 real=$3 sealed=$4
[ -d "$root" ] || exit 0
here=$(readlink -e -- "$root") && [ "$here" != "$real" ] || exit 66
case "$real/" in "$here"/*) exit 66;; esac
if [ ! -f "$root/$record" ]; then
    find "$root" -depth -type d -empty -delete
    [ -e "$root" ] && exit 64
    exit 0
fi
for lock in "$root"/lock/*.lock; do
    [ ! -e "$lock" ] || flock -n "$lock" true || { echo "$lock" >&2; exit 75; }
done
[ -z "$sealed" ] || [ ! -d "$root/$sealed" ] || chmod 700 "$root/$sealed"
find "$root" -mindepth 1 -maxdepth 1 ! -name "$record" -exec rm -rf --one-file-system -- {} + || exit 65
rm -f -- "$root/$record" && rmdir -- "$root"
"""
"""A lock that is held is that of a program which still works in it."""
_WHY = {
    _TAKEN: "it has no record of a side instance, so it may be somebody else's",
    66: "it is the real server's own data directory, or around it",
    _BUSY: "a program still works in it",
}


def make_directory(machine: Machine, key: str, root: str, record: str, folders: Sequence[str]) -> None:
    """Make the directory with its folders, for its account alone. Call it only where ``effect`` said True.

    Args:
        machine: its host.
        key: the program's name within the run.
        root: the directory; ``record``: the name of the record in it.
        folders: what is to be in it.

    Raises:
        ActionFailed: something else lies there, or it cannot be made.
    """
    done = machine.run(key, ["sh", "-c", _MAKE, "sh", root, record, *folders])
    if done.code != 0:
        why = "something else lies there" if done.code == _TAKEN else last_words(done)
        raise ActionFailed(f"{root} cannot be made: {why}.", "Name a folder of its host for it (scratch_in:).")


def remove_directory(machine: Machine, key: str, root: str, record: str, real: str, *, sealed: str = "") -> None:
    """Remove the directory wholly. Call it only where ``effect`` said True.

    Args:
        machine: its host.
        key: the program's name within the run.
        root: the directory; ``record``: the name of the record in it.
        real: the real server's data directory, which is never removed.
        sealed: a folder in it that its account may not write in.

    Raises:
        ActionFailed: it is none, somebody works in it, or it cannot be removed.
    """
    there = machine.query(["readlink", "-m", "--", real]).out.strip()
    done = machine.run(key, ["sh", "-c", _REMOVE, "sh", root, record, there, sealed], timeout_s=_REMOVE_S)
    if done.code != 0:
        why = _WHY.get(done.code) or last_words(done)
        raise ActionFailed(
            f"{root} is not removed: {why}.",
            "Wait for its end, or cancel its run; then run this step again."
            if done.code == _BUSY
            else "Look what lies there; move it away by hand if nobody needs it.",
        )
