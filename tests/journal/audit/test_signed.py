"""What a signature over a head proves and what not, and what a second party's log of heads shows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from journal import verify
from journal.events import types as e
from journal.signing import sign_head
from journal.store.check import verify_apart
from journal.store.journal import Journal, Reader
from journal.store.witness import Head, append_head
from journal.verify import Signers, status_of
from tests.journal.audit.year import CLOSED, at, check, packed, run, said, write
from tests.journal.stories import ADA


def key(folder: Path, name: str) -> Path:
    made = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", made], check=True)
    return made


def listed(folder: Path, *lines: str) -> Path:
    file = folder / f"signers-{len(list(folder.glob('signers-*')))}"
    file.write_text("".join(f"{line}\n" for line in lines))
    return file


def public(key: Path) -> str:
    return key.with_suffix(".pub").read_text().strip()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("keys")
    return key(folder, "ada"), key(folder, "eve")


def test_a_signature_counts_for_whom_it_names_and_no_further_than_its_row(
    home: Path, keys: tuple[Path, Path], tmp_path: Path
) -> None:
    ada, eve = keys
    journal = home / "incidents" / "INC-drill" / "journal.db"
    made = sign_head(journal, ada)
    sign_head(home / "incidents" / "INC-lab" / "journal.db", eve)
    signers = Signers(listed(tmp_path, f'ada namespaces="cleo-journal-head,cleo-evidence" {public(ada)}'))

    def looked(path: Path, signers: Signers) -> tuple[int, int, str]:
        verdict = verify_apart(path, signers=signers)
        words = "; ".join(one.words for one in verdict.signatures)
        return status_of(verdict, asked_signers=True), verdict.signed, words

    assert looked(journal, signers)[:2] == (0, made.row)
    for line, words in (
        (f'ada valid-before="20200101" {public(ada)}', "key has expired"),
        (f'ada namespaces="file" {public(ada)}', "not permitted for use in signature namespace"),
        (f"eve {public(eve)}", "which is not in the list of signers"),
    ):
        status, signed, found = looked(journal, Signers(listed(tmp_path, line)))
        assert (status, signed) == (3, 0)
        assert words in found
    revoked = Signers(signers.keys, listed(tmp_path, public(ada)))
    assert looked(journal, revoked)[:2] == (3, 0)
    assert "is out by the list of revoked keys" in looked(journal, revoked)[2]
    assert looked(home / "incidents" / "INC-real" / "journal.db", signers) == (3, 0, "")  # not signed is never "ok"

    with Journal.open(journal, actor=ADA) as written:
        written.append(e.NoteAdded(text="after the signature"))
    assert looked(journal, signers)[:2] == (3, made.row)

    folder, evidence = packed(home, signers=signers, key=ada)
    good = {one.id: [(each.good, each.seq) for each in one.signatures] for one in evidence.journals}
    assert good["INC-drill"] == [(True, made.row)]
    assert good["INC-lab"][0][0] is False
    assert "NOT SIGNED" in (folder / "index.md").read_text()
    assert f"INC-drill: rows {made.row + 1} to {made.row + 1} are not signed" in said(evidence)
    assert "is not in the list of signers" in said(evidence)
    copy = check(folder, sys.executable, "-I", "verify.py", "journals/INC-drill.db", "--signers", "allowed_signers")
    assert copy.returncode == 3
    assert f"NOT SIGNED after row {made.row}" in copy.stdout
    sums = [
        "ssh-keygen",
        "-Y",
        "verify",
        "-f",
        "allowed_signers",
        "-I",
        "ada",
        "-n",
        "cleo-evidence",
        "-s",
        "SHA256SUMS.sig",
    ]
    assert subprocess.run(sums, cwd=folder, input=(folder / "SHA256SUMS").read_bytes(), check=False).returncode == 0


def test_a_list_of_signers_that_cannot_be_read_is_no_fault_of_the_journal(home: Path, keys: tuple[Path, Path]) -> None:
    sign_head(home / "incidents" / "INC-drill" / "journal.db", keys[0])
    unreadable = "/proc/self/mem"  # also for root, who runs tests in places
    verifier = [sys.executable, "-I", verify.__file__, "incidents/INC-drill/journal.db", "--signers", unreadable]
    done = check(home, *verifier)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("verify: ")


def test_a_journal_that_was_written_anew_contradicts_its_signature(
    home: Path, keys: tuple[Path, Path], tmp_path: Path
) -> None:
    journal = home / "incidents" / "INC-drill" / "journal.db"
    made = sign_head(journal, keys[0])
    shutil.rmtree(tmp_path / "anew", ignore_errors=True)
    anew = write(tmp_path / "anew", "INC-drill", "2026-02-01T10:00", e.Kind.DRILL, *run("other.drill"), CLOSED)
    shutil.copy(anew, journal)
    verdict = verify_apart(journal, signers=Signers(listed(tmp_path, f"ada {public(keys[0])}")))
    assert [fault.row for fault in verdict.faults] == [made.row]
    assert "signed another head of this row" in verdict.faults[0].what
    statement = made.file.read_text()
    os.mkfifo(journal.with_name(f"{journal.name}.signed-pipe"))  # whoever waits for it waits for ever
    made.file.write_text(statement.replace(made.head, verdict.head))  # a statement made to fit
    verdict = verify_apart(journal, signers=Signers(listed(tmp_path, f"ada {public(keys[0])}")))
    assert (verdict.ok, verdict.signed) == (True, 0)
    assert "one of the two was altered" in verdict.signatures[0].words
    assert "no statement" in verdict.signatures[1].words


def test_the_witness_has_what_a_journal_lost(home: Path, tmp_path: Path) -> None:
    log = tmp_path / "heads.log"
    for name in ("INC-drill", "INC-lab", "INC-real", "INC-told"):
        with Reader(home / "incidents" / name / "journal.db") as reader:
            seq, head = reader.head()
        kind = "REAL" if name in ("INC-real", "INC-told") else "DRILL"
        append_head(log, Head(at("2026-09-01T00:00"), name, kind, seq, head, "closed by ada@ops1"))
    log.write_text(log.read_text().replace("DRILL row", "DRILL=\n row"))  # as a mail program folds it
    shutil.rmtree(home / "incidents" / "INC-real")
    for name, bodies in (("INC-drill", run("other.drill")), ("INC-lab", [])):
        shutil.rmtree(home / "incidents" / name)
        write(home, name, "2026-02-01T10:00", e.Kind.DRILL, *bodies, CLOSED)
    folder, made = packed(home, witness=log)
    assert "INC-real: the witness has its head" in said(made)
    assert "and its journal is not in this pack" in said(made)
    assert "INC-drill: the witness has another head of row 5: its journal was written anew" in said(made)
    assert "INC-lab: the witness has row 5, and its journal ends before it: it was cut off" in said(made)
    assert "INC-told: the witness" not in said(made)
    assert "3 heads of 3 journals in heads.log compared, 3 contradict" in (folder / "index.md").read_text()
