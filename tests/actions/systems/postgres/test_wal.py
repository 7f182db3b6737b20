"""Positions, segments and timelines."""

from __future__ import annotations

import pytest

from actions.systems.postgres.pgbackrest.archive import Archive, first_missing, gaps
from actions.systems.postgres.wal import Fork, Path, format_lsn, parse_history, parse_lsn, parse_segment

HISTORY = "1\t0/7000100\tbefore 2026-11-23 12:00:00+00\n2\t0/9000000\tno recovery target specified\n"


@pytest.mark.parametrize("text", ["0/0", "0/5001EA0", "2B/FFFFFFFF"])
def test_a_position_is_read_and_written(text: str) -> None:
    assert format_lsn(parse_lsn(text)) == text


@pytest.mark.parametrize("size", [1 << 20, 16 << 20, 1 << 30])
def test_a_segment_is_named_as_postgresql_names_it(size: int) -> None:
    name = "00000003000000020000000" + "2"
    segment = parse_segment(name, size)
    assert segment.name(size) == name
    assert segment.number * size == parse_lsn("2/0") + 2 * size


def test_the_way_through_the_timelines_reads_a_forks_segment_on_the_newer_one() -> None:
    path = Path(3, parse_history(HISTORY))
    assert path.forks == [Fork(1, 0x7000100), Fork(2, 0x9000000)]
    assert [segment.name()[:8] for segment in path.segments(6, 9)] == ["00000001", "00000002", "00000002", "00000003"]
    assert path.contains(1, 0x7000100)
    assert not path.contains(1, 0x7000101)
    assert path.contains(3, 0x90000000)
    assert not path.contains(4, 0)


def test_a_gap_is_named() -> None:
    path = Path(1)
    names = [segment.name() for segment in path.segments(2, 6)]
    archive = Archive(segments={name for name in names if name != names[2]}, histories=set())
    assert gaps(path, names[0], names[-1], archive) == [names[2]]
    assert first_missing(path, names[0], archive.segments) == names[2]
    assert archive.newest(path) == names[-1]
