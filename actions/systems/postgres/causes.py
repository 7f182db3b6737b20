"""A table from error messages of PostgreSQL and pgBackRest to their cause and the smallest cure.

Sources: PostgreSQL's and pgBackRest's own messages, in English (programs are run with LC_ALL=C). Where a message does
not prove its cause, the cure says "perhaps". A message that is not in the table gets no cure: its words are passed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from actions.transport import Completed
from journal.plan.model import RECOVERY_POINT

RESTORE = "postgres.restore"

_CAUSES: list[tuple[str, ...]] = [
    (
        r"No space left on device|disk quota exceeded",
        "The disk is full: make room there (never in pg_wal), and run the step again. No restore is needed for that.",
    ),
    (r"Read-only file system", "The disk is mounted read-only, perhaps after an error: see dmesg, mount it writable."),
    (r"Input/output error", "The disk gives errors: see dmesg; work on another disk. Do not restart on this one."),
    (
        r"lock file \"[^\"]*postmaster\.pid\" (?:already exists|is empty)|bogus data in lock file|"
        r"PID file \"[^\"]*\" is empty|invalid data in PID file",
        "A pid file is left over: nobody works in the data directory, so remove postmaster.pid, and start again.",
    ),
    (
        r"lock file \"[^\"]*\.s\.PGSQL|Is another postmaster .*using socket file",
        "Another server uses that socket and port: stop that one, or correct `port` in postgresql.conf; start again.",
    ),
    (
        r"pre-existing shared memory block",
        "Processes of the old server still live: end those that work in the data directory, then start again.",
    ),
    (
        r"Address already in use|could not bind|could not create any TCP/IP sockets",
        "The port is taken (`ss -ltnp` tells by whom), or the address is not this host's: free it, or correct `port` "
        "or `listen_addresses`; then start again. The data is not the cause.",
    ),
    (
        r"has invalid permissions|has group or world access",
        "Correct the permissions (data directory: chmod 0700; a private key: 0600), then start again.",
    ),
    (r"has wrong ownership", "Give the data directory back to the server's account (chown), then start again."),
    (
        r"is a lower setting than on the primary|insufficient parameter settings",
        "Raise the setting that is named to at least the value that is named, in postgresql.conf; stop the server, and "
        "run the step again.",
    ),
    (
        r"contains errors|unrecognized configuration parameter|syntax error in file|invalid value for parameter|"
        r"is outside the valid range for parameter|requires a numeric value|could not load .*(?:hba|ident)\.conf",
        "The configuration is wrong where the message says: correct that line, then start again. "
        "The data is not the cause.",
    ),
    (
        r"could not map anonymous shared memory|could not create shared memory segment|Cannot allocate memory|"
        r"could not resize shared memory|huge pages not",
        "There is not the memory it asks for: lower shared_buffers (or free memory, huge pages), then start again.",
    ),
    (r"out of memory", "The host's memory was exhausted: free some, or lower shared_buffers and work_mem."),
    (
        r"could not access file \"[^\"]*\": No such file|could not load library",
        "A library in shared_preload_libraries is not installed: install it, or take it out; then start again.",
    ),
    (
        r"could not load (?:server certificate|private key|root certificate)|could not open certificate",
        "The certificate or key cannot be read: correct ssl_cert_file and ssl_key_file, or set ssl = off; start again.",
    ),
    (
        r"database files are incompatible with server|was initialized by PostgreSQL version",
        "The programs are of another version than the data: correct bin_directory in the inventory.",
    ),
    (
        r"execution of the PostgreSQL server is not permitted|cannot be run as root",
        "Set run_as: to the server's account in the inventory.",
    ),
    (
        r"could not open directory \"pg_tblspc|tablespace .*(?:is not|does not exist)",
        "A tablespace is not there: mount its disk, then start again.",
    ),
    (
        r"recovery ended before configured recovery target",
        "Log is missing or damaged before the recovery point: run postgres.apply_wal again, it names the segment.",
        "postgres.apply_wal",
    ),
    (
        r"requested timeline \d+ (?:is not a child|does not contain)",
        "The backup is not on the way to that timeline: restore again, with another recovery point.",
        RECOVERY_POINT,
    ),
    (
        r"could not locate (?:a valid checkpoint|required checkpoint) record|invalid (?:primary )?checkpoint record",
        "The log that crash recovery begins with is missing or damaged: keep it all (no pg_resetwal); restore.",
        RESTORE,
    ),
    (
        r"incorrect checksum in control file|control file contains invalid|pg_control\": No such file",
        "The control file is lost or damaged: a restore is next.",
        RESTORE,
    ),
    (
        r"page verification failed|invalid page in block|incorrect resource manager data checksum",
        "Data or log is damaged on disk: a restore is next; perhaps the disk itself (dmesg).",
        RESTORE,
    ),
    (
        r"could not open file \"pg_wal/|could not find redo location",
        "A log segment is missing that it needs: look for it (archive, kept copies); without it a restore is next.",
        RESTORE,
    ),
    (
        r"terminated by signal 9|ended by signal 9|on signal 9|status 137",
        "It was killed: perhaps by the kernel, for want of memory (dmesg tells). Free some, and run the step again.",
    ),
    (
        r"unable to acquire lock",
        "Another pgBackRest is at work on this stanza: wait until it ended, or end it; then run the step again.",
    ),
    (
        r"CryptoError|cipher|unable to decrypt|\[095\]",
        "The repository cannot be decrypted: correct repo-cipher-type and repo-cipher-pass in its configuration.",
    ),
    (
        r"FormatError",
        "A file of the repository cannot be understood: perhaps repo-cipher-type or repo-cipher-pass is wrong in "
        "pgBackRest's configuration; else the file is damaged: use another repository.",
    ),
    (
        r"postmaster\.pid.* exists|unable to restore while PostgreSQL is running",
        "A server runs there, or its pid file is left over: postgres.stop tells which.",
    ),
    (
        r"invalid checksum|\[026\]|ChecksumError",
        "A file of the backup is damaged: run the step again, it takes the backup before.",
        RESTORE,
    ),
    (
        r"Permission denied|\[0?41\].*denied",
        "It may not read or write there: correct owner and mode, or run_as: in the inventory; then run the step again.",
    ),
    (
        r"unable to write '[^']+'(?!:)",
        "It wrote a part, and names no cause, as where a disk is full: look at the room there (df); then run the step "
        "again.",
    ),
    (
        r"HostConnectError|unable to connect|Connection refused|timed out|timeout|remote-\d+ process",
        "The repository or its host does not answer: look at the network and at that host; then run the step again.",
    ),
    (
        r"unable to (?:load info file|open missing file)|FileMissingError|\[055\]",
        "A file is missing in the repository: is its disk mounted, and repo-path right? Else use another repository.",
    ),
]
"""The pattern, the cure in words, and what does it, where that is an action or the recovery point."""
_TABLE = [(re.compile(pattern, re.IGNORECASE), cure) for pattern, cure, *_ in _CAUSES]
_LEADS = {cure: "".join(leads) for _, cure, *leads in _CAUSES}

_SUMMARY = re.compile(
    r"contains errors|could not create any|could not load .*(?:hba|ident)\.conf|insufficient parameter"
)
"""Grave lines that only say that something failed; what failed is said in a line before."""


def cure_of(words: str) -> str:
    """Return the smallest cure for what a program said, or an empty string where the words are not known."""
    return next((cure for pattern, cure in _TABLE if pattern.search(words)), "")


def lead_of(cure: str) -> str | None:
    """Return the action or the decision that does what a cure of the table says; empty: a person. None: not in it."""
    return _LEADS.get(cure)


def cure_for(done: Completed, words: str, otherwise: str) -> str:
    """Return the smallest cure for a program that failed with these words, else ``otherwise``.

    What it printed before a signal ended it is no cause.
    """
    if done.code < 0:
        return cure_of(done.ending) or "Find out who or what ended it; then run the step again."
    return cure_of(words) or otherwise


def cure_of_lines(lines: Iterable[str]) -> tuple[str, str]:
    """Return the newest line that names a known cause, and its cure; empty strings where none does.

    What is grave is looked at before what a server mentions by the way.
    """
    said = list(lines)
    telling = [line for line in said if not _SUMMARY.search(line)]
    grave = [line for line in telling if re.search(r"\b(?:FATAL|PANIC)\b", line)]
    for line in [*reversed(grave), *reversed(telling), *reversed(said)]:
        if cure := cure_of(line):
            return line, cure
    return "", ""
