"""A run's end is in the journal, with the digest of its output, however long the disk gives that back."""

from __future__ import annotations

from pathlib import Path

import pytest

from journal.incident.records import RunState
from journal.store.journal import Journal, JournalReadFailed
from tests.actions.runner.test_runner import work
from tests.actions.worlds import Person, declared, places_in, running, world


def test_an_end_whose_output_cannot_be_read_at_once_is_written_once_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest, failures = Journal.output_digest, [JournalReadFailed("Input/output error.", "See dmesg.")]

    def reluctant(journal: Journal, run: int) -> tuple[int, str]:
        if failures:
            raise failures.pop()
        return digest(journal, run)

    monkeypatch.setattr(Journal, "output_digest", reluctant)
    places = places_in(tmp_path)
    person = Person(declared(places))
    with running(person.place, world(places, work)):
        run = person.over(person.desk.request_run("work"))
    assert (run.state, run.output_lines, failures) == (RunState.SUCCEEDED, len(person.output(run.id)), [])
    assert (run.output_lines, run.output_sha256) == digest(person.journal, run.id)
