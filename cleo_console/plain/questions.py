"""Questions, one at a time: each says what can be answered, and is asked again until the answer fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from cleo_console.plain.line_terminal import TakenBack
from screens.guidance.times import EXAMPLES, NotATime, echo, instant

_MOST_DIGITS = 4
BACK = "."
"""The answer that takes any question back, as Ctrl+C does."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Asks(Protocol):
    """What can print lines and ask for one."""

    def say(self, *lines: str) -> None:
        """Print lines."""

    def ask(self, prompt: str) -> str:
        """Ask, and return what was answered."""


def answer(asks: Asks, prompt: str) -> str:
    """Ask, and return what was answered.

    Raises:
        TakenBack: a dot was answered.
    """
    said = asks.ask(prompt)
    if said == BACK:
        raise TakenBack
    return said


def number(said: str) -> int:
    """Return the number that was answered; 0 where it is none, or none that anything here has."""
    return int(said) if said.isdecimal() and len(said) <= _MOST_DIGITS else 0


def words(asks: Asks, question: str, *, required: str = "", suggested: str = "") -> str:
    """Ask for words.

    Args:
        asks: who asks.
        question: what is asked.
        required: what is said when they stay empty; empty where they may.
        suggested: what an empty answer takes; none where it is empty.
    """
    may = f", enter takes: {suggested}" if suggested else "" if required else ", may stay empty"
    while True:
        said = answer(asks, f"{question} (words{may}; . goes back):") or suggested
        if said or not required:
            return said
        asks.say(required)


def choose(
    asks: Asks,
    question: str,
    options: Mapping[str, str],
    *,
    suggested: str = "",
    refused: Callable[[str], str] = lambda name: "",
) -> str:
    """Ask for one of the options, by number or name.

    Args:
        asks: who asks.
        question: what is asked.
        options: name → title, in order.
        suggested: what an empty answer takes; none where it is empty.
        refused: why a name cannot be chosen, or an empty string.
    """
    names = list(options)
    numbered = {str(number): name for number, name in enumerate(names, 1)}
    lowered = {name.lower(): name for name in names}
    asks.say(question)
    for number, name in enumerate(names, 1):
        why = refused(name)
        asks.say(f"  {number}. {options[name]}" + (f" REFUSED: {why}" if why else ""))
    takes = f", enter takes {names.index(suggested) + 1}" if suggested in names and not refused(suggested) else ""
    while True:
        said = answer(asks, f"1 to {len(names)}{takes}; . goes back:") or (suggested if takes else "")
        name = numbered.get(said) or lowered.get(said.lower(), said)
        if name not in options:
            known = ", ".join(f"{number} {name}" for number, name in enumerate(names, 1))
            asks.say(f"{said!r} is none of these." if said else f"Nothing is chosen yet. Choose one: {known}.")
        elif why := refused(name):
            asks.say(f"REFUSED: {why}")
        else:
            return name


def subset(asks: Asks, question: str, options: Mapping[str, str]) -> list[str]:
    """Ask for some of the options, by their numbers; an empty answer takes all of them.

    Args:
        asks: who asks.
        question: what is asked.
        options: name → title, in order.
    """
    names = list(options)
    asks.say(question, *(f"  {number}. {options[name]}" for number, name in enumerate(names, 1)))
    while True:
        said = answer(asks, "enter takes all of them, or numbers (1 3); . goes back:").replace(",", " ").split()
        numbers = sorted({number(word) for word in said})
        if all(0 < one <= len(names) for one in numbers):
            return [names[one - 1] for one in numbers] or names
        asks.say(f"Answer with numbers from 1 to {len(names)}.")


def yes(asks: Asks, question: str) -> bool:
    """Ask a question of yes or no; an empty answer is no."""
    while True:
        said = answer(asks, f"{question} (y or n; enter is n):").lower()
        if said in ("", "n", "no"):
            return False
        if said in ("y", "yes"):
            return True
        asks.say(f"{said!r} is neither yes nor no.")


def moment(
    asks: Asks,
    question: str,
    first: str | None = None,
    *,
    empty: str = "now",
    present: Callable[[], datetime] = _utc_now,
) -> datetime:
    """Ask for a time, and say which instant in UTC it counts as before it does.

    Args:
        asks: who asks.
        question: what happened then.
        first: the answer, where it was given already.
        empty: what an empty answer counts as; where it is empty itself, a time must be answered.
        present: tells the time.
    """
    said = first
    enter = f"enter is {empty}; " if empty else ""
    while True:
        if said is None:
            said = answer(asks, f"{question} ({enter}{EXAMPLES}; . goes back):") or empty
        now = present()
        try:
            at = instant(said or "?", now)
        except NotATime as error:
            asks.say(f"{error.message} {error.hint}")
            said = None
            continue
        if said.lower() == "now":
            return at
        asks.say(f"{said} {echo(said, now)}")
        if yes(asks, "Is that the time?"):
            return at
        said = None
