"""The evidence pack: what is in it and what it says is missing, where journals are altered, cut, moved or gone."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from journal.audit.gaps import gaps
from journal.audit.model import Evidence
from journal.audit.pack import Order, PackError, write_pack
from journal.audit.span import NoSpan, Span, span_of
from journal.events import types as e
from journal.paths import Paths
from journal.plan.read import plan_from_data
from journal.signing import sign_head
from journal.store.check import verify_apart
from journal.store.journal import Journal, Reader
from journal.store.witness import Head, append_head
from journal.verify import Signers, status_of
from tests.journal.stories import ADA, SetClock, declaration, plan, step

NOW = datetime(2026, 11, 30, tzinfo=UTC)
YEAR = span_of("2026-01-01", "2026-12-31")
ORDER = Order(span=YEAR, made_by=ADA, program="a test", now=NOW)
TESTS = [
    {
        "every": "quarter",
        "items": ["Restore", "Failover", "Coordination"],
        "held_by": {"Restore": {"actions": ["*.drill"]}, "Failover": {"actions": ["*.promote"]}},
    }
]
CLOCKS = [
    {"title": "GDPR", "plan": "", "law": "Notify within 72 hours", "law_deadline": "72 h", "source": "33(1)"},
    {"title": "HIPAA", "plan": "soon", "deadline": "90 s", "law_deadline": "60 d", "noticed_by": ["tell"]},
]
STEPS = [step("drill", action="some.drill"), *(step(id_, items=["it"], optional=True) for id_ in ("look", "tell"))]
PLAN = plan(
    step("drill", action="some.drill"),
    step("look", items=["seen"], optional=True),
    step("tell", items=["sent"], optional=True),
    tests=TESTS,
    compliance=CLOCKS,
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def write(home: Path, id_: str, began: str, kind: e.Kind = e.Kind.DRILL, *bodies: e.Body, **more: Any) -> Path:
    """Write an incident whose events are a minute apart."""
    now = SetClock(at(began))
    folder = home / "incidents" / id_
    folder.mkdir(parents=True)
    first = declaration(
        PLAN, id=id_, kind=kind, began_at=at(began).isoformat(), discovered_at=at(began).isoformat(), **more
    )
    with Journal.create(folder / "journal.db", first, actor=ADA, clock=now.clock()) as journal:
        for body in bodies:
            now.pass_(minutes=1)
            journal.append(body)
    return folder / "journal.db"


def run(action: str, status: str = "succeeded", seq: int = 2) -> list[e.Body]:
    return [
        e.RunRequested(step="drill", action=action),
        e.ActionStarted(step="drill", run=seq, action=action),
        e.ActionFinished(step="drill", run=seq, status=status, summary=f"{action} said so"),
    ]


CLOSED = e.IncidentClosed(summary="over")


def packed(home: Path, **more: Any) -> tuple[Path, Evidence]:
    to = home / f"pack-{len(list(home.glob('pack-*')))}"
    paths = Paths(incidents=home / "incidents", locks=home / "locks")
    return to, write_pack(paths, plan_from_data(PLAN), ORDER._replace(**more), to)


def verdicts(made: Evidence) -> dict[str, str]:
    return {f"{row.item} {row.period}": row.verdict for row in made.tests}


def said(made: Evidence) -> str:
    return "\n".join(one.what for one in made.missing)


def check(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A year with a drill, a tabletop, a lab exercise, a note, and two real incidents, one with a notice."""
    home = tmp_path_factory.mktemp("year")
    write(home, "INC-drill", "2026-02-01T10:00", e.Kind.DRILL, *run("some.drill"), CLOSED)
    write(home, "INC-table", "2026-02-02T10:00", e.Kind.TABLETOP, *run("some.promote"), CLOSED)
    write(home, "INC-lab", "2026-05-02T10:00", e.Kind.LAB, *run("some.drill"), CLOSED)
    note = e.NoteAdded(text="Test  coordination: both teams were there")
    write(home, "INC-note", "2026-05-03T10:00", e.Kind.DRILL, *run("other.look"), note, CLOSED)
    write(home, "INC-real", "2026-08-01T10:00", e.Kind.REAL, *run("some.promote"), CLOSED)
    told = e.NoteAdded(text="Notice GDPR: sent to the authority", happened_at="2026-08-03T10:00:00+00:00")
    write(home, "INC-told", "2026-08-02T10:00", e.Kind.REAL, told, e.StepMarkedDone(step="tell", note=""), CLOSED)
    return home


