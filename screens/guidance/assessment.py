"""What an exercise has shown, in lines: for the screen at its close, and for the terminal that was left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from journal.exercise.assessment import RATING_WORDS, Assessment, ExpectationResult
from journal.exercise.choices import Choice
from journal.exercise.hot_wash import Question
from journal.exercise.leading import Mark
from journal.wording.counting import count
from journal.wording.instants import clock
from journal.wording.sanitize import sanitize
from screens.guidance.text import Line, Span, Tone, line

_TONES: dict[str, Tone] = {"P": "good", "S": "warn", "M": "urgent", "U": "bad"}
_MARKS: dict[str, tuple[str, Tone]] = {
    "good": ("done well: ", "good"),
    "improve": ("to improve: ", "warn"),
    "note": ("", "quiet"),
}
_RESULTS: dict[str, Tone] = {"repaired": "warn", "missed": "urgent", "harmed": "bad"}


def summary(shown: Assessment) -> str:
    """Return in one sentence how much of what was expected was met."""
    met = sum(result.met for result in shown.expectations)
    return f"{sanitize(shown.title)}: {met} of {len(shown.expectations)} expectations met."


def assessment_lines(shown: Assessment) -> list[Line]:
    """Return the ratings, what was not met and why, and who decided what."""
    return [
        line(Span(summary(shown), "strong")),
        *(_objective(o.rating, sanitize(o.title)) for o in shown.objectives),
        *_section("Not met", (_not_met(result) for result in shown.expectations if not result.met)),
        *_section("Noted by the facilitator", (_mark(mark) for mark in shown.marks)),
        *_section("Who decided what", (_choice(choice) for choice in shown.choices)),
    ]


def hot_wash_lines(asked: Sequence[Question]) -> list[Line]:
    """Return what people said after the exercise, and how many questions nobody answered yet."""
    bare = sum(not one.answers for one in asked)
    lines = [line(Span(f"  {count(bare, 'question')} without an answer: w asks them", "warn"))] if bare else []
    for one in asked:
        if one.answers:
            lines.append(line(f"  {sanitize(one.text)}"))
            lines += [line(f"    {sanitize(said.who)}: {sanitize(said.text)}") for said in one.answers]
    return _section("Hot wash", iter(lines))


def _objective(rating: str, title: str) -> Line:
    return line("  ", Span(rating, _TONES[rating]), f"  {title} ", Span(f"({RATING_WORDS[rating]})", "quiet"))


def _section(heading: str, lines: Iterator[Line]) -> list[Line]:
    found = list(lines)
    return [line(), line(Span(heading, "accent")), *found] if found else []


def _not_met(result: ExpectationResult) -> Line:
    title = f"{sanitize(result.title)}{' (critical)' if result.critical else ''}"
    return line("  ", Span(f"{result.result}: ", _RESULTS[result.result]), f"{title}: {sanitize(result.why)}")


def _mark(mark: Mark) -> Line:
    word, tone = _MARKS[mark.mark]
    return line(f"  {clock(mark.at)}  {sanitize(mark.who)}  ", Span(word, tone), sanitize(mark.text))


def _choice(choice: Choice) -> Line:
    reason = Span(f" ({sanitize(choice.reason)})") if choice.reason else Span(" (no reason given)", "warn")
    return line(f"  {clock(choice.at)}  {sanitize(choice.by)}  ", Span(sanitize(choice.what), "strong"), reason)
