"""The append-only files of one rewrite, held open: a rewrite that comes meanwhile takes their names alone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from actions.systems.redis.aof import AofPart, parse_manifest
from journal.errors import CleoError


class HeldAof(NamedTuple):
    """Some append-only files.

    Attributes:
        text: their manifest's text; ``parts``: what it names, in its order.
        files: the open files by their names.
        manifest: a manifest by which Redis' own program finds the open files.
    """

    text: str
    parts: Sequence[AofPart]
    files: Mapping[str, BinaryIO]
    manifest: Path


class NoManifest(CleoError):
    """Nothing tells which files count."""


@contextmanager
def held_aof(source: Path) -> Iterator[HeldAof]:
    """Open the files of an append-only directory.

    Args:
        source: the directory.

    Raises:
        NoManifest: it has none, or several.
        FileNotFoundError: a file was taken away by a rewrite before it was opened.
    """
    manifests = sorted(source.glob("*.manifest"))
    if len(manifests) != 1:
        raise NoManifest(f"{source} has {len(manifests)} manifests: it cannot be told which files count.")
    text = manifests[0].read_text()
    parts = parse_manifest(text)
    with ExitStack() as stack:
        files = {part.name: stack.enter_context((source / part.name).open("rb")) for part in parts}
        links = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cleo-aof-")))
        for name, file in files.items():
            (links / name).symlink_to(opened_path(file))
        manifest = links / manifests[0].name
        manifest.write_text(text)
        yield HeldAof(text, parts, files, manifest)


def opened_path(file: BinaryIO) -> Path:
    """Return a path by which another program of ours opens this very file, whatever has its name by now."""
    return Path("/proc", str(os.getpid()), "fd", str(file.fileno()))
