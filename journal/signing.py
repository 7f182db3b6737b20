"""Signs a journal's head with a key of the team, by ``ssh-keygen -Y sign``; ``journal/verify.py`` checks it.

What is signed is a statement: a small file beside the journal that names the incident, a row, and that row's hash,
which covers every row before it. The signature lies beside the statement, as ``.sig``. Nothing is written to the
journal: signing adds no row, and who may read a journal may sign it.
"""

from __future__ import annotations

import glob
import hashlib
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from journal.errors import CleoError
from journal.incident.declaration import declared_in
from journal.store.check import verify_apart
from journal.store.whole_file import replace_whole
from journal.verify import NAMESPACE, SIGNED, SMALL, signed_with


class NotSigned(CleoError):
    """Nothing was signed."""


class Signed(NamedTuple):
    """A statement that was signed: its file, the row and the head that it vouches for."""

    file: Path
    row: int
    head: str


def sign_head(journal: Path, key: Path, now: datetime | None = None) -> Signed:
    """Sign a journal's present head. The journal is checked first: a broken one is not vouched for.

    Args:
        journal: its first file; statement and signature are written beside it.
        key: a private key, or the public one of a key that an agent has. ssh-keygen asks for its passphrase.
        now: the present, in the statement; None: by this machine's clock.

    Raises:
        NotSigned: the journal is broken, there is no such key, ssh-keygen refused, or the files cannot be written.
        JournalError: the journal cannot be read.
    """
    verdict = verify_apart(journal)
    if not verdict.ok:
        raise NotSigned(f"{journal} does not verify, so it is not signed.", "See: cleo journal verify")
    at = f"{(now or datetime.now(UTC)).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    lines = (
        "cleo journal head 1",
        f"incident {declared_in(journal).id}",
        f"row {verdict.seq}",
        f"head {verdict.head}",
        f"signed {at}",
    )
    text = "".join(f"{line}\n" for line in lines).encode()
    signature = sign(text, key, NAMESPACE)
    short = hashlib.sha256(signed_with(signature)[0]).hexdigest()[:8]
    file = journal.with_name(f"{journal.name}{SIGNED}{verdict.seq}-{short}")
    try:
        replace_whole(file.with_name(file.name + ".sig"), signature)
        replace_whole(file, text)
    except OSError as error:
        raise NotSigned(f"The signature could not be written to {file}: {error}.", "Check the folder.") from error
    return Signed(file, verdict.seq, verdict.head)


def carry_signatures(journal: Path, copy: Path) -> int:
    """Lay the signatures of a journal beside a copy of it; return how many there are.

    Raises:
        OSError: one cannot be read, or not be written.
    """
    beside = [file for file in journal.parent.glob(f"{glob.escape(journal.name)}{SIGNED}*") if file.is_file()]
    carried = [file for file in beside if file.stat().st_size < SMALL]
    for file in carried:
        shutil.copyfile(file, copy.with_name(copy.name + file.name.removeprefix(journal.name)))
    return sum(file.suffix == ".sig" for file in carried)


def sign(data: bytes, key: Path, namespace: str) -> bytes:
    """Return the detached signature over ``data``, armoured, for one purpose (``namespace``).

    Raises:
        NotSigned: there is no such key, or ssh-keygen refused.
    """
    if not key.is_file():
        raise NotSigned(f"There is no key {key}.", "Name a private key of ssh, or the .pub of one that your agent has.")
    command = ["ssh-keygen", "-Y", "sign", "-f", str(key.absolute()), "-n", namespace]
    try:
        done = subprocess.run(command, input=data, capture_output=True, check=False)
    except OSError as error:
        raise NotSigned(f"ssh-keygen could not be run: {error}.", "Install openssh-client.") from error
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise NotSigned(
            f"ssh-keygen did not sign with {key}: {said[-1] if said else 'it said nothing'}.", "Check the key."
        )
    return done.stdout
