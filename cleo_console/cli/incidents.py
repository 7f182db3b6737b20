"""Finds the journal that a command is about: by incident id, or as a file."""

from __future__ import annotations

from pathlib import Path

from cleo_console.settings import journal_paths
from journal.errors import CleoError


class NoSuchJournal(CleoError):
    """What was named is neither an incident of this installation nor a journal's file."""


def find_journal(incident: str) -> Path:
    """Return the journal that is meant.

    Args:
        incident: an incident's id, also without its mark; or the path of a journal, of an export, or of an incident's
            folder.

    Raises:
        NoSuchJournal: there is no such thing; the hint names the ids there are.
    """
    paths = journal_paths()
    known, meant = paths.ids(), paths.meant(incident)
    if meant in known:
        return paths.incident(meant).journal
    path = Path(incident)
    if path.is_dir() and (path / "journal.db").exists():
        return path / "journal.db"
    if path.is_file():
        return path
    raise NoSuchJournal(f"There is no incident {incident!r}, and no journal's file of that name.", _hint(known))


def _hint(known: list[str]) -> str:
    if not known:
        return "There is no incident here yet. Name a journal's file, or set CLEO_HOME to where the journals are."
    more = f" and {len(known) - 10} more (cleo journal list)" if len(known) > 10 else ""
    return f"There are: {', '.join(known[:10])}{more}."
