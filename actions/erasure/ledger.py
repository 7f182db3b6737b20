"""The ledger of erasure requests: a file that survives the databases, in which each erasure is written down."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from actions.context import ActionContext
from actions.machine.machine import Machine, last_words
from actions.outcome import ActionFailed
from actions.settings import ErasureSettings
from journal.structs import from_json, plain_json
from journal.wording.instants import NotAnInstant, utc_instant

_MOST = 64 << 20
"""Bytes of a ledger that are read: more is no list of requests."""
_READ_S = 120.0
_LONGEST = 200


class Request(msgspec.Struct, frozen=True):
    """One erasure: the user's key as the ledger has it, and when it was carried out (UTC)."""

    user: str
    at: datetime


class Ledger(msgspec.Struct, frozen=True):
    """What a ledger says.

    Attributes:
        requests: the oldest first; of a user who is there several times each one.
        unread: the entries that cannot be read, by their number and why; never their contents.
    """

    requests: list[Request]
    unread: list[str] = []


class _NoRequest(ValueError):
    """An entry is no request; the text says why, without its contents."""


def read_ledger(ctx: ActionContext, settings: ErasureSettings) -> Ledger:
    """Return what the inventory's ledger says.

    Its kind is told by its name: ``.csv`` (the first line names the columns), ``.json`` (an array of objects), else
    JSON lines, an object a line.

    Raises:
        ActionFailed: it is not there, cannot be read, or is no ledger.
        Unreachable: its host cannot be reached.
    """
    return parse_ledger(_text(ctx, settings), settings)


def _text(ctx: ActionContext, settings: ErasureSettings) -> str:
    machine, where = Machine(ctx, settings.host, settings.run_as), f"{settings.file} on {settings.host}"
    size = machine.query(["stat", "-Lc", "%s", settings.file])
    if size.code != 0:
        raise ActionFailed(
            f"The ledger of erasure requests cannot be read: {last_words(size)} ({where}).",
            "Find the ledger, and put it there, or correct erasure: in the inventory; then run this again. Without it "
            "ask who handles the requests, and erase by hand.",
        )
    if int(size.out) > _MOST:
        raise ActionFailed(f"{where} has {int(size.out):,} bytes: that is no ledger of erasure requests.")
    done = machine.query(["cat", settings.file], timeout_s=_READ_S)
    if done.code != 0:
        raise ActionFailed(f"The ledger of erasure requests cannot be read: {last_words(done)} ({where}).")
    return done.out


def parse_ledger(text: str, settings: ErasureSettings) -> Ledger:
    """Return what the text of a ledger says.

    Raises:
        ActionFailed: it is no ledger at all.
    """
    found, unread = [], []
    for name, entry in _entries(text.removeprefix("\ufeff"), settings):
        try:
            found.append(_request(entry, settings))
        except _NoRequest as error:
            unread.append(f"{name}: {error}")
    return Ledger(sorted(found, key=lambda one: one.at), unread)


def _entries(text: str, settings: ErasureSettings) -> Iterator[tuple[str, object]]:
    """Yield each entry with what it is called."""
    if settings.file.endswith(".csv"):
        rows = csv.DictReader(io.StringIO(text))
        lacks = [name for name in (settings.user, settings.at) if name not in (rows.fieldnames or ())]
        if lacks:
            raise ActionFailed(
                f"{settings.file} has no column {' and none '.join(lacks)}.",
                "Name its columns in the inventory (erasure: user, at).",
            )
        yield from ((f"line {rows.line_num}", row) for row in rows)
    elif settings.file.endswith(".json"):
        yield from ((f"entry {number}", entry) for number, entry in enumerate(_array(text, settings.file), 1))
    else:
        lines = enumerate(text.split("\n"), 1)
        yield from ((f"line {number}", _object(line)) for number, line in lines if line.strip())


def _array(text: str, file: str) -> list[Any]:
    try:
        return from_json(text or "[]", list[Any])
    except msgspec.DecodeError:
        raise ActionFailed(f"{file} is no JSON array.", "Is it cut short? Find a whole copy of it.") from None


def _object(line: str) -> object:
    try:
        return plain_json(line)
    except msgspec.DecodeError:
        return None


def _request(entry: object, settings: ErasureSettings) -> Request:
    if not isinstance(entry, Mapping):
        raise _NoRequest("it is no JSON object")
    user, at = entry.get(settings.user), entry.get(settings.at)
    if isinstance(user, bool) or not isinstance(user, str | int) or not str(user).strip():
        raise _NoRequest(f"{settings.user} names no user")
    key = str(user).strip()
    if len(key) > _LONGEST or not key.isprintable() or "\ufffd" in key:
        raise _NoRequest(f"{settings.user} is no key of a user")
    return Request(key, _instant(at, settings.at))


def _instant(at: object, name: str) -> datetime:
    try:
        if isinstance(at, int | float) and not isinstance(at, bool):
            return datetime.fromtimestamp(at, UTC)
        return utc_instant(str(at or ""))
    except (NotAnInstant, ValueError, OverflowError, OSError):
        raise _NoRequest(f"{name} is no time with its zone") from None
