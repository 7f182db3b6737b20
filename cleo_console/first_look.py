"""The first frame: incident and current step in plain lines, while the full screen is loaded.

Loading the full screen takes half a second, more on a busy host; reading the journal takes hundredths of one.
"""

from __future__ import annotations

import shutil
import signal
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn, TextIO

from journal.incident.fold import fold_events
from journal.incident.state import Incident
from journal.paths import IncidentPlace
from journal.store.migrate import is_older
from journal.store.reader import Reader
from journal.wording.sanitize import sanitize
from screens.guidance.attention import count_line, counts, first_step
from screens.guidance.names import named
from screens.guidance.symbols import STEPS

MOST_EVENTS = 2_000
"""Most events that are read before the first frame. A longer journal is read once the full screen is there."""

_ENTER, _LEAVE = "\x1b[?1049h\x1b[2J\x1b[H", "\x1b[?1049l"
_NO_WRAP, _WRAP = "\x1b[?7l", "\x1b[?7h"
_BOLD, _REVERSE, _PLAIN = "\x1b[1m", "\x1b[1;7m", "\x1b[0m"
_LOCAL = 3
"""Where ``tcgetattr`` has the flags that tell whether a terminal writes what is typed."""


def known_incident(place: IncidentPlace) -> Incident | None:
    """Return the incident as its journal has it now; None where reading it would take too long.

    A journal of an older format is not read either: it must be migrated first.

    Raises:
        JournalError: it cannot be read.
    """
    with Reader(place.journal) as reader:
        seq, _ = reader.head()
        now = seq <= MOST_EVENTS and not is_older(reader.files[-1])
        return fold_events(reader.events()) if now else None


@contextmanager
def first_look(incident_id: str, incident: Incident | None, out: TextIO = sys.stdout) -> Iterator[None]:
    """Show the incident for the length of the block; leave the terminal as it was if the block fails or is ended.

    Args:
        incident_id: what is opened.
        incident: its state, or None where it was not read yet.
        out: the terminal.
    """
    width, height = shutil.get_terminal_size()
    lines = _lines(incident, width) if incident else [f"{_BOLD}{sanitize(incident_id)}{_PLAIN}  opening its journal…"]
    text = "\r\n".join(lines[:height])
    known = out.encoding or "utf-8"  # what the terminal cannot show becomes a question mark
    before = signal.signal(signal.SIGTERM, _end)
    try:
        out.write(f"{_ENTER}{_NO_WRAP}{text.encode(known, 'replace').decode(known)}{_WRAP}")
        out.flush()
        yield
    except BaseException:
        out.write(_LEAVE)
        out.flush()
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)


@contextmanager
def unechoed(terminal: TextIO) -> Iterator[None]:
    """Turn the terminal's echo off, so that typed keys are not written over the first frame. They wait for the screen.

    Args:
        terminal: where keys come from; left as it was at the end, however that comes.
    """
    before = termios.tcgetattr(terminal)
    quiet = before.copy()
    quiet[_LOCAL] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSANOW, quiet)
    try:
        yield
    finally:
        with suppress(termios.error):  # the terminal was closed meanwhile
            termios.tcsetattr(terminal, termios.TCSANOW, before)


def _lines(incident: Incident, width: int) -> list[str]:
    step_id = first_step(incident)
    look = STEPS[incident.state(step_id)]
    name = sanitize(incident.id)
    left = width - len(f"  {incident.kind}   {name}  ")
    return [
        f"{_REVERSE}  {incident.kind}  {_PLAIN} {_BOLD}{name}{_PLAIN}  {_cut(sanitize(incident.title), left)}",
        "",
        f"{_BOLD}{_cut(named(incident, step_id), width)}{_PLAIN}",
        f"{look.symbol} {look.word}",
        "",
        count_line(counts(incident)).plain,
    ]


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: max(0, width - 1)]}…"
