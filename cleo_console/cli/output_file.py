"""A file that a command writes: what is there already stays, unless it is said otherwise."""

from __future__ import annotations

from pathlib import Path

from journal.errors import CleoError


def refuse_to_overwrite(output: Path | None, force: bool) -> None:
    """Refuse a file that is there already.

    Raises:
        CleoError: it is there, and nobody said ``--force``.
    """
    if output and output.exists() and not force:
        raise CleoError(f"{output} is there already.", "Name another file, or say --force.")
