"""Leading an exercise in plain lines."""

from __future__ import annotations

import io
import os
from pathlib import Path
from unittest.mock import Mock

import pytest

from cleo_console.cli.demo import declaration_of
from cleo_console.demo import DemoServices
from cleo_console.plain.leading import LeadingLoop
from cleo_console.plain.line_terminal import LineTerminal
from journal.events import types as e
from journal.incident.fold import fold_journal
from journal.store.journal import Reader


def test_an_exercise_is_led_in_plain_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEO_HOME", str(tmp_path / "cleo"))
    monkeypatch.setattr(DemoServices, "ensure_runner", Mock())
    said, (answers, typed) = io.StringIO(), os.pipe()
    with DemoServices("ana@table", 1000) as host:
        incident_id = host.declare(declaration_of(host, "database-failure"))
        os.write(
            typed,
            b"2\nh 2\nf @ben Who tells? | Ana | Ben\nn ana + asked\np\np\np 1\ni eta one\ni tell them\nb 9\nb 1\nq\n",
        )
        with (
            host.open(incident_id) as journal,
            Reader(journal.path) as reader,
            LineTerminal(answers, said, 200) as terminal,
        ):
            journal.append(e.NoteAdded(text="here"))
            LeadingLoop(terminal, journal, reader, host.now).run()
            incident = fold_journal(journal.path)
    for fd in (answers, typed):
        os.close(fd)
    told = said.getvalue()
    assert "2 ○ waits" in told
    assert "Expected: " in told
    assert "Inject free-1 — For ben: Who tells?" in told
    assert "NOT DONE: There is no moment '9'." in told
    assert incident.review.paused
    assert (len(incident.rewound), incident.notes, incident.review.told) == (1, 1, {})
