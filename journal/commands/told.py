"""What a player of an exercise answers in words."""

from __future__ import annotations

from collections.abc import Sequence

from journal.commands.base import Commands, required
from journal.commands.refusals import NotNow
from journal.events import types as e


class ToldCommands(Commands):
    """Where one person answers what an exercise asked. Every method blocks until its event is durable."""

    def reply(self, inject: str, words: str) -> e.Event:
        """Answer an inject that wants words; also once somebody else did.

        Args:
            inject: its id.
            words: where it has choices: one of them or its number, and a reason behind it if wanted.

        Raises:
            NotNow: it was not given, it asks for no words, or they are none of its choices; the incident is closed.
        """
        incident = self._open()
        told = incident.review.told.get(inject)
        if told is None or not told.words:
            raise NotNow(f"Nothing called {inject!r} waits for an answer in words.", "Write a note (n).")
        text = required(words, "The answer is empty.")
        chosen, reason = chosen_of(text, told.choices) if told.choices else (text, "")
        if not chosen:
            raise NotNow(f"{text!r} is none of the choices.", f"Answer one of: {', '.join(_numbered(told.choices))}.")
        return self._append(incident, e.InjectReplied(inject=inject, text=chosen, reason=reason))


def chosen_of(text: str, choices: Sequence[str]) -> tuple[str, str]:
    """Return which choice a text begins with, by number or words, and what stands behind it; empty: none."""
    for n, choice in enumerate(choices, 1):
        for name in (choice, str(n)):
            behind = text[len(name) :]
            if text.casefold().startswith(name.casefold()) and not behind[:1].isalnum():
                return choice, behind.lstrip(" ,.:;-—")
    return "", ""


def _numbered(choices: Sequence[str]) -> list[str]:
    return [f"{n} {choice}" for n, choice in enumerate(choices, 1)]
