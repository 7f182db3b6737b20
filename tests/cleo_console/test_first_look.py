"""The first look: incident and step before the full screen is there, and a terminal that is left as it was."""

from __future__ import annotations

import io
import os
import pty
import signal
import termios
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cleo_console.first_look import MOST_EVENTS, first_look, known_incident, unechoed
from cleo_console.plans import bundled
from journal.commands.declare import Declaration, declare
from journal.events.types import Kind, NoteAdded
from journal.paths import IncidentPlace, Paths
from journal.plan.load import load_plan
from journal.store.journal import Journal

LEAVE = "\x1b[?1049l"


@pytest.fixture
def place(tmp_path: Path) -> IncidentPlace:
    paths = Paths(incidents=tmp_path / "incidents", locks=tmp_path / "locks")
    now = datetime.now(UTC)
    told = Declaration(
        title="db1 is \x1b[31mgone",
        scenario="database-failure",
        severity="high",
        kind=Kind.DRILL,
        began_at=now,
        discovered_at=now,
    )
    return declare(paths, load_plan(bundled()), told, actor="ana@table", program="test")


def shown(place: IncidentPlace) -> str:
    out = io.StringIO()
    with first_look(place.folder.name, known_incident(place), out):
        pass
    return out.getvalue()


def test_it_names_the_incident_and_the_step_and_passes_no_escape_on(place: IncidentPlace) -> None:
    text = shown(place)
    assert "DRILL" in text
    assert "1.1.1 Check system status" in text
    assert "db1 is gone" in text
    assert LEAVE not in text  # what comes next takes the terminal over as it is


def test_counts_are_loud_only_where_there_is_something(place: IncidentPlace) -> None:
    assert "0 running · 0 in doubt · 0 failed" in shown(place)


def test_a_small_terminal_keeps_the_incident_and_cuts_with_a_sign(
    place: IncidentPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("LINES", "5")
    text = shown(place)
    assert text.count("\r\n") == 4  # a sixth line would push the first one out
    assert "1.1.1 Check system …" in text


def test_what_is_typed_meanwhile_is_kept_and_not_written_over_it() -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs) as terminal:
        with pytest.raises(RuntimeError), unechoed(terminal):
            os.write(ours, b"j\n")
            assert terminal.readline() == "j\n"
            raise RuntimeError("no screen today")
        assert termios.tcgetattr(terminal)[3] & termios.ECHO
        os.write(ours, b"k\n")
        assert os.read(ours, 9) == b"k\r\n"
    os.close(ours)


def test_a_terminal_that_closes_meanwhile_is_no_mistake() -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs) as terminal, unechoed(terminal):
        os.close(ours)


def test_a_long_journal_is_not_waited_for(place: IncidentPlace) -> None:
    with Journal.open(place.journal, actor="ana@table") as journal:
        journal.append(*(NoteAdded(text=f"note {n}") for n in range(MOST_EVENTS)))
    assert known_incident(place) is None
    assert f"{place.folder.name}\x1b[0m  opening its journal" in shown(place)


def test_a_start_that_fails_leaves_the_terminal_as_it_was(place: IncidentPlace) -> None:
    out = io.StringIO()
    with pytest.raises(RuntimeError), first_look(place.folder.name, known_incident(place), out):
        raise RuntimeError("no screen today")
    assert out.getvalue().endswith(LEAVE)


def test_a_terminal_that_knows_few_characters_gets_what_it_can_show(place: IncidentPlace) -> None:
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    with first_look(place.folder.name, known_incident(place), terminal):
        pass
    shown = terminal.buffer.getvalue().decode("latin-1")  # type: ignore[attr-defined]
    assert "1.1.1 Check system status" in shown
    assert "? ready" in shown


def test_an_id_from_elsewhere_passes_no_escape_on(place: IncidentPlace) -> None:
    incident = known_incident(place)
    assert incident is not None
    incident.id = "INC\x1b]0;mine\x07-1"
    out = io.StringIO()
    with first_look(place.folder.name, incident, out):
        pass
    assert "\x1b[1mINC-1\x1b[0m" in out.getvalue()


def test_who_is_asked_to_end_meanwhile_leaves_the_terminal_as_it_was(place: IncidentPlace) -> None:
    out, before = io.StringIO(), signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as end, first_look(place.folder.name, known_incident(place), out):
        signal.raise_signal(signal.SIGTERM)
    assert end.value.code == 128 + signal.SIGTERM
    assert out.getvalue().endswith(LEAVE)
    assert signal.getsignal(signal.SIGTERM) is before
