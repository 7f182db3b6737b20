"""A journal that went on in the fallback directory that the settings name: every command finds all of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from cleo_console.app_services import ConsoleServices
from cleo_console.settings import paths
from journal.commands.incident import IncidentCommands
from journal.events.envelope import Clock
from journal.incident.fold import fold_events
from journal.store.failover.failover import Failover
from journal.store.failover.segments import Segments, segments_of
from journal.store.journal import Reader
from tests.actions.worlds import declared
from tests.cleo_console.test_report_cli import cleo


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """An incident's two files: the first where CLEO_HOME says, the second where CLEO_SECOND_PLACE says."""
    monkeypatch.setenv("CLEO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CLEO_SECOND_PLACE", str(tmp_path / "second"))
    (tmp_path / "home").mkdir()
    place = declared(paths())
    note(place.journal, "before")
    assert Failover("ada@console", Clock()).begin(Segments(place.journal), None, OSError(28, "No space left on device"))
    monkeypatch.delenv("CLEO_SECOND_PLACE")  # settled when it was declared; later settings change nothing
    note(place.journal, "after")
    first, following = segments_of(place.journal)
    assert following.is_relative_to(tmp_path / "second")
    return first, following


def note(path: Path, text: str) -> None:
    with ConsoleServices(paths(), "ada@console").open(path.parent.name) as journal, Reader(path) as reader:
        IncidentCommands(journal, lambda: fold_events(reader.events())).note(text)


def test_every_command_finds_both_files(files: tuple[Path, Path], tmp_path: Path) -> None:
    incident = files[0].parent.name
    shown = cleo("journal", "show", incident).stdout
    assert "Note: before" in shown
    assert "The journal goes on in segment 2" in shown
    assert "Note: after" in shown
    verdict = json.loads(cleo("journal", "verify", incident, "--json").stdout)
    assert (verdict["ok"], verdict["seq"]) == (True, 4)
    assert "Note: after" in cleo("report", incident).stdout
    assert f"4 events, head {verdict['head']}" in cleo("journal", "export", incident, "-o", tmp_path / "b.db").stdout
    assert cleo("report", tmp_path / "b.db").stdout == cleo("report", incident).stdout
    assert "the journal goes on in segment 2" in cleo("status", incident).stdout
    listed = json.loads(cleo("journal", "list", "--json").stdout)
    assert [row["events"] for row in listed] == [4]


def test_files_brought_elsewhere_are_named_together_or_missed(files: tuple[Path, Path], tmp_path: Path) -> None:
    one, two = (Path(shutil.copy(path, tmp_path / f"{path.stem}.copy")) for path in files)
    assert "Nothing is wrong" in cleo("journal", "verify", one, two).stdout
    assert "Nothing is wrong" in cleo("journal", "verify", two, one).stdout
    assert "Note: after" in cleo("report", two, one).stdout
    assert "Note: after" in cleo("journal", "show", one, two).stdout
    assert "4 events" in cleo("journal", "export", one, two, "-o", tmp_path / "one.db").stdout
    assert "in a file that was not given" in cleo("journal", "verify", two, status=1).stdout
    assert "the segment of the journal before it is missing" in cleo("report", two, status=1).stderr


def test_a_second_file_that_is_gone_is_named(files: tuple[Path, Path]) -> None:
    incident = files[0].parent.name
    files[1].unlink()
    assert f"goes on in {files[1]}" in cleo("journal", "verify", incident, status=1).stdout
    report = cleo("report", incident, status=1)
    assert "CHAIN BROKEN" in report.stdout
    assert "goes on in …/journal-2.db: give that file as well" in report.stdout  # where it is, journal verify tells
    assert "that file is not there" in cleo("note", "--incident", incident, "more", status=1).stderr


def test_the_console_warns_of_a_fallback_directory_of_no_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEO_HOME", str(tmp_path))
    monkeypatch.setenv("CLEO_SECOND_PLACE", str(tmp_path / "second"))
    (tmp_path / "incidents").mkdir()
    assert any("on the same disk" in warning for warning in ConsoleServices(paths(), "ada@console").warnings())
    monkeypatch.setenv("CLEO_SECOND_PLACE", "/proc/none")
    assert any("cannot be used" in warning for warning in ConsoleServices(paths(), "ada@console").warnings())
