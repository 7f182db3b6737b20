"""Where answers may come from: a pipe of any number, and a file that was redirected."""

from __future__ import annotations

import fcntl
import io
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from cleo_console.plain.line_terminal import InputEnded, LineTerminal

ABOVE_SELECT = 1_024
"""The first descriptor that select() does not take."""


@pytest.fixture
def many_files() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("many_files")
def test_answers_are_taken_from_whatever_descriptor(tmp_path: Path) -> None:
    answers = tmp_path / "answers"
    answers.write_text("yes\n")
    with answers.open() as file:
        descriptor = fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, ABOVE_SELECT)
    try:
        with LineTerminal(descriptor, io.StringIO(), 80) as terminal:
            assert terminal.ask("Really?") == "yes"
            with pytest.raises(InputEnded):
                terminal.ask("Again?")
    finally:
        os.close(descriptor)


def test_enter_that_was_pressed_before_a_question_could_be_read_answers_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cleo_console.plain.line_terminal.UNREAD_S", 3_600.0)
    keyboard, line = os.openpty()
    said = io.StringIO()
    try:
        os.write(keyboard, b"\n\n4 pm\n")
        with LineTerminal(line, said, 80) as terminal:
            assert terminal.ask("1.1.1 >") == ""
            assert terminal.ask("Which one? (enter takes 1)", unread=True) == "4 pm"
    finally:
        os.close(keyboard)
        os.close(line)
    assert said.getvalue().count("One moment: read it first.") == 1
