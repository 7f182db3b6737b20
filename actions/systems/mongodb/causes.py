"""A table from mongod's error messages to their cause and the smallest cure.

Sources: the messages of mongod 6.0.5, each seen on the real one but for those of versions and of the disk (MongoDB's
manual, and the sources of 6.0). A message that is not in the table gets no cure: its words are passed on.
`mongod --repair` is never named: it throws damaged documents away, and bars a member from its set (SERVER-35731).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

RESTORE = "mongodb.restore"
"""Where the cure is no sentence: the data is damaged."""

_CAUSES: list[tuple[str, str]] = [
    (r"No space left on device|disk quota exceeded|error: 28\b", "The disk is full: make room, then start again."),
    (r"Read-only file system", "The disk is mounted read-only, perhaps after an error: see dmesg, mount it writable."),
    (r"Input/output error", "The disk gives errors: see dmesg; work on another disk. Do not restart on this one."),
    (
        r"DBPathInUse|Another mongod instance is already running",
        "Another mongod works in the data directory: find it (`fuser -v` on mongod.lock), and stop that one first.",
    ),
    (
        r"Address already in use",
        "The port is taken (`ss -ltnp` tells by whom): free it, or correct net.port; then start again. The data is not "
        "the cause.",
    ),
    (
        r"NonExistentPath|Data directory .* not found",
        "The data directory is not there: mount its disk, or correct storage.dbPath; else it is lost: restore.",
    ),
    (
        r"Unable to acquire security key|permissions on .* are too open|keyFile",
        "The set's key file cannot be used: it must be the one of the set, and only the server's account may read it "
        "(chmod 600). The data is not the cause.",
    ),
    (
        r"Unknown --setParameter|Unrecognized option|Error parsing (?:YAML|INI)|BadValue|InvalidOptions",
        "The configuration is wrong where the message says: correct that, then start again. The data is not the cause.",
    ),
    (
        r"Permission denied|Operation not permitted|EACCES",
        "The server's account may not read or write what is named: give it back to that account (chown -R).",
    ),
    (
        r"featureCompatibilityVersion|Incompatible.*version|unsupported WiredTiger file version|"
        r"Wrong mongod version|This version of MongoDB is too recent",
        "This is another version than wrote the data: start the version that did. A restore does not help.",
    ),
    (r"Too many open files", "The server may not open enough files: raise its limit (ulimit -n 64000), start again."),
    (
        r"Cannot allocate memory|std::bad_alloc|Out of memory",
        "There is not enough memory: free some, or lower storage.wiredTiger.engineConfig.cacheSizeGB; start again.",
    ),
    (
        r"data corruption|checksum error|checksum mismatch|WT_TRY_SALVAGE|WT_PANIC|Cursor not found|"
        r"encountered an illegal file format|does not appear to be a|Please read the documentation for starting "
        r"MongoDB with --repair|WT_ERROR: non-specific WiredTiger error|: No such file or directory|bad magic",
        RESTORE,
    ),
]
_TABLE = [(re.compile(pattern, re.IGNORECASE), cure) for pattern, cure in _CAUSES]


def cause_of(messages: Iterable[str]) -> tuple[str, str]:
    """Return the message that names a known cause, and its cure: a sentence, or `RESTORE`; empty where none does.

    The table's order counts: what a full disk leaves looks like damage, too.
    """
    said = list(messages)
    for pattern, cure in _TABLE:
        if found := next((words for words in said if pattern.search(words)), ""):
            return found, cure
    return "", ""