@pytest.fixture
def home(year: Path, tmp_path: Path) -> Path:
    """A copy of that year, to be spoilt."""
    shutil.copytree(year / "incidents", tmp_path / "incidents")
    return tmp_path


@pytest.fixture(scope="module")
def pack(year: Path) -> tuple[Path, Evidence]:
    return packed(year)


def test_a_pack_is_checked_without_the_program(pack: tuple[Path, Evidence]) -> None:
    folder, made = pack
    journals = sorted(f"journals/{path.name}" for path in (folder / "journals").iterdir())
    assert len(journals) == len(made.journals) == 6
    assert check(folder, "sha256sum", "--strict", "-c", "SHA256SUMS").returncode == 0
    done = check(folder, sys.executable, "-I", "verify.py", "--each", *journals)
    assert (done.returncode, done.stdout.count("Nothing is wrong.")) == (0, 6)
    assert all(one.head in done.stdout for one in made.journals)
    assert {path.stat().st_mode & 0o077 for path in [folder, *folder.rglob("*")] if path.is_file()} == {0}
    listed = [line.split("  ")[1] for line in (folder / "SHA256SUMS").read_text().splitlines()]
    assert set(listed) == {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()} - {"SHA256SUMS"}


def test_a_test_counts_by_the_kind_of_what_shows_it(pack: tuple[Path, Evidence]) -> None:
    made = pack[1]
    assert verdicts(made) == {
        "Restore 2026 Q1": "held",
        "Restore 2026 Q2": "lab only",
        "Restore 2026 Q3": "NOT HELD",
        "Restore 2026 Q4": "due",
        "Failover 2026 Q1": "talked through only",
        "Failover 2026 Q2": "NOT HELD",
        "Failover 2026 Q3": "real incident only",
        "Failover 2026 Q4": "due",
        "Coordination 2026 Q1": "NOT HELD",
        "Coordination 2026 Q2": "a person's word",
        "Coordination 2026 Q3": "NOT HELD",
        "Coordination 2026 Q4": "due",
    }
    assert "NOT HELD: Restore, 2026 Q3" in said(made)
    assert "does not say what shows that 'Coordination' was held" in said(made)


def test_a_clock_without_a_notice_is_said_and_one_with_it_is_not(pack: tuple[Path, Evidence]) -> None:
    folder, made = pack
    clocks = {one.id: [clock.verdict for clock in one.clocks] for one in made.incidents}
    assert clocks["INC-real"] == ["NO NOTICE", "NO NOTICE"]
    assert clocks["INC-told"] == ["in time", "in time by law, late by the plan"]
    assert clocks["INC-drill"] == ["exercise", "exercise"]
    assert "INC-real: NO NOTICE: GDPR until 2026-08-04 10:00:00 UTC" in said(made)
    assert "INC-told: in time by law, late by the plan: HIPAA" in said(made)
    assert "GDPR" not in said(made).partition("INC-told")[2]
    for index in ("index.md", "index.html"):
        text = (folder / index).read_text()
        assert all(one.id in text for one in made.incidents)
        assert "NO NOTICE" in text
        assert "NOT SIGNED" in text


def alter(path: Path) -> None:
    with sqlite3.connect(path) as conn:
        conn.execute("DROP TRIGGER events_stand")
        conn.execute("UPDATE events SET payload = replace(payload, 'said so', 'said no') WHERE seq = 4")
    conn.close()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:9000])


