"""Writes the pack: journals, index, data, checker and checksums, in a folder that appears when it is whole."""

from __future__ import annotations

import hashlib
import re
import shutil
import stat
from collections.abc import Iterable, Sequence
from concurrent.futures import BrokenExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from journal import verify
from journal.audit import model as m
from journal.audit.controls import controls
from journal.audit.gaps import gaps
from journal.audit.index import TEMPLATES, html_index, markdown_index
from journal.audit.journals import journals_of
from journal.audit.missing import CANNOT_SHOW, missing, not_over, nothing_here
from journal.audit.proofs import JOURNALS, proven
from journal.audit.pseudonyms import WITHOUT_NAMES, Pseudonyms, key_in, names_in, replaced
from journal.audit.schedule import tests
from journal.audit.span import Span
from journal.audit.witnessed import contradictions, not_given
from journal.errors import CleoError
from journal.report.json import plain_json
from journal.signing import sign
from journal.store.folders import keep_private
from journal.store.new_file import temporary_name
from journal.verify import Signers

if TYPE_CHECKING:
    from journal.paths import Paths
    from journal.plan.model import Plan

NAMESPACE = "cleo-evidence"
"""What a signature over the checksums is for: none over anything else counts for it."""
SUMS = "SHA256SUMS"
_OF_THE_DISK = re.compile(r"\.|lost\+found\Z")
"""Folders that a file system makes where it is mounted (``lost+found``, ``.snapshot``): no incident's."""


class PackError(CleoError):
    """The pack cannot be written."""


class Order(NamedTuple):
    """What is asked for.

    Attributes:
        span: the time the pack is about.
        made_by: who makes it, as ``user@host``.
        program: which version of this program.
        signers: whose signatures over journals count; None: signatures are not checked.
        key: signs the checksums; None: they are not signed.
        witness: the log of a second party, to compare with; None: nothing is compared.
        pseudonyms: the file of the key by which names are replaced and journals left out; None: neither is done.
        now: the present; None: by this machine's clock.
    """

    span: Span
    made_by: str
    program: str
    signers: Signers | None = None
    key: Path | None = None
    witness: Path | None = None
    pseudonyms: Path | None = None
    now: datetime | None = None


def write_pack(paths: Paths, plan: Plan, order: Order, to: Path) -> m.Evidence:
    """Write the evidence pack of a span into a new folder, which only its owner can read.

    Args:
        paths: where the journals lie.
        plan: whose schedule of tests counts.
        order: what is asked for.
        to: the folder. It appears when it is whole.

    Raises:
        PackError: there is such a folder, or it cannot be written.
        NotSigned: the checksums could not be signed.
        NoKey: the key of the pseudonyms cannot be had.
        CleoError: the journals cannot be listed.
    """
    if to.exists() or to.is_symlink():
        raise PackError(f"There is already {to}.", "Name a folder that is not there yet: a pack is never written over.")
    if to.absolute().resolve().is_relative_to(paths.incidents.resolve()):
        raise PackError(f"{to} is among the journals: it would be taken for an incident.", "Name a folder elsewhere.")
    draft = temporary_name(to.absolute())
    try:
        keep_private(to.absolute().parent)
        draft.mkdir(mode=0o700)
        (draft / JOURNALS).mkdir()
        made = _made(paths, plan, order, draft)
        if order.pseudonyms:
            made = _without_names(made, draft / JOURNALS, order.pseudonyms)
        _write(draft, made, order)
        draft.rename(to)
    except (OSError, BrokenExecutor) as error:
        raise PackError(
            f"The pack could not be written to {to}: {error}.", "Check the folder, its owner and its room."
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)  # it is gone, unless something failed
    return made


