"""The evidence pack: what is in it and what it says is missing, where journals are altered, cut, moved or gone."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from journal.audit.model import Evidence
from journal.audit.pack import PackError, write_pack
from journal.audit.span import NoSpan, Span, span_of
from journal.events import types as e
from journal.paths import Paths
from journal.plan.read import plan_from_data
from journal.store.journal import Journal
from tests.journal.stories import ADA, SetClock, declaration, plan, step

NOW = datetime(2026, 11, 30, tzinfo=UTC)
YEAR = span_of("2026-01-01", "2026-12-31")
TESTS = [
    {
        "every": "quarter",
        "items": ["Restore", "Failover", "Coordination"],
        "held_by": {"Restore": {"actions": ["*.drill"]}, "Failover": {"actions": ["*.promote"]}},
    }
]
CLOCKS = [{"title": "GDPR", "plan": "", "law": "Notify within 72 hours", "law_deadline": "72 h", "source": "33(1)"}]
PLAN = plan(
    step("drill", action="some.drill"), step("look", items=["seen"], optional=True), tests=TESTS, compliance=CLOCKS
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


def packed(home: Path, span: Span = YEAR) -> tuple[Path, Evidence]:
    to = home / f"pack-{len(list(home.glob('pack-*')))}"
    paths = Paths(incidents=home / "incidents", locks=home / "locks")
    return to, write_pack(paths, plan_from_data(PLAN), span, to, made_by=ADA, program="a test", now=NOW)


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
    write(home, "INC-told", "2026-08-02T10:00", e.Kind.REAL, told, CLOSED)
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
    assert clocks["INC-real"] == ["NO NOTICE"]
    assert clocks["INC-told"] == ["in time"]
    assert clocks["INC-drill"] == ["exercise"]
    assert "INC-real: NO NOTICE: GDPR until 2026-08-04 10:00:00 UTC" in said(made)
    assert "INC-told: " not in said(made).replace("INC-told: nobody signed", "")
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


def swap(path: Path) -> None:
    shutil.copy(path.parent.parent / "INC-lab" / "journal.db", path)


def remove(path: Path) -> None:
    path.unlink()


def make_unreadable(path: Path) -> None:
    path.write_text("not a journal")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (alter, "INC-drill: its journal is not proven: row 4: it does not match its own hash"),
        (cut, "INC-drill: its journal is not proven"),
        (swap, "its folder is INC-drill, and it is the journal of INC-lab"),
        (remove, "there is a folder of an incident, and no journal in it"),
        (make_unreadable, "Whether it belongs to this time is not known."),
    ],
)
def test_a_spoilt_journal_is_named_and_shows_nothing(home: Path, spoil: Callable[[Path], None], words: str) -> None:
    spoil(home / "incidents" / "INC-drill" / "journal.db")
    _, made = packed(home)
    assert words in said(made)
    assert not next(one for one in made.journals if one.id == "INC-drill").ok
    assert verdicts(made)["Restore 2026 Q1"] in ("NOT HELD", "not proven")
    assert sum(one.ok for one in made.journals) == 5


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
    with pytest.raises(NoSpan):
        span_of("2026-01-02", "2026-01-01")


def test_a_pack_is_never_written_over(pack: tuple[Path, Evidence], year: Path) -> None:
    paths = Paths(incidents=year / "incidents", locks=year / "locks")
    with pytest.raises(PackError):
        write_pack(paths, plan_from_data(PLAN), YEAR, pack[0], made_by=ADA, program="a test", now=NOW)
