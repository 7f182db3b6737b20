"""Standard output and error that may be limited to ASCII, full or closed: none of it ends in a traceback."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn, TextIO

from journal.wording.sanitize import sanitize

FAILED = 1
_HIGHEST = 2
"""Standard input, output and error are 0, 1 and 2."""


@contextmanager
def guard_streams() -> Iterator[None]:
    """Print what a terminal cannot show as a question mark; say on standard error that what is printed goes nowhere.

    A file or connection that failed, and of which nobody told more, is told in a sentence, too.

    Raises:
        SystemExit: as the body does; 1 where what was to be printed, or a file, could not be.
    """
    _open_all()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    failed = _failures_of(sys.stdout)
    try:
        yield
    except SystemExit as ended:
        _flush()
        raise ended
    except OSError as error:
        if error in failed:
            _cannot_print(error)
        _flush()  # what was given to its buffer directly fails again
        _cannot_go_on(error)
    else:
        _flush()


def _open_all() -> None:
    """Open what was closed before us: the next file that is opened would get its number, and be printed into."""
    while (opened := os.open(os.devnull, os.O_RDWR)) <= _HIGHEST:
        continue
    os.close(opened)
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115 - a number is no path
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115


def _failures_of(stream: TextIO) -> list[OSError]:
    """Return a list to which each error of a stream is added: by itself one does not tell which file it is of."""
    failed: list[OSError] = []

    def recorded(call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any) -> Any:
            try:
                return call(*args)
            except OSError as error:
                failed.append(error)
                raise

        return called

    for name in ("write", "flush"):
        setattr(stream, name, recorded(getattr(stream, name)))
    return failed


def _flush() -> None:
    try:
        sys.stdout.flush()
    except (OSError, ValueError) as error:
        _cannot_print(error)


def _cannot_go_on(error: OSError) -> NoReturn:
    """Say which file or folder failed and why; of one that is not named, where in the program it was."""
    import traceback

    last = traceback.extract_tb(error.__traceback__)[-1]
    what = os.fsdecode(error.filename) if error.filename is not None else "a file or connection"
    with suppress(OSError, ValueError):
        print(f"cleo: {sanitize(str(what))}: {error.strerror or error}.", file=sys.stderr)
        print("  Check it, its owner and the space on its disk, then try again.", file=sys.stderr)
        print(f"  ({type(error).__name__} in {last.filename}:{last.lineno})", file=sys.stderr)
    raise SystemExit(FAILED) from error


def _cannot_print(error: Exception) -> NoReturn:
    with suppress(OSError, ValueError):
        print(f"cleo: standard output takes nothing: {error}", file=sys.stderr)
    with suppress(OSError, ValueError):  # what is buffered would be tried again when Python ends, with a traceback
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    raise SystemExit(FAILED) from error
