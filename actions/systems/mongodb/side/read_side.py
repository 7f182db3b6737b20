"""Checks and reads a side instance to its end, and the real server beside it (see `programs/in_side.py`)."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from actions.backups.repository.stock import Files, Stock, text_of
from actions.systems.mongodb.collection_check import Case, Expected, check, present
from actions.systems.mongodb.contents import Contents
from actions.systems.mongodb.manifest import Manifest, decode_manifest
from actions.systems.mongodb.programs.in_side import (
    SideServer,
    real_client,
    run_program,
    side_client,
    stored,
    without_content,
)
from actions.systems.mongodb.programs.request import Reached
from actions.systems.mongodb.programs.restore import Restored
from actions.systems.mongodb.wanted import definitions_of
from journal.errors import CleoError

if TYPE_CHECKING:
    from pymongo import MongoClient


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What to read.

    Attributes:
        side: the side instance.
        manifest: the manifest of its backup; empty: there is none. ``bucket``: the bucket that it lies in, if any.
        restored: what its restore came to.
        real: the real server; None: it does not answer.
        minutes: how long that one may be read.
    """

    side: SideServer
    manifest: str
    bucket: Stock | None = None
    restored: Restored
    real: Reached | None
    minutes: float


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """One collection: how many documents, and their digest."""

    count: int
    digest: str


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What was read.

    Attributes:
        cases: what the side instance's own check and its backup's manifest say, collection by collection.
        then: what it holds.
        now: what the real server holds; None: it was not read.
        unread: its collections that the time was too short for.
        why: why the real server, or a manifest, could not be read.
    """

    cases: Sequence[Case]
    then: Mapping[str, Read]
    now: Mapping[str, Read] | None
    unread: Sequence[str] = ()
    why: Sequence[str] = ()


def look(asked: Look) -> Seen:
    """Read both."""
    why: list[str] = []
    manifest = _manifest(asked, why)
    with side_client(asked.side) as client:
        found = present(client)
        definitions = definitions_of(manifest) if manifest else {}
        expected = Expected(manifest=manifest, definitions=definitions, restored=asked.restored, written=())
        cases = list(check(client, found, expected))
        then, _ = _read(client, found, None, "then")
    now, unread = _real(asked, why)
    return Seen(cases=cases, then=then, now=now, unread=unread, why=why)


def _manifest(asked: Look, why: list[str]) -> Manifest | None:
    path = asked.manifest
    try:
        return decode_manifest(text_of(Files(asked.bucket).one(path)), path) if path else None
    except (OSError, CleoError) as error:
        why.append(f"its backup's manifest was not read: {error}")
        return None


def _real(asked: Look, why: list[str]) -> tuple[dict[str, Read] | None, list[str]]:
    from pymongo.errors import PyMongoError

    if asked.real is None:
        return None, []
    try:
        with real_client(asked.real) as client:
            return _read(client, present(client), time.monotonic() + asked.minutes * 60, "now")
    except PyMongoError as error:
        why.append(f"the real server was not read: {without_content(error)}")
    except CleoError as error:
        why.append(f"the real server was not read: {error.message}")
    return None, []


def _read(
    client: MongoClient[dict[str, Any]], found: Mapping[str, dict[str, Any]], end: float | None, when: str
) -> tuple[dict[str, Read], list[str]]:
    """Return what each collection holds, and the names of those that there was no time for."""
    read, left = dict[str, Read](), []
    for number, (namespace, one) in enumerate(found.items(), 1):
        if one["type"] == "view":
            continue
        if end is not None and time.monotonic() > end:
            left.append(namespace)
            continue
        print(f"{number} of {len(found)} {when}: {namespace}", flush=True)
        database, _, name = namespace.partition(".")
        contents = Contents(in_order=False)
        batches: Iterator[Any] = client[database][stored(name, one)].find_raw_batches({})
        for batch in batches:
            contents.add(batch)
        read[namespace] = Read(count=contents.count, digest=contents.digest)
    return read, left


if __name__ == "__main__":
    sys.exit(run_program(sys.argv[1:], Look, look))
