"""Directories on a server's host: file system, free space, and whether the server's account may write there."""

from __future__ import annotations

import msgspec

from actions.machine.machine import Machine, last_words
from actions.outcome import ActionFailed
from journal.wording.sizes import size_words as size_words

_LOOK = r"""
for at do
    real=$(readlink -m -- "$at"); up=$real
    while [ ! -e "$up" ]; do up=$(dirname -- "$up"); done
    mount=$(findmnt -no TARGET -T "$up" 2>/dev/null | tail -n 1)
    [ -n "$mount" ] || mount=$(df --output=target -- "$up" | tail -n 1)
    free=$(df -B1 --output=avail,itotal,iavail -- "$up" | tail -n 1) || exit 3
    writes=no; [ -w "$up" ] && [ -x "$up" ] && writes=yes
    above=no; [ -w "$(dirname -- "$real")" ] && above=yes
    there=no; [ -d "$real" ] && there=yes
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' \
        "$real" "$up" "$mount" "$(stat -c %d -- "$up")" "$free" "$writes" "$above" "$there"
done
"""
_MOUNTS = 'findmnt -rno TARGET 2>/dev/null | while read -r at; do case "$at" in "$1"/*) echo "$at";; esac; done; true'
_DU_S = 900


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    """One directory on the server's host; it need not exist.

    Attributes:
        path, real: as it is named, and with links followed.
        nearest: itself, or the nearest directory above it that exists: what follows is of that.
        mount: the mount point that it lies under. Two mounts of one file system are two: nothing is renamed across.
        device: the file system; ``free``: bytes that are free there; ``files``: how many files can still be made there,
            None where the file system has no such limit.
        writes: whether the server's account may make something in it.
        above: whether it may make something beside it.
        there: whether it exists.
    """

    path: str
    real: str
    nearest: str
    mount: str
    device: str
    free: int
    writes: bool
    above: bool
    there: bool
    files: int | None

    @property
    def is_mount(self) -> bool:
        """Whether it is a mount point itself: that cannot be moved."""
        return self.there and self.mount == self.real

    def __str__(self) -> str:
        links = f", which is {self.real}" if self.real != self.path else ""
        return f"{self.path}{links} (file system {self.mount}, {size_words(self.free)} free)"


def inspect_directories(machine: Machine, *paths: str) -> list[Directory]:
    """Look at directories, as the server's account.

    Raises:
        ActionFailed: the host cannot tell.
    """
    done = machine.query(["sh", "-c", _LOOK, "sh", *paths])
    rows = [line.split("\t") for line in done.out.splitlines()]
    if done.code != 0 or len(rows) != len(paths):
        raise ActionFailed(
            f"It cannot be told what lies at {', '.join(paths)}: {last_words(done)}",
            "Look on the host: do they exist, and may the server's account read them?",
        )
    return [
        Directory(
            path=path,
            real=real,
            nearest=nearest,
            mount=mount,
            device=device,
            free=int(free.split()[0]),
            writes=writes == "yes",
            above=above == "yes",
            there=there == "yes",
            files=_files_left(*free.split()[1:]),
        )
        for path, (real, nearest, mount, device, free, writes, above, there) in zip(paths, rows, strict=True)
    ]


def _files_left(total: str, left: str) -> int | None:
    """Return how many files can still be made by what df says; where there is no table of them it says 0, or a dash."""
    return int(left) if total.isdigit() and int(total) and left.isdigit() else None


def mounts_below(machine: Machine, real: str) -> list[str]:
    """Return the mount points inside a directory: they would go along with it, and come back at the next boot."""
    return machine.query(["sh", "-c", _MOUNTS, "sh", real]).out.splitlines()


def used(machine: Machine, path: str) -> int:
    """Return how many bytes a directory takes, mounts in it included; 0 where there is none.

    Raises:
        ActionFailed: nobody can tell.
    """
    done = machine.query(["du", "-sDB1", "--", path], timeout_s=_DU_S)
    if done.out.strip():
        return int(done.out.split()[0])
    if not machine.exists(path):
        return 0
    raise ActionFailed(f"The size of {path} cannot be measured: {last_words(done)}", "Check who may read it.")
