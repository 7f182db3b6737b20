"""What systems send is shown without anything that a terminal would act on."""

from __future__ import annotations

import pytest

from journal.wording.sanitize import sanitize, sanitize_lines


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("plain ünï ✓", "plain ünï ✓"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPq#0\x1b\\sixel", "sixel"),
        ("a\x9b2Jb", "ab"),
        ("\x1b(0lqk", "(0lqk"),
        ("evil\u202etxt.exe\u2066\u200f", "eviltxt.exe"),
        ("one\rtwo\x08\x00\x7f", "one two"),
        ("tab\there", "tab     here"),
        ("half \x1b", "half "),
        ("half \x1b]0;never ended", "half ]0;never ended"),
    ],
)
def test_what_systems_send_is_harmless(sent: str, shown: str) -> None:
    assert sanitize(sent) == shown
    assert sanitize(sanitize(sent)) == shown


def test_lines_stay_lines() -> None:
    assert sanitize_lines("a\n\x1b[1mb\x1b[0m\r\nc") == "a\nb\nc"
