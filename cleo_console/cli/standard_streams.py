"""Standard output and error that may be limited to ASCII, full or closed: none of it ends in a traceback."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

FAILED = 1
_HIGHEST = 2
"""Standard input, output and error are 0, 1 and 2."""


@contextmanager
def guard_streams() -> Iterator[None]:
    """Print what a terminal cannot show as a question mark; say on standard error that what is printed goes nowhere.

    Raises:
        SystemExit: as the body does; 1 where what was to be printed could not be.
    """
    _open_all()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        yield
    except SystemExit as ended:
        _flush()
        raise ended
    except OSError as error:
        if error.filename is not None:  # a file of ours, not what we print to
            raise
        _cannot_print(error)
    else:
        _flush()


def _open_all() -> None:
    """Open what was closed before us: the next file that is opened would get its number, and be printed into."""
    while (opened := os.open(os.devnull, os.O_RDWR)) <= _HIGHEST:
        continue
    os.close(opened)
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115 - a number is no path
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115


def _flush() -> None:
    try:
        sys.stdout.flush()
    except (OSError, ValueError) as error:
        _cannot_print(error)


def _cannot_print(error: Exception) -> None:
    with suppress(OSError, ValueError):
        print(f"cleo: standard output takes nothing: {error}", file=sys.stderr)
    with suppress(OSError, ValueError):  # what is buffered would be tried again when Python ends, with a traceback
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    raise SystemExit(FAILED) from error
