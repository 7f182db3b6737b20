"""Which error a failed read or write of a journal is, by what SQLite or the system raised."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

from journal.store.errors import JournalBusy, JournalDamaged, JournalError, JournalReadFailed, JournalWriteFailed

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_NO_RIGHT = "The file or its folder may not be written to: check owner and mode (ls -l)."
_ELSEWHERE = ", or name a folder on another disk in CLEO_SECOND_PLACE"
_WRITE_HINTS = {
    sqlite3.SQLITE_FULL: f"The disk is full: free some space on it{_ELSEWHERE}, then do it again.",
    sqlite3.SQLITE_IOERR: f"The disk reports an error: look at its space and health (df, dmesg){_ELSEWHERE}, "
    "then do it again.",
    sqlite3.SQLITE_CANTOPEN: "The file or its folder cannot be opened: check that it is there, and its owner and mode.",
    sqlite3.SQLITE_PERM: _NO_RIGHT,
}


_READ_ONLY = (
    f"The file system is read-only, mostly after an error of its disk: look at dmesg, mend and remount it{_ELSEWHERE}, "
    "then do it again."
)
_ERRNO_HINTS = {
    errno.ENOSPC: _WRITE_HINTS[sqlite3.SQLITE_FULL],
    errno.EDQUOT: f"The quota there is used up: free some space or raise it (quota){_ELSEWHERE}, then do it again.",
    errno.EIO: _WRITE_HINTS[sqlite3.SQLITE_IOERR],
    errno.EROFS: _READ_ONLY,
}


def _is_read_only(path: Path) -> bool:
    """Return whether the file system under a file is mounted read-only."""
    try:
        return bool(os.statvfs(path.parent).f_flag & os.ST_RDONLY)
    except OSError:
        return False


_DISK_CODES = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN})
_DISK_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.ENXIO, errno.ENODEV})


def _primary_code(error: Exception) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _damaged(path: Path, error: Exception) -> JournalDamaged:
    hint = "Keep the file as it is, work on a copy, and see `cleo journal verify` for what is affected."
    return JournalDamaged(f"The journal {path} is damaged: {error}.", hint)


def is_disk_failure(path: Path, error: Exception) -> bool:
    """Return whether a write failed because of the disk: no space, an I/O error, a read-only file system.

    Args:
        path: the journal.
        error: what SQLite or the system raised. Missing rights of ours are no failure of the disk.
    """
    if isinstance(error, sqlite3.Error):
        moved_away = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY_DBMOVED
        return _primary_code(error) in _DISK_CODES and not moved_away
    if isinstance(error, PermissionError):
        return path.exists() and path.stat().st_uid == os.geteuid()
    return isinstance(error, OSError) and error.errno in _DISK_ERRNOS


def write_failure(path: Path, error: Exception) -> JournalError:
    """Return the error to raise for a failed write.

    Args:
        path: the journal.
        error: what SQLite or the system raised.
    """
    code = _primary_code(error)
    if code in _DAMAGED:
        return _damaged(path, error)
    if code in _BUSY:
        hint = "Another program is using the file; end it or wait for it, then do it again."
        return JournalBusy(f"The journal {path} was locked for too long, nothing was written: {error}.", hint)
    if isinstance(error, PermissionError):
        return JournalWriteFailed(f"The journal {path} could not be written: {error.strerror}.", _NO_RIGHT)
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN) and _is_read_only(path):
        return JournalWriteFailed(f"The journal {path} could not be written: {error}.", _READ_ONLY)
    if isinstance(error, OSError) and error.errno in _ERRNO_HINTS:
        return JournalWriteFailed(f"The journal {path} could not be written: {error}.", _ERRNO_HINTS[error.errno])
    if code == sqlite3.SQLITE_READONLY:
        return JournalWriteFailed(f"The journal {path} could not be written: {error}.", _NO_RIGHT)
    hint = _WRITE_HINTS.get(code, "Check the disk's space and health, and who may write there, then do it again.")
    return JournalWriteFailed(f"The journal {path} could not be written: {error}.", hint)


def read_failure(path: Path, error: Exception) -> JournalError:
    """Return the error to raise for a failed read; parameters as in `write_failure`."""
    if _primary_code(error) in _DAMAGED:
        return _damaged(path, error)
    hint = "Check that you may read the file and write to its folder, or copy the whole folder to one that you own."
    return JournalReadFailed(f"The journal {path} could not be read: {error}.", hint)
