"""The file that a report is written into."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

_SUFFIXES = {".md": "md", ".markdown": "md", ".html": "html", ".htm": "html", ".json": "json"}


def format_of(output: Path | None) -> str:
    """Return the format that a file's name tells; Markdown for standard output."""
    if output is None or str(output) == "-":
        return "md"
    if output.suffix.lower() in _SUFFIXES:
        return _SUFFIXES[output.suffix.lower()]
    raise click.UsageError(
        f"{output.name!r} does not tell the format: name it *.md, *.html or *.json, or use --format."
    )


def spare(journal: Path, more: Iterable[Path], output: Path | None) -> None:
    """Refuse to write the report over its own journal, or over any file in which that goes on."""
    from journal.store.failover.segments import segments_of

    if output is None or not output.exists():
        return
    if any(output.samefile(file) for file in (*segments_of(journal), *more) if file.exists()):
        raise click.UsageError(f"{output} is the journal itself. Choose another name for the report.")


def write_pieces(text: Iterable[str], output: Path | None) -> None:
    """Write a report as it comes; None is standard output.

    Raises:
        CleoError: it could not be written whole.
    """
    if output is None or str(output) == "-":
        _pour(text, sys.stdout.buffer)
        return
    from journal.errors import CleoError

    try:
        with output.open("wb") as file:
            _pour(text, file)
    except OSError as error:
        raise CleoError(
            f"The report could not be written to {output}: {error.strerror}.",
            "What is there is not whole. Check the folder, its owner and its space, or choose another file.",
        ) from error


def _pour(text: Iterable[str], file: BinaryIO) -> None:
    for piece in text:
        file.write(piece.encode())  # UTF-8, whatever the locale
