"""The incident's one recovery point: one type, one parser and one wording, for every door and every store.

It is written ``latest``, an instant (``time:2026-11-22T14:30:00Z``), or positions of single systems, with or without
an instant for the others: ``time:2026-11-22T14:30:00Z postgres lsn:0/3000148``. Which forms of a position a system
understands, its type says; ``parse`` is told them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from journal.errors import CleoError
from journal.wording.instants import NotAnInstant, utc_instant

LATEST = "latest"
"""How the recovery point that keeps everything is written."""
_SHOWN = 60
"""Characters of a wrong text that are repeated."""
_NAMED = 4
"""Systems, and examples of positions, that a message names."""
_POSITION = re.compile(r"([a-z][a-z0-9_-]*):(.+)")
_DATE = re.compile(r"(?:time:)?\d{4}-\d{2}-\d{2}")
_CLOCK = re.compile(r"\d{1,2}:\d{2}.*")


class NotARecoveryPoint(CleoError):
    """A text is no recovery point of these systems."""


class PositionForm(msgspec.Struct, frozen=True, kw_only=True):
    """How one kind of position is written, beside an instant.

    Attributes:
        name: what stands before the colon: ``lsn``, ``backup``.
        title: what recovering to it means, in a few words: ``Up to a log position (LSN)``.
        help: one line on when to choose it.
        pattern: what a whole value must match; a regular expression.
        example: one such value.
        base: positions are in the order of the pattern's groups, read as numbers to this base; 0: in no known order.
    """

    name: str
    title: str
    help: str
    pattern: str
    example: str
    base: int = 0

    def fits(self, value: str) -> bool:
        """Return whether ``value`` is written as this form wants it."""
        return re.fullmatch(self.pattern, value) is not None

    def order(self, value: str) -> tuple[int, ...]:
        """Return what to compare positions of this form by; nothing where they have no order, or it does not fit."""
        found = re.fullmatch(self.pattern, value) if self.base else None
        return tuple(int(group, self.base) for group in found.groups()) if found else ()


Forms = Mapping[str, Mapping[str, PositionForm]]
"""By system: the forms of a position that it understands, by their names."""


class Position(msgspec.Struct, frozen=True):
    """A point in one system's own terms: ``lsn:0/3000148``."""

    form: str
    value: str

    def __str__(self) -> str:
        """Return it as it is written."""
        return f"{self.form}:{self.value}"


class RecoveryPoint(msgspec.Struct, frozen=True, kw_only=True):
    """The state that every restore and replay of an incident leads to. ``str`` words it for people.

    Attributes:
        latest: all there is, of every system.
        instant: everything that was committed before it, in UTC; of the systems that have no position of their own.
        positions: a position of its own, by system.
    """

    latest: bool = False
    instant: datetime | None = None
    positions: Mapping[str, Position] = {}

    def __str__(self) -> str:
        """Return it in words, systems by their names."""
        return wording(self)

    @property
    def text(self) -> str:
        """The form in which the journal and a restore's record keep it; `read` reads it."""
        if self.latest:
            return LATEST
        named = (f"{system} {position}" for system, position in sorted(self.positions.items()))
        return " ".join([*([f"time:{self.instant.isoformat()}"] if self.instant else []), *named])

    @property
    def kind(self) -> str:
        """``latest``, ``time``, or the form of its position; see `of` for what it means for one system."""
        if self.latest or self.instant:
            return "latest" if self.latest else "time"
        return next(iter(self.positions.values())).form

    @property
    def value(self) -> str:
        """The position that it is for one system; empty where it is none."""
        return next((position.value for position in self.positions.values()), "")

    def of(self, system: str) -> RecoveryPoint | None:
        """Return what it means for one system alone; None where it says nothing of that one."""
        if system in self.positions:
            return RecoveryPoint(positions={system: self.positions[system]})
        return RecoveryPoint(latest=self.latest, instant=self.instant) if self.latest or self.instant else None

    def renamed(self, players: Callable[[str], list[str]]) -> RecoveryPoint:
        """Return it with each of the plan's systems named as the only one that plays it."""
        found = {name: players(name) for name in self.positions}
        names = {name: found[name][0] if len(found[name]) == 1 else name for name in found}
        return msgspec.structs.replace(self, positions={names[name]: at for name, at in self.positions.items()})


def parse(
    text: str,
    forms: Forms,
    players: Callable[[str], list[str]] = lambda system: [system],
    hit: Callable[[str], bool] = lambda _: True,
) -> RecoveryPoint:
    """Return the recovery point that a person wrote.

    A position without a system is of the only one that understands it, or the only one of those that was hit.

    Args:
        text: what was written.
        forms: which positions which system understands.
        players: the systems that play one of the plan's, for a person who names that.
        hit: whether a system is to be recovered at all.

    Raises:
        NotARecoveryPoint: it is none, or of another form than its system understands; what is accepted is said.
    """
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    try:
        return _assemble(text, lambda system, form, value: _checked(system, form, value, forms, players, hit))
    except NotAnInstant as error:
        raise NotARecoveryPoint(error.message, error.hint) from None
    except ValueError:
        raise NotARecoveryPoint(f"{shown!r} is no recovery point.", f"Write {accepted(forms)}.") from None


