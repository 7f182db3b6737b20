"""An append-only file of several parts (Redis 7): a manifest, a base, and files of commands that were added to it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

_FILE = re.compile(r'^file (?:"([^"]*)"|(\S+)) seq (\d+) type ([bhi])\b', re.MULTILINE)
_ANALYZED = re.compile(r"AOF analyzed: filename=(.*?), size=(\d+), ok_up_to=(\d+), ok_up_to_line=\d+, diff=(\d+)")
_COMMAND = re.compile(rb"(?:^|\n)\*\d{1,7}\r\n\$\d{1,3}\r\n[A-Za-z]")
_SHOWN = 60
"""Characters of a command's name or key that are shown."""
_WHY = re.compile(r"^0x\s*[0-9a-f]+: (.*)", re.MULTILINE)


class AofPart(msgspec.Struct, frozen=True, kw_only=True):
    """One file that a manifest names; ``type`` is ``b`` (base), ``i`` (commands) or ``h`` (history, of no use)."""

    name: str
    seq: int
    type: str


class AofCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What ``redis-check-aof`` says of all parts together.

    Attributes:
        sound: every part can be read to its end.
        broken: the part that cannot; empty: none. Nothing behind it was looked at.
        size: that part's size in bytes; ``good``: how many bytes at its beginning can be read.
        last: whether it is the last part: only that one may end in the middle of a command by a crash.
        why: the program's own words.
        readable: how many bytes at the beginning of each part were read as whole commands, by its name.
    """

    sound: bool
    broken: str = ""
    size: int = 0
    good: int = 0
    last: bool = False
    why: str = ""
    readable: Mapping[str, int] = {}

    @property
    def cut(self) -> int:
        """How many bytes a repair of that part cuts off its end."""
        return self.size - self.good


def parse_manifest(text: str) -> list[AofPart]:
    """Return the files that a manifest names, the base first; those of the history are left out."""
    found = [
        AofPart(name=quoted or plain, seq=int(seq), type=type_) for quoted, plain, seq, type_ in _FILE.findall(text)
    ]
    return sorted((part for part in found if part.type != "h"), key=lambda part: (part.type != "b", part.seq))


def parse_aof_check(printed: str, parts: Sequence[AofPart]) -> AofCheck:
    """Return what ``redis-check-aof MANIFEST`` printed (both streams) of the parts that the manifest names."""
    readable = readable_in(printed)
    if "All AOF files and manifest are valid" in printed:
        return AofCheck(sound=True, readable=readable)
    why = next(iter(reversed(_WHY.findall(printed))), "")
    analyzed = _ANALYZED.findall(printed)
    if not analyzed or analyzed[-1][3] == "0":
        said = [line for line in printed.splitlines() if line.strip()]
        return AofCheck(sound=False, why=why or (said[-1] if said else "it says nothing"))
    name, size, good, _ = analyzed[-1]
    last = bool(parts) and parts[-1].name == name
    return AofCheck(sound=False, broken=name, size=int(size), good=int(good), last=last, why=why, readable=readable)


def readable_in(printed: str) -> Mapping[str, int]:
    """Return how many bytes of each file the program says it could read, by the file's name as it was given."""
    return {name: int(good) for name, _, good, _ in _ANALYZED.findall(printed)}


def tail_is_torn(tail: bytes) -> bool:
    """Whether bytes are the beginning of one command, which a crash cut off: nothing but that is lost by a repair.

    Where whole commands follow, or what is there is no command, the file is damaged in its middle.

    Args:
        tail: what lies behind the last command that can be read.
    """
    return _is_beginning(tail) and not commands_in(tail)


def commands_in(tail: bytes) -> list[str]:
    """Return the commands in a part of an append-only file that looks like whole ones: name and key, or name alone."""
    found = []
    for match in _COMMAND.finditer(tail):
        words = _words(tail, match.start() + (tail[match.start() : match.start() + 1] == b"\n"))
        if words:
            found.append(" ".join(word.decode("utf-8", "backslashreplace")[:_SHOWN] for word in words[:2]))
    return found


def _words(data: bytes, at: int) -> list[bytes]:
    """Return the words of the command that begins at ``at``; none where it is not whole."""
    head = re.compile(rb"\*(\d+)\r\n").match(data, at)
    if not head:
        return []
    at, words = head.end(), []
    for _ in range(int(head[1])):
        size = re.compile(rb"\$(\d+)\r\n").match(data, at)
        if not size or data[size.end() + int(size[1]) : size.end() + int(size[1]) + 2] != b"\r\n":
            return []
        words.append(data[size.end() : size.end() + int(size[1])])
        at = size.end() + int(size[1]) + 2
    return words


def _is_beginning(tail: bytes) -> bool:
    """Whether bytes could go on to be one command: their form is right as far as they go."""
    if tail.startswith(b"#") and b"\n" in tail:
        tail = tail[tail.index(b"\n") + 1 :]
    if not tail or b"#TS:".startswith(tail[:4]):
        return True
    head = re.compile(rb"\*\d*\r?\n?").match(tail)
    if not head:
        return False
    at = head.end()
    while at < len(tail):
        size = re.compile(rb"\$(\d*)\r?\n?").match(tail, at)
        if not size:
            return False
        if not size[0].endswith(b"\n"):
            return size.end() == len(tail)
        end = size.end() + int(size[1] or 0)
        if tail[end : end + 2] not in (b"\r\n", b"\r", b""):
            return False
        at = end + 2
    return True
