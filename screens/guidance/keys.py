"""The keys that console and line mode share: each has the same letter, word and meaning in both."""

from __future__ import annotations

from typing import NamedTuple


class Key(NamedTuple):
    """One key.

    Attributes:
        letter: what is pressed, or typed in line mode.
        action: what it does; where `screens.guidance.availability.RULES` has a rule for it, that says when it applies.
        word: what the key line calls it.
        help: what it is for.
    """

    letter: str
    action: str
    word: str
    help: str


KEYS = [
    Key("d", "dry_run", "dry run", "show what the step would do; changes nothing"),
    Key("s", "skip", "skip", "leave the step out; wants a reason"),
    Key("m", "mark_done", "mark done", "the step was done by hand"),
    Key("v", "override", "override", "go on although a gate refused"),
    Key("c", "cancel", "cancel", "ask what is running to stop"),
    Key("u", "reopen", "reopen", "take back that the step is done, or the last call noted; decide again"),
    Key("j", "jump", "jump", "go to what is in doubt, failed or running"),
    Key("g", "go_next", "next", "go to the step that is next"),
    Key("n", "note", "note", "write a note; a late one with its own time"),
]
"""What is done at a step, in the order of help."""

TAKE = Key("i", "take", "take", "I work at this step: take it, also from somebody else; again: give it back")
DUE = Key("D", "go_due", "due", "go to the paperwork whose time is nearly over, or that is open beside the recovery")
ROLE = Key("b", "role", "role", "be lead, scribe or responder: everybody sees who is what")
RUN_WITH = Key("p", "run_with", "run with", "edit the action's parameters (which backup, up to where), then run it")
LOG = Key("L", "log", "log", "the end of the failing system's own log; read only, without secrets")
HANDOVER = Key("H", "handover", "handover", "what whoever takes over must know; as text, too")
BY_HAND = Key("y", "commands", "by hand", "the step's shell commands: see and copy them, to type them elsewhere")
RUNNER = Key("r", "runner", "start runner", "start the runner if none is there")
CLOSE = Key("x", "close", "close", "close the incident; reopen a closed one")
