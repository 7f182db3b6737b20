"""What lies in a mongod's data directory, told without the server."""

from __future__ import annotations

from typing import Literal

from actions.machine.machine import last_words
from actions.outcome import ActionFailed
from actions.systems.mongodb.server import Server

DataState = Literal["missing", "empty", "there, but not a database", "a database", "a database without its journal"]
NO_DATABASE: tuple[DataState, ...] = ("missing", "empty", "there, but not a database")

_LOOK = r"""
cd -- "$1" 2>/dev/null || { [ -e "$1" ] && echo denied || echo missing; exit; }
[ -n "$(ls -A)" ] || { echo empty; exit; }
[ -s storage.bson ] && [ -s WiredTiger.wt ] && [ -s _mdb_catalog.wt ] || { echo other; exit; }
[ -n "$(ls journal 2>/dev/null)" ] && echo whole || echo unlogged
"""
"""The files that a mongod with WiredTiger has in every data directory; what ended cleanly has a journal, too."""
_WORDS: dict[str, DataState] = {
    "missing": "missing",
    "empty": "empty",
    "other": "there, but not a database",
    "whole": "a database",
    "unlogged": "a database without its journal",
}


def describe_data(server: Server) -> DataState:
    """Return the state of the data directory in a few words. A mongod that finds it empty would make a new database.

    Raises:
        ActionFailed: it cannot be looked into.
    """
    done = server.query(["sh", "-c", _LOOK, "sh", server.data])
    if found := _WORDS.get(done.out.strip()):
        return found
    said = "permission denied" if done.out.strip() == "denied" else last_words(done)
    raise ActionFailed(f"{server.data} cannot be looked into: {said}", "Check run_as: in the inventory.")
