"""What an action knows and cannot ask again, as a file beside the journal: it outlives runner and host."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from actions.outcome import ActionFailed
from journal.store.whole_file import replace_whole
from journal.structs import from_json

R = TypeVar("R", bound=msgspec.Struct)


def load_record(path: Path, type_: type[R], *, hint: str, about: str = "") -> R | None:
    """Return a record; None where there is none.

    Args:
        path: its file.
        type_: what it is.
        hint: what to do where it cannot be read.
        about: what it says, to be read after the reason why it cannot be.

    Raises:
        ActionFailed: it cannot be read.
    """
    try:
        return from_json(path.read_bytes(), type_)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise ActionFailed(f"{path} cannot be read ({error}){about and f': {about}'}.", hint) from error


def keep_record(
    path: Path, record: msgspec.Struct, *, hint: str = "Make room there, then run it again.", left_behind: str = ""
) -> None:
    """Write a record down, flushed and read back.

    Args:
        path: its file.
        record: what is written.
        hint: what to do where the disk does not take it.
        left_behind: in what state the system is then.

    Raises:
        ActionFailed: the disk does not take it.
    """
    try:
        replace_whole(path, msgspec.json.format(msgspec.json.encode(record), indent=1))
    except OSError as error:
        raise ActionFailed(f"{path} cannot be written: {error.strerror}.", hint, left_behind=left_behind) from error
