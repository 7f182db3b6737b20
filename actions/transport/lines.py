"""Splits and cleans a program's output bytes into lines of text."""

from __future__ import annotations

_LONGEST = 64 * 1024
"""Bytes of a line, and of what is handed on at once."""

_FEED = ord("\n")

OUTPUT_KEPT = 16 * 1024 * 1024


class Lines:
    """Cuts a stream of bytes into whole lines, many at a time: a flood costs little more than a few lines.

    A carriage return ends a line as well: every state of a progress bar becomes a line of its own. A line
    longer than 64 KiB is cut. What is no UTF-8 becomes U+FFFD. Which lines come of a stream does not depend on the
    pieces in which it is fed: who reads it anew may count them.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._return = b""

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that ``data`` completes, as texts of one or more, with line breaks between them."""
        data = self._return + data
        self._return = data[-1:] if data.endswith(b"\r") else b""  # its \n may be still to come
        data = self._rest + _with_one_break(data.removesuffix(b"\r"))
        texts, begin = [], 0
        while (end := _end_of_lines(data, begin)) is not None:
            texts.append(data[begin:end].decode("utf-8", "replace"))
            begin = end + 1 if data[end] == _FEED else end
        self._rest = data[begin:]
        return texts

    def flush(self) -> list[str]:
        """Return the last line, where it did not end in a line break."""
        rest, self._rest, self._return = self._rest, b"", b""
        return [rest.decode("utf-8", "replace")] if rest else []


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


def _with_one_break(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data


def _end_of_lines(data: bytes, begin: int) -> int | None:
    """Return where the lines end that are handed on next, or the first piece of one too long; None: that is to come."""
    end = data.rfind(b"\n", begin, begin + _LONGEST + 1)
    if end >= 0:
        return end
    return _end_of_piece(data, begin) if len(data) - begin > _LONGEST else None


def _end_of_piece(data: bytes, begin: int) -> int:
    """Return where 64 KiB end, or a little earlier, so that no character is torn."""
    end = begin + _LONGEST
    while end > begin + _LONGEST - 3 and data[end] & 0xC0 == 0x80:
        end -= 1
    return end