def test_spoilt_journals_are_named_and_show_nothing(home: Path) -> None:
    journal = {folder.name: folder / "journal.db" for folder in (home / "incidents").iterdir()}
    alter(journal["INC-drill"])
    cut(journal["INC-note"])
    shutil.copy(journal["INC-lab"], journal["INC-table"])
    journal["INC-real"].unlink()
    journal["INC-told"].write_text("not a journal")
    _, made = packed(home)
    for words in (
        "INC-drill: its journal is not proven: row 4: it does not match its own hash: it was altered",
        "INC-note: its journal is not proven: ",
        "INC-table: its journal is not proven: its folder is INC-table, and it is the journal of INC-lab",
        "INC-real: could not be read: there is a folder of an incident, and no journal in it",
        "Whether it belongs to this time is not known.",
    ):
        assert words in said(made)
    assert [one.id for one in made.journals if one.ok] == ["INC-lab"]
    found = verdicts(made)
    assert (found["Restore 2026 Q1"], found["Restore 2026 Q2"]) == ("not proven", "lab only")


@pytest.mark.parametrize("name", ["journals/INC-real.db", "index.md", "verify.py"])
def test_what_is_changed_in_a_pack_fails_its_checksums(pack: tuple[Path, Evidence], tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(pack[0], tmp_path / "pack")
    with (folder / name).open("ab") as file:
        file.write(b"\n")
    done = check(folder, "sha256sum", "-c", "SHA256SUMS")
    assert done.returncode == 1
    assert f"{name}: FAILED" in done.stdout


def test_the_ends_of_the_span_are_where_it_says(tmp_path: Path) -> None:
    write(tmp_path, "INC-before", "2025-12-31T23:00", e.Kind.DRILL, *run("some.drill"), CLOSED)
    last = tmp_path / "incidents" / "INC-across"
    write(tmp_path, "INC-across", "2025-12-31T23:58", e.Kind.DRILL, *run("some.drill"), CLOSED)
    write(tmp_path, "INC-open", "2025-11-01T10:00", e.Kind.DRILL)
    write(tmp_path, "INC-at-the-end", "2027-01-01T00:00", e.Kind.DRILL)
    write(tmp_path, "INC-last-minute", "2026-12-31T23:58", e.Kind.DRILL, *run("some.drill"), CLOSED)
    assert last.is_dir()
    made = {one.id: one for one in packed(tmp_path)[1].incidents}
    assert set(made) == {"INC-across", "INC-open", "INC-last-minute"}
    assert made["INC-across"].crosses == ["began before it"]
    assert [test.at for test in made["INC-across"].restores] == [at("2026-01-01T00:01")]
    assert made["INC-last-minute"].restores == []
    assert made["INC-last-minute"].outside == 2
    assert "was closed after it" in made["INC-last-minute"].crosses
    assert "was still open as the pack was made" in made["INC-open"].crosses


def test_a_day_is_part_of_the_span_and_an_instant_ends_it() -> None:
    assert YEAR.end == at("2027-01-01T00:00")
    assert span_of("2026-01-01T01:00:00+01:00", "2026-01-02T00:00:00Z") == Span(
        begin=at("2026-01-01T00:00"), end=at("2026-01-01T00:00") + timedelta(days=1)
    )
    for ends in (("2026-01-02", "2026-01-01"), ("0001-01-01", "2026-01-01"), ("2026-01-01", "9999-12-31")):
        with pytest.raises(NoSpan):
            span_of(*ends)


def test_a_number_that_is_missing_in_a_day_is_said() -> None:
    there = ["INC-2026-02-01-01-abcd", "INC-2026-02-01-04-efgh", "INC-2025-02-01-02-abcd", "INC-2026-03-01-01-a"]
    assert [one.what.partition(":")[0] for one in gaps(there, YEAR)] == ["INC-2026-02-01-02, 03"]


def test_a_pack_is_never_written_over(pack: tuple[Path, Evidence], year: Path) -> None:
    paths = Paths(incidents=year / "incidents", locks=year / "locks")
    with pytest.raises(PackError):
        write_pack(paths, plan_from_data(PLAN), ORDER, pack[0])


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
