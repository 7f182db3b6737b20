"""Replaces a small file on this machine completely, or not at all."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path


def replace_whole(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write ``data`` to a file beside ``path``, read it back, and only then rename it to ``path``, durably.

    Args:
        path: the file that is replaced, or made.
        data: its new content.
        mode: its permissions, whatever the umask is; None: those of any new file.

    Raises:
        OSError: it cannot be written; what was there before still is.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.new")
    try:
        descriptor = os.open(
            draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666 if mode is None else 0o600
        )
        with os.fdopen(descriptor, "w+b") as file:
            if mode is not None:
                os.fchmod(descriptor, mode)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
            file.seek(0)
            if file.read() != data:
                raise OSError(errno.EIO, "what was read back is not what was written", str(path))
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Flush a folder to its disk: what names are in it.

    Args:
        folder: the folder.

    Raises:
        OSError: it cannot be opened, or the disk did not take it.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
