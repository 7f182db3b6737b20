"""Positions in the write-ahead log: LSNs, segments, timelines. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from journal.incident.recovery_point import RecoveryPoint

SEGMENT_BYTES = 16 * 1024 * 1024
"""PostgreSQL's default segment size; ``pg_controldata`` tells a cluster's own."""

SEGMENT_NAME = re.compile(r"[0-9A-F]{24}")


def parse_lsn(text: str) -> int:
    """Return an LSN such as ``0/5001EA0`` as a number of bytes.

    Raises:
        ValueError: it is not an LSN.
    """
    high, slash, low = text.strip().partition("/")
    if not slash:
        raise ValueError(f"{text!r} is not an LSN")
    return (int(high, 16) << 32) + int(low, 16)


def lsn_of(point: RecoveryPoint) -> int:
    """Return the position in the log, in bytes, of a recovery point of the kind ``lsn``."""
    return parse_lsn(point.value)


def format_lsn(lsn: int) -> str:
    """Return an LSN as PostgreSQL writes it."""
    return f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}"


class Segment(msgspec.Struct, frozen=True, order=True):
    """One segment: ``number`` counts from the start of the log."""

    timeline: int
    number: int

    def name(self, size: int = SEGMENT_BYTES) -> str:
        """Return its file's name, for segments of ``size`` bytes."""
        per_file = (1 << 32) // size
        return f"{self.timeline:08X}{self.number // per_file:08X}{self.number % per_file:08X}"


def parse_segment(name: str, size: int = SEGMENT_BYTES) -> Segment:
    """Return the segment whose file has this name."""
    per_file = (1 << 32) // size
    return Segment(int(name[:8], 16), int(name[8:16], 16) * per_file + int(name[16:24], 16))


def segment_size(lsn: int, name: str) -> int:
    """Return how many bytes a segment has, told by the name of the one in which the position ``lsn`` lies."""
    sizes = (1 << power for power in range(20, 31))
    return next((size for size in sizes if Segment(int(name[:8], 16), lsn // size).name(size) == name), SEGMENT_BYTES)


class Fork(msgspec.Struct, frozen=True):
    """A timeline was left for the next one at ``lsn``."""

    timeline: int
    lsn: int


def parse_history(text: str) -> list[Fork]:
    """Return a timeline's ancestors, oldest first, from its ``.history`` file."""
    forks = []
    for line in text.splitlines():
        fields = line.split("#")[0].split()
        if len(fields) >= 2:
            forks.append(Fork(int(fields[0]), parse_lsn(fields[1])))
    return forks


class Path(msgspec.Struct, frozen=True):
    """The way through the timelines that ends on ``timeline``."""

    timeline: int
    forks: list[Fork] = []

    def timeline_at(self, number: int, size: int = SEGMENT_BYTES) -> int:
        """Return on which timeline segment ``number`` is read: the segment of a fork is the newer one's."""
        for fork in self.forks:
            if number < fork.lsn // size:
                return fork.timeline
        return self.timeline

    def contains(self, timeline: int, lsn: int) -> bool:
        """Whether the position ``lsn`` of ``timeline`` lies on this way."""
        if timeline == self.timeline:
            return True
        return any(fork.timeline == timeline and lsn <= fork.lsn for fork in self.forks)

    def segments(self, first: int, last: int, size: int = SEGMENT_BYTES) -> Iterator[Segment]:
        """Yield the segments from number ``first`` to number ``last``."""
        for number in range(first, last + 1):
            yield Segment(self.timeline_at(number, size), number)
