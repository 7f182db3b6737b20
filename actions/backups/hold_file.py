"""The text of a hold file: a line for each incident that holds. While the file is there, scheduled backups wait."""

from __future__ import annotations

import re

from actions.backups.holding import HoldPart

PERSON = "by-"
"""How the name of a holder begins that is no incident: a person holds the backups, outside of any."""
_HOLDER = re.compile(r"^(?:# cleo: )?Held for incident (\S+?)(?: \((\S+)\))?\.(?:\s|$)", re.MULTILINE)
_FOREIGN = "The file was here before, and was not written by cleo: somebody else holds the backups, too."


def holder_line(incident: str, what: str) -> str:
    """Return the line that says that ``incident`` holds the backups ``what``."""
    return f"Held for incident {incident} ({what})."


def names_somebody(text: str) -> bool:
    """Whether a line of the text names an incident."""
    return bool(_HOLDER.search(text))


def part_of(text: str | None, what: str) -> HoldPart:
    """Return for whom a hold file holds the backups ``what``.

    Args:
        text: the file's text; None where there is no file.
        what: which of the backups that wait for the file, by a word without spaces.
    """
    if text is None:
        return HoldPart()
    others = [f"{incident} ({held})" for incident, held in _HOLDER.findall(text) if held not in ("", what)]
    foreign = ["somebody else"] if _FOREIGN in text or not names_somebody(text) else []
    return HoldPart(stands=True, incidents=incidents_in(text, what), others=[*dict.fromkeys(others), *foreign])


def incidents_in(text: str, what: str) -> list[str]:
    """Return the incidents that hold the backups ``what`` by the lines of ``text``."""
    return [*dict.fromkeys(incident for incident, held in _HOLDER.findall(text) if held in ("", what))]


def with_holder(before: str | None, incident: str, what: str) -> str:
    """Return the file's text with one incident more; what was there already stays, whoever wrote it."""
    release = "cleo backup release" if incident.startswith(PERSON) else "cleo run backups.release"
    mine = f"{holder_line(incident, what)} Release: {release}\n"
    if before is None:
        return mine
    foreign = "" if names_somebody(before) or _FOREIGN in before else f"{_FOREIGN}\n"
    return f"{before}{'' if before.endswith(chr(10)) or not before else chr(10)}{foreign}{mine}"


def without_holder(before: str, incident: str, what: str) -> str:
    """Return the file's text without one incident; empty: nobody is left, and the file goes."""
    return "".join(line for line in before.splitlines(keepends=True) if incident not in incidents_in(line, what))
