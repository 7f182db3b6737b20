"""A file that a command writes: whole or not at all; what is there already stays, unless it is said otherwise."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from journal.errors import CleoError
from journal.store.whole_file import replace_whole


def refuse_to_overwrite(output: Path | None, force: bool) -> None:
    """Refuse a file that is there already; a device or pipe is none.

    Raises:
        CleoError: it is there, and nobody said ``--force``.
    """
    if output and output.is_file() and not force:
        raise CleoError(f"{output} is there already.", "Name another file, or say --force.")


def write_output(output: Path, text: str, mode: int | None = None) -> None:
    """Write a file that a person named, in UTF-8; a link stays one, and a device or pipe is written into.

    Args:
        output: the file.
        text: its content.
        mode: its permissions; None: those that it has, or of any new file.

    Raises:
        CleoError: it cannot be written; what was in it before still is.
    """
    with _told(output):
        there = output.stat().st_mode if output.exists() else None
        if there is not None and not stat.S_ISREG(there):
            output.write_bytes(text.encode())
            return
        kept = stat.S_IMODE(there) if there is not None else None
        replace_whole(output.resolve(), text.encode(), kept if mode is None else mode)


def write_folder(folder: Path, files: Mapping[str, str], mode: int | None = None) -> None:
    """Write files into a folder, which is made; arguments and errors as in `write_output`."""
    with _told(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        write_output(folder / name, text, mode)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CleoError(
            f"{path} cannot be written: {error.strerror}.",
            "Check the folder, its owner and its space, or name another place.",
        ) from error
