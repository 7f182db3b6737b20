"""Faults of an ordinary day: the store serves on, and a restore would stop at them. ``cleo ready`` finds them."""

from __future__ import annotations

from cleo_console.lab.files.place import Place
from cleo_console.lab.service import Done, FaultKind
from cleo_console.lab.taken_away import take_away


def other_password(place: Place) -> Done:
    """Write another password into the file that restic reads: the repository has the one of before."""
    file = place.password_file
    what, details = take_away(file, "restic's password")
    file.write_text("not the one that the repository was made with\n", encoding="utf-8")
    file.chmod(0o600)
    return f"{what} Another one is in its place.", details


def lose_keys(place: Place) -> Done:
    """Move the folder ``keys`` of the repository away, as a lifecycle rule deletes it: nothing opens it then."""
    return take_away(place.repository / "keys", "the keys of the repository")


def lose_index(place: Place) -> Done:
    """Move the folder ``index`` of the repository away: snapshots are listed, and none can be restored."""
    what, details = take_away(place.repository / "index", "the index of the repository")
    (place.repository / "index").mkdir(mode=0o700)
    return what, details


def lose_repository(place: Place) -> Done:
    """Move the repository away, as a disk that was not mounted."""
    return take_away(place.repository, "the repository")


FAULTS = (
    FaultKind("other-password", "write another password into the file that restic reads", other_password),
    FaultKind("lose-keys", "move the keys of the repository away", lose_keys),
    FaultKind("lose-index", "move the index of the repository away", lose_index),
    FaultKind("lose-repository", "move the repository away", lose_repository),
)
