"""The evidence pack: what is in it and what it says is missing, where journals are altered, cut, moved or gone."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from journal.audit.gaps import gaps
from journal.audit.journals import file_names
from journal.audit.model import Evidence
from journal.audit.pack import PackError, write_pack
from journal.audit.span import NoSpan, Span, span_of
from journal.events import types as e
from journal.paths import Paths
from journal.plan.read import plan_from_data
from journal.store.journal import Journal
from tests.journal.audit.year import (
    CLOSED,
    ORDER,
    PLAN,
    YEAR,
    at,
    check,
    check_as_told,
    packed,
    run,
    said,
    verdicts,
    write,
)
from tests.journal.stories import ADA, SetClock


@pytest.fixture(scope="module")
def pack(year: Path) -> tuple[Path, Evidence]:
    return packed(year)


def test_a_pack_is_checked_without_the_program(pack: tuple[Path, Evidence]) -> None:
    folder, made = pack
    journals = sorted(f"journals/{path.name}" for path in (folder / "journals").iterdir())
    assert len(journals) == len(made.journals) == 6
    sums, more, chains = check_as_told(folder)
    assert (sums[0], more) == (0, (0, ""))
    assert (chains[0], chains[1].count("Nothing is wrong.")) == (0, 6)
    assert all(one.head in chains[1] for one in made.journals)
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
    assert not [line for line in said(made).splitlines() if line.startswith("INC-told") and "GDPR" in line]
    for index in ("index.md", "index.html"):
        text = (folder / index).read_text()
        assert all(one.id in text for one in made.incidents)
        assert "NO NOTICE" in text
        assert "Signatures were not checked" in text


def test_a_control_without_evidence_is_missing_and_only_drills_and_real_incidents_count(
    pack: tuple[Path, Evidence], tmp_path: Path
) -> None:
    def states(made: Evidence) -> dict[str, str]:
        return {row.name: row.state for row in made.controls}

    found = states(pack[1])
    assert (found["SOC 2 A1.3"], found["HIPAA 164.308(a)(7)(ii)(A)"]) == ("in part", "evidence")
    assert (found["GDPR 32(1)(c)"], found["GDPR 33(1)"]) == ("MISSING", "in part")
    assert "GDPR 32(1)(c) (access to personal data is restored in time): no evidence: " in said(pack[1])
    assert (
        "| GDPR 32(1)(c) | access to personal data is restored in time | MISSING |"
        in (pack[0] / "index.md").read_text()
    )
    for kind in (e.Kind.LAB, e.Kind.TABLETOP):
        write(tmp_path, f"INC-{kind}", "2026-02-01T10:00", kind, *run("some.drill"), CLOSED)
    unreal = states(packed(tmp_path)[1])
    assert {unreal.pop(name) for name in ("HIPAA 164.404(b)", "GDPR 33(1)", "GDPR 33(5)")} == {"no case"}
    assert unreal.pop("HIPAA 164.308(a)(7)(ii)(E)") == "evidence"
    assert set(unreal.values()) == {"MISSING"}


def test_a_control_on_notices_goes_by_the_law_whatever_the_plan_wanted_sooner(tmp_path: Path) -> None:
    def told() -> tuple[str, str, str]:
        made = packed(tmp_path)[1]
        (clock,) = (one for one in made.incidents[0].clocks if one.clock.title == "HIPAA")
        (row,) = (one for one in made.controls if one.name == "HIPAA 164.404(b)")
        return clock.verdict, row.state, row.words.removesuffix(", 0 not needed on a person's word")

    path = write(tmp_path, "INC-1", "2026-11-29T10:00", e.Kind.REAL)
    running = "of 1 clock 0 with a notice in time, 1 still running"
    assert told() == ("running by law, NO NOTICE by the plan", "no case", running)
    note = e.NoteAdded(text="Notice HIPAA: sent", happened_at="2026-11-29T10:01:00+00:00")
    with Journal.open(path, actor=ADA, clock=SetClock(at("2026-11-29T11:00")).clock()) as journal:
        journal.append(note)
    words = "in time by law, in time, by words written after the deadline by the plan"
    assert told() == (words, "evidence", "of 1 clock 1 with a notice in time, 0 still running")


@pytest.mark.parametrize(
    ("text", "happened", "written", "verdict"),
    [
        ("Notice GDPR: sent", "2026-08-03T10:00", "2026-08-03T11:00", "in time"),
        ("Notice GDPR: sent", "2026-08-05T10:00", "2026-08-05T11:00", "late"),
        ("Notice GDPR: sent", "2026-08-03T10:00", "2026-09-05T11:00", "in time, by words written after the deadline"),
        ("Notice GDPR: sent", "2026-07-31T10:00", "2026-08-02T11:00", "NO NOTICE"),
        ("No notice GDPR: no personal data", "", "2026-08-02T11:00", "not needed, on a person's word"),
    ],
)
def test_a_notice_is_of_this_incident_and_who_wrote_it_when_is_said(
    tmp_path: Path, text: str, happened: str, written: str, verdict: str
) -> None:
    path = write(tmp_path, "INC-1", "2026-08-01T10:00", e.Kind.REAL)
    note = e.NoteAdded(text=text, happened_at=f"{happened}:00+00:00" if happened else "")
    with Journal.open(path, actor=ADA, clock=SetClock(at(written)).clock()) as journal:
        journal.append(note, CLOSED)
    (gdpr,) = (one for one in packed(tmp_path)[1].incidents[0].clocks if one.clock.title == "GDPR")
    assert gdpr.verdict == verdict


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
    (home / "incidents" / "INC-pipe").mkdir()
    os.mkfifo(home / "incidents" / "INC-pipe" / "journal.db")  # whoever reads it waits for ever
    _, made = packed(home)
    for words in (
        "INC-drill: its journal is not proven: row 4: it does not match its own hash: it was altered",
        "INC-note: its journal is not proven: ",
        "INC-table: its journal is not proven: its folder is INC-table, and it is the journal of INC-lab",
        "INC-pipe: could not be read: there is a folder of an incident, and no journal in it",
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


def test_an_incident_whose_clock_was_set_is_found_by_any_of_its_times_and_that_is_said(tmp_path: Path) -> None:
    path = write(tmp_path, "INC-1", "2031-02-01T10:00", e.Kind.DRILL)
    with Journal.open(path, actor=ADA, clock=SetClock(at("2026-02-01T11:00")).clock()) as journal:
        journal.append(*run("some.drill"), CLOSED)
    made = packed(tmp_path)[1]
    assert [(one.id, one.ok) for one in made.journals] == [("INC-1", True)]
    assert "INC-1: the clock of the machine that wrote it went back 1 time, by 157762800 s at most" in said(made)
    assert "first at row 2" in said(made)


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


def test_no_two_journals_share_a_file_name() -> None:
    names = [".a.db", "a.db", "a?", "a_", "a", ".a"]
    assert list(file_names(names).values()) == ["a.db.db", "a.db~2.db", "a_.db", "a_~2.db", "a.db", "a~2.db"]


def test_what_was_to_be_put_in_order_is_in_the_pack_with_whether_it_was(tmp_path: Path) -> None:
    first = e.ActionItemWritten(id="A1", text="Print the plan", owner="Grace Hopper", due="2026-03-01", cause="no copy")
    done = e.ActionItemDone(id="A1", how="It hangs at the door")
    later = e.ActionItemWritten(id="A2", text="Ask legal")
    write(tmp_path, "INC-1", "2026-02-01T10:00", e.Kind.DRILL, CLOSED, first, done, later)
    folder, made = packed(tmp_path)
    assert [(one.id, bool(one.done_at)) for one in made.incidents[0].improvements] == [("A1", True), ("A2", False)]
    for name in ("index.md", "index.html"):
        text = (folder / name).read_text()
        assert all(words in text for words in ("Print the plan (why: no copy). Grace Hopper", "It hangs at the door"))
        assert "Ask legal. Nobody named, no date; " in text
    folder, _ = packed(tmp_path, pseudonyms=tmp_path / "key")
    hidden = "".join((folder / name).read_text() for name in ("index.md", "index.html", "evidence.json"))
    assert ("Print the plan" in hidden, "Hopper" in hidden) == (True, False)


def test_a_pack_without_names_has_none_and_the_same_pseudonym_for_each_in_every_pack(tmp_path: Path) -> None:
    words = "Ada asked bob@example.org at 10.0.0.7, fe80::1 and +49 30 1234567 at 12:30:45 on ops1; see INC-1"
    path = write(tmp_path, "INC-1", "2026-02-01T10:00", e.Kind.DRILL, *run("some.drill"))
    with Journal.open(
        path, actor="Grace Hopper@db7.example.org", clock=SetClock(at("2026-02-01T11:00")).clock()
    ) as one:
        one.append(e.IncidentClosed(summary=words))
    (journal,) = packed(tmp_path)[1].journals
    key = tmp_path / "key"
    folder, made = packed(tmp_path, pseudonyms=key)
    text = "".join((folder / name).read_text() for name in ("index.md", "index.html", "evidence.json"))
    for name in ("ada", "ops1", "grace", "hopper", "db7", "example.org", "10.0.0.7", "fe80::1", "1234567"):
        assert name not in text.lower(), name
    assert journal.head in text and "12:30:45" in text and "INC-1" in text
    assert "are not in this pack" in (folder / "index.md").read_text()
    assert [status for status, _ in check_as_told(folder)] == [0, 0, 0]
    assert sorted(one.name for one in folder.iterdir()) == [
        "README.txt",
        "SHA256SUMS",
        "evidence.json",
        "index.html",
        "index.md",
        "verify.py",
    ]
    again = packed(tmp_path, pseudonyms=key)[1]
    assert [one.access for one in again.incidents] == [one.access for one in made.incidents]
    who = json.loads((tmp_path / "key.names.json").read_text())
    writers = {one.name.partition("@")[0] for one in made.incidents[0].access}
    assert {who[one] for one in writers} == {"ada", "Grace Hopper"}
    assert {one.stat().st_mode & 0o777 for one in (key, tmp_path / "key.names.json")} == {0o600}
    other = packed(tmp_path, pseudonyms=tmp_path / "other")[1]
    assert other.incidents[0].access[0].name != made.incidents[0].access[0].name


def test_a_pack_is_never_written_over(pack: tuple[Path, Evidence], year: Path) -> None:
    paths = Paths(incidents=year / "incidents", locks=year / "locks")
    with pytest.raises(PackError):
        write_pack(paths, plan_from_data(PLAN), ORDER, pack[0])