def read(text: str) -> RecoveryPoint | None:
    """Return the recovery point that `RecoveryPoint.text` wrote; None where ``text`` is none of these."""
    try:
        return _assemble(text, lambda system, form, value: system)
    except (NotAnInstant, ValueError):
        return None


def accepted(forms: Forms) -> str:
    """Return what may be written, with an example of each form."""
    named = [f"{system} {name}:{one.example}" for system, known in forms.items() for name, one in known.items()]
    return ", ".join(["latest", "2026-11-22T14:30:00Z", *named[:_NAMED]]) + (
        " (an instant and positions together, too)" if named else ""
    )


def wording(point: RecoveryPoint, title: Callable[[str], str] = str) -> str:
    """Return a recovery point in words: ``just before 2026-11-22 14:30:00 UTC, lsn 0/3000148 of PostgreSQL``.

    Args:
        point: the recovery point.
        title: what people call a system.
    """
    if point.latest:
        return "the latest that can be recovered"
    named = [f"{at.form} {at.value} of {title(system)}" for system, at in sorted(point.positions.items())]
    return ", ".join([*([f"just before {_stamp(point.instant)}"] if point.instant else []), *named])


def some(systems: Sequence[str]) -> str:
    """Return the names of systems, the first of many: ``orders, billing and 38 more``."""
    more = len(systems) - _NAMED
    return f"{', '.join(systems[:_NAMED])} and {more} more" if more > 0 else " or ".join(systems)


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}{f'.{at.microsecond:06}' if at.microsecond else ''} UTC"


def _assemble(text: str, system_of: Callable[[str, str, str], str]) -> RecoveryPoint:
    """Return the point that ``text`` is made of; ``system_of`` returns whose a position is, or raises.

    Raises:
        NotAnInstant: its instant is none.
        ValueError: it is no recovery point.
    """
    words = _words(text)
    if words == [LATEST]:
        return RecoveryPoint(latest=True)
    instants = [word.removeprefix("time:") for word in words if _is_instant(word)]
    positions = dict[str, Position]()
    for system, form, value in _positions(word for word in words if not _is_instant(word)):
        name = system_of(system, form, value)
        if not name or name in positions:
            raise ValueError(text)
        positions[name] = Position(form, value)
    if len(instants) > 1 or not (instants or positions):
        raise ValueError(text)
    return RecoveryPoint(instant=utc_instant(instants[0]) if instants else None, positions=positions)


def _is_instant(word: str) -> bool:
    return word.startswith("time:") or _DATE.match(word) is not None


def _words(text: str) -> list[str]:
    """Return the words of a text; a date and its time of day are one."""
    words = list[str]()
    for word in (raw.rstrip(",;") for raw in text.split()):
        if words and _DATE.fullmatch(words[-1]) and _CLOCK.fullmatch(word):
            words[-1] += f" {word}"
        elif word:
            words.append(word)
    return words


def _positions(words: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Yield system (empty where none is named), form and value of each position.

    Raises:
        ValueError: a word is neither a position nor the system of the one behind it.
    """
    system = ""
    for word in words:
        found = _POSITION.fullmatch(word)
        if found:
            yield system, found[1], found[2]
        elif system:
            raise ValueError(word)
        system = "" if found else word
    if system:
        raise ValueError(system)


def _checked(
    system: str,
    form: str,
    value: str,
    forms: Forms,
    players: Callable[[str], list[str]],
    hit: Callable[[str], bool],
) -> str:
    """Return the system that a position is of."""
    understand = [name for name, known in forms.items() if form in known]
    if not understand:
        raise NotARecoveryPoint(
            f"No system here understands {form[:_SHOWN]!r} as a recovery point.", f"Write {accepted(forms)}."
        )
    fitting = [name for name in understand if forms[name][form].fits(value)] or understand
    likely = [name for name in fitting if hit(name)] or fitting
    named = ([system] if system in forms else players(system)) if system else likely
    if len(named) > 1:
        raise NotARecoveryPoint(
            f"{form}:{value[:_SHOWN]} may be of {some(named)}.", f"Name it: {named[0]} {form}:{value[:_SHOWN]}."
        )
    name = named[0]
    if name not in understand:
        raise NotARecoveryPoint(
            f"{name[:_SHOWN]} does not understand {form[:_SHOWN]!r} as a recovery point.", f"Write {accepted(forms)}."
        )
    wanted = forms[name][form]
    if not wanted.fits(value):
        hint = f"Write it as {name} {form}:{wanted.example}; for the newest state write latest."
        raise NotARecoveryPoint(f"{value[:_SHOWN]!r} is no {form} of {name}.", hint)
    return name
