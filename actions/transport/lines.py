"""Bytes as programs print them, as lines for people."""

from __future__ import annotations

import re

_LONGEST = 64 * 1024
_BREAK = re.compile(rb"\r\n|\n|\r")

OUTPUT_KEPT = 16 * 1024 * 1024


class Lines:
    """Cuts a stream of bytes into lines.

    A carriage return ends a line as well: every state of a progress bar becomes a line of its own. A line
    longer than 64 KiB is cut. What is no UTF-8 becomes U+FFFD.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that ``data`` completes."""
        data = self._rest + data
        end = len(data) - 1 if data.endswith(b"\r") else len(data)  # its \n may be still to come
        lines, begin = [], 0
        for found in _BREAK.finditer(data, 0, end):
            lines += _cut(data[begin : found.start()])
            begin = found.end()
        self._rest = data[begin:]
        while len(self._rest) > _LONGEST:
            piece = _head(self._rest)
            lines.append(piece.decode("utf-8", "replace"))
            self._rest = self._rest[len(piece) :]
        return lines

    def flush(self) -> list[str]:
        """Return the last line, where it did not end in a line break."""
        rest, self._rest = self._rest.removesuffix(b"\r"), b""
        return _cut(rest) if rest else []


class Tail:
    """The last ``OUTPUT_KEPT`` bytes of a stream."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> None:
        """Append ``data``, and let go of what is too old."""
        self._data += data
        if len(self._data) > 2 * OUTPUT_KEPT:
            del self._data[:-OUTPUT_KEPT]

    def text(self) -> str:
        """Return it as text."""
        return bytes(self._data[-OUTPUT_KEPT:]).decode("utf-8", "replace")


def _cut(line: bytes) -> list[str]:
    pieces = []
    while len(line) > _LONGEST:
        pieces.append(_head(line))
        line = line[len(pieces[-1]) :]
    return [piece.decode("utf-8", "replace") for piece in [*pieces, line]]


def _head(line: bytes) -> bytes:
    """Return the first 64 KiB or a little less, so that no character is torn."""
    end = _LONGEST
    while end > _LONGEST - 3 and line[end] & 0xC0 == 0x80:
        end -= 1
    return line[:end]
