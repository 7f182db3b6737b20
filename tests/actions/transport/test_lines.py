"""Which lines come of a program's bytes, whatever the pieces in which they are read."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

import pytest

from actions.transport.lines import Lines

KIB_64 = 64 * 1024
PIECES = [
    b"\n", b"\r", b"\r\n", b"one", b" two", "näher €".encode(), b"\xe2\x82", b"\xff\xfe", b"\0", b"x" * 40_000,
    "€".encode() * 15_000
]  # fmt: skip


def lines_of(pieces: Iterable[bytes]) -> list[str]:
    lines = Lines()
    texts = [text for piece in pieces for text in lines.feed(piece)]
    assert all(len(text.encode()) <= 3 * KIB_64 for text in texts), "what is handed on stays small"
    return [line for text in [*texts, *lines.flush()] for line in text.split("\n")]


def expected(data: bytes) -> list[str]:
    """Say the same in other words: line by line."""
    lines = re.split(rb"\r\n|\n|\r", data)
    if not lines[-1]:
        lines.pop()
    found = []
    for line in lines:
        while len(line) > KIB_64:
            end = KIB_64
            while end > KIB_64 - 3 and line[end] & 0xC0 == 0x80:
                end -= 1
            found.append(line[:end])
            line = line[end:]
        found.append(line)
    return [line.decode("utf-8", "replace") for line in found]


@pytest.mark.parametrize("seed", range(40))
def test_lines_do_not_depend_on_how_they_are_read(seed: int) -> None:
    chance = random.Random(seed)
    data = b"".join(chance.choices(PIECES, [9, 3, 3, 9, 9, 5, 2, 2, 1, 2, 2], k=60)) + b"end"
    cuts = sorted(chance.choices(range(len(data)), k=chance.choice([0, 3, 40])))
    pieces = [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    assert lines_of(pieces) == expected(data)
    assert lines_of([data]) == expected(data)


@pytest.mark.parametrize("length", [KIB_64 - 1, KIB_64, KIB_64 + 1, 2 * KIB_64, 2 * KIB_64 + 1])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r", b""])
def test_a_line_about_as_long_as_may_be(length: int, ending: bytes) -> None:
    data = b"before\n" + b"x" * length + ending
    assert lines_of([data]) == expected(data)
    assert lines_of(data[n : n + 1_000] for n in range(0, len(data), 1_000)) == expected(data)
    assert lines_of([data[: 7 + length], *(ending[n : n + 1] for n in range(len(ending)))]) == expected(data)


def test_what_is_no_whole_line_waits() -> None:
    lines = Lines()
    assert lines.feed(b"one\ntwo\nthr") == ["one\ntwo"]
    assert lines.feed(b"ee\r") == []
    assert lines.feed(b"\nfour\r") == ["three"]
    assert lines.feed(b"50 %\r51 %") == ["four\n50 %"]
    assert lines.feed(b"") == []
    assert lines.flush() == ["51 %"]
    assert lines.flush() == []


def test_a_flood_is_handed_on_in_few_pieces() -> None:
    flood = b"".join(b"line %d\n" % n for n in range(50_000))
    texts = Lines().feed(flood)
    assert len(texts) <= 2 + len(flood) // (KIB_64 - 20)
    assert "\n".join(texts) == "\n".join(f"line {n}" for n in range(50_000))