def _made(paths: Paths, plan: Plan, order: Order, folder: Path) -> m.Evidence:
    """Copy and check the journals, and return what they show."""
    now, span = order.now or datetime.now(UTC), order.span
    folders = _folders(paths)
    found = list(journals_of(folders, span, now))
    proofs, incidents = proven(found, folder, span, now, order.signers)
    whole = {Path(proof.file).name for proof in proofs if proof.ok}
    rows = tests(plan, incidents, whole, span, now)
    judged = controls(rows, incidents, whole)
    contradicted, compared = _witnessed(order, proofs, folder)
    return m.Evidence(
        made_at=now,
        made_by=order.made_by,
        program=order.program,
        span=span,
        plan=f"{plan.title}, version {plan.version}",
        signatures_checked=order.signers is not None,
        signers=_signers(order.signers),
        witness=compared,
        missing=[
            *not_over(span, now),
            *nothing_here(paths.incidents, folders),
            *contradicted,
            *not_given(paths.unwitnessed),
            *gaps(folders, span),
            *missing(plan, rows, incidents, proofs, judged, checked=order.signers is not None),
        ],
        cannot_show=CANNOT_SHOW,
        controls=judged,
        tests=rows,
        incidents=incidents,
        journals=proofs,
        folders=_who_may_read(paths.incidents),
    )


def _without_names(made: m.Evidence, journals: Path, key: Path) -> m.Evidence:
    """Replace names in what the journals show, and take the journals out: their signed bytes hold the names."""
    names = {("person", made.made_by)}
    for one in made.journals:
        if one.file and not one.unread:
            names.update(names_in(journals / Path(one.file).name))
    pseudonyms = Pseudonyms(key_in(key), names)
    replacing = replaced(made, pseudonyms, WITHOUT_NAMES)
    pseudonyms.keep(key.with_name(f"{key.name}.names.json"))
    shutil.rmtree(journals)
    return replacing


def _witnessed(order: Order, proofs: Sequence[m.JournalProof], folder: Path) -> tuple[list[m.Missing], str]:
    if order.witness is None:
        return [], "not compared, since no log of a witness was named (--witness)"
    return contradictions(order.witness, {one.id: folder / one.file for one in proofs if one.file}, order.span)


def _signers(signers: Signers | None) -> str:
    if signers is None:
        return "not checked, since no list of signers was named (--signers)"
    at = f", as of {signers.at}" if signers.at else ", as of when the pack was made"
    without = "" if signers.revoked else "; no list of revoked keys was named"
    return (
        f"checked against the list {signers.keys.name}{at}{without}; a copy of the list is in the pack, take your own"
    )


def _folders(paths: Paths) -> dict[str, Path]:
    """Return the journal of every incident's folder, also where it is not there.

    Raises:
        CleoError: the folder cannot be listed.
    """
    paths.ids()  # says why it cannot be listed
    folders = paths.incidents.iterdir() if paths.incidents.is_dir() else ()
    found = {folder.name: paths.incident(folder.name).journal for folder in folders if folder.is_dir()}
    return {name: path for name, path in found.items() if path.exists() or not _OF_THE_DISK.match(name)}


def _who_may_read(folder: Path) -> str:
    """Return who may read the folder of the journals, by its mode."""
    if not folder.is_dir():
        return "there is no folder of journals"
    at = folder.stat()
    mode = stat.S_IMODE(at.st_mode)
    who = "its owner alone" if not mode & 0o077 else f"mode {mode:o}, group {at.st_gid}"
    return f"{who} (owner {at.st_uid}); whoever is root on that machine can, too"


def _write(folder: Path, made: m.Evidence, order: Order) -> None:
    """Write everything but the journals, which are there, and last the checksums, signed where a key was named."""
    shutil.copyfile(verify.__file__, folder / "verify.py")
    shutil.copyfile(TEMPLATES / "README.txt", folder / "README.txt")
    (folder / "index.md").write_text("".join(markdown_index(made)), encoding="utf-8")
    (folder / "index.html").write_text("".join(html_index(made)), encoding="utf-8")
    (folder / "evidence.json").write_text(plain_json(made), encoding="utf-8")
    if order.signers and not order.pseudonyms:
        shutil.copyfile(order.signers.keys, folder / "allowed_signers")
    if order.witness and not order.pseudonyms:
        shutil.copyfile(order.witness, folder / "witness.log")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sums = "".join(_sums(folder, files))
    (folder / SUMS).write_text(sums, encoding="utf-8")
    if order.key:
        (folder / f"{SUMS}.sig").write_bytes(sign(sums.encode(), order.key, NAMESPACE))
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)


def _sums(folder: Path, files: Iterable[Path]) -> Iterable[str]:
    for path in files:
        with path.open("rb") as file:
            yield f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.relative_to(folder)}\n"
