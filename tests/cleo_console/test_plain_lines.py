"""The guidance's lines as line mode lays them out."""

from __future__ import annotations

from cleo_console.plain.lines import sentence, sentences
from screens.guidance.text import Span, labelled, line


def test_a_label_is_a_word_and_columns_are_closed_up() -> None:
    assert sentence(labelled("runs", Span("x.y", "strong"), Span("  DESTRUCTIVE", "bad"))) == "Runs: x.y DESTRUCTIVE"
    assert sentence(labelled("waits for", "one")) == "Waits for: one"
    assert sentence(labelled("", "another")) == "  another"
    assert sentence(labelled("path   ", Span("/data"), Span("  reported"))) == "Path: /data reported"


def test_signs_and_blank_lines_are_left_out() -> None:
    assert sentences([line(Span("REFUSED by gate x: ", "bad"), "no", symbol="✗"), line(""), line("  v: go on")]) == [
        "REFUSED by gate x: no",
        "  v: go on",
    ]
