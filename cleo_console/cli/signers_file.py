"""The list of signers as an option: a file that names none would only ever say "not signed"."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import click

_SIGNER = re.compile(
    rb"^(?:\xef\xbb\xbf)?[ \t]*(?:\"[^\"\n]+\"|[^\s#]+)[ \t](?:[^\n]*[ \t])?(?:ssh|ecdsa|sk)-\S+[ \t]+AAAA", re.M
)
_LARGEST = 10 << 20


class SignersFile(click.Path):
    """A file in the format of ``allowed_signers`` with at least one line that names a key (`man ssh-keygen`)."""

    def __init__(self) -> None:
        super().__init__(exists=True, dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the file; refuse one that names no key."""
        file = Path(os.fsdecode(super().convert(value, param, ctx)))
        try:
            named = file.is_file() and file.stat().st_size <= _LARGEST and _SIGNER.search(file.read_bytes())
        except OSError as error:
            self.fail(f"{file} cannot be read: {error.strerror}.", param, ctx)
        if not named:
            line = 'ada@example.org namespaces="cleo-journal-head,cleo-evidence" ssh-ed25519 AAAA…'
            self.fail(f"{file} names no signer. It has a line a key: {line}", param, ctx)
        return file
