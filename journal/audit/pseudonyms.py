"""Stable pseudonyms for a pack that leaves the company: the same key gives the same name the same one, in every pack.

What is replaced: who wrote or is named in the journals as a person, machines, the plan's contacts, and whatever looks
like a mail address, an IP address or a telephone number. Not what a program cannot know to be a name.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from journal.audit.model import Evidence
from journal.errors import CleoError
from journal.store.journal import Reader
from journal.store.whole_file import replace_whole
from journal.structs import to_struct

_KEY = re.compile(r"[0-9a-f]{64}")
_KINDS = {
    "host": "host",
    "contact": "contact",
    "who": "person",
    "by": "person",
    "lead": "person",
    "actor": "person",
    "owner": "person",
}
"""The fields of events that hold a name, and of what."""
_ADDRESSES = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|\b\d{1,3}(?:\.\d{1,3}){3}\b"
    r"|(?<![\w:])(?=[0-9a-f:]*::|(?:[0-9a-f]+:){7})[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])"
    r"|\+\d[\d ()/-]{6,}\d",
    re.IGNORECASE,
)
_AS_IT_IS = frozenset(("id", "head", "short_head", "plan_sha256", "kind", "state", "verdict", "severity", "program"))
"""Fields that name nobody, or must be compared with what lies elsewhere."""
_SHORTEST = 3
"""Characters of a name: "al" stands in too many words."""


WITHOUT_NAMES = (
    "Names of persons, machines and contacts are pseudonyms, the same in every pack of the same key, as "
    "are mail addresses, IP addresses and telephone numbers. The journals are not in this pack: their bytes hold the "
    "names, and with other bytes they would have other heads. They were checked as it was made; whoever has one "
    "compares its head with the one below (python3 -I verify.py FILE). Not hidden: times, the names of systems, sites "
    "and the plan, who did the same things as whom, and names of somebody whom no journal knows, in what people wrote: "
    "read it before it goes out"
)
"""What the index says of a pack without names."""


class NoKey(CleoError):
    """The key of the pseudonyms cannot be had."""


def key_in(file: Path) -> bytes:
    """Return the key in a file, which is made where it is not there, for its owner alone.

    Raises:
        NoKey: it holds something else, or cannot be read or made.
    """
    try:
        if not file.exists():
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as made:
                made.write(secrets.token_hex(32) + "\n")
        text = file.read_text("utf-8", "replace").strip()
    except OSError as error:
        raise NoKey(f"{file} cannot be read or made: {error.strerror}.", "Name a file for the key.") from error
    if not _KEY.fullmatch(text):
        raise NoKey(f"{file} is no key: 64 hexadecimal digits.", "Name a file that is not there: it is made.")
    return bytes.fromhex(text)


class Pseudonyms:
    """Replaces names in texts.

    Args:
        key: whoever has it can tell which pseudonym a name has.
        names: names with what they are of.
    """

    def __init__(self, key: bytes, names: Iterable[tuple[str, str]]) -> None:
        self._key = key
        self.given: dict[str, str] = {}
        self._known: dict[str, str] = {}
        for kind, name in sorted(set(names)):
            self._learn(kind, name)
        longest = sorted(self._known, key=len, reverse=True)
        some = "|".join(map(re.escape, longest))
        self._names = re.compile(rf"(?<![\w-])(?:{some})(?!\w)", re.IGNORECASE) if longest else None

    def __call__(self, text: str) -> str:
        """Return a text with its names replaced."""
        if self._names:
            text = self._names.sub(lambda found: self._known[found[0].lower()], text)
        return _ADDRESSES.sub(lambda found: self._of("address", found[0]), text)

    def _learn(self, kind: str, name: str) -> None:
        """Learn a name; of ``user@host`` both, and of a person's several names each one."""
        user, at, host = name.rpartition("@")
        if kind == "person" and at:
            self._learn("person", user)
            self._learn("host", host)
            return
        given = self._of(kind, name) if len(name) >= _SHORTEST else ""
        for each in (name, *(name.split() if kind == "person" else ())) if given else ():
            if len(each) >= _SHORTEST:
                self._known.setdefault(each.lower(), given)

    def _of(self, kind: str, name: str) -> str:
        digest = hmac.new(self._key, f"{kind} {name.lower()}".encode(), hashlib.sha256).hexdigest()
        self.given[f"{kind}-{digest[:8]}"] = name
        return f"{kind}-{digest[:8]}"

    def keep(self, file: Path) -> None:
        """Write which pseudonym stands for whom beside those that the file has already, for its owner alone.

        Raises:
            NoKey: it cannot be written.
        """
        before: dict[str, str] = {}
        with suppress(OSError, ValueError):
            before = dict(json.loads(file.read_bytes()))
        try:
            replace_whole(file, json.dumps(before | self.given, indent=1, sort_keys=True).encode() + b"\n", 0o600)
        except OSError as error:
            raise NoKey(f"{file} cannot be written: {error.strerror}.", "Name a key in a folder of yours.") from error


def names_in(journal: Path) -> Iterator[tuple[str, str]]:
    """Yield the names of persons, machines and contacts in a journal, each with what it is of.

    Raises:
        JournalError: it cannot be read.
    """
    with Reader(journal) as reader:
        for event in reader.events():
            yield "person", event.actor
            yield "host", event.host
            yield from _named(msgspec.to_builtins(event.body, builtin_types=(datetime,)))


def _named(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for field, inner in value.items():
            if isinstance(inner, str) and field in _KINDS:
                yield _KINDS[field], inner
            else:
                yield from _named(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _named(inner)


def replaced(made: Evidence, pseudonyms: Pseudonyms, words: str) -> Evidence:
    """Return evidence with every name in it replaced, and said to be without its journals.

    Args:
        made: what the journals show.
        pseudonyms: what replaces names.
        words: what the index says of it.
    """
    plain = _replaced(msgspec.to_builtins(made, builtin_types=(datetime,)), pseudonyms)
    for one in plain["journals"]:
        one["file"] = ""
    return to_struct({**plain, "pseudonyms": words}, Evidence)


def _replaced(value: Any, pseudonyms: Pseudonyms) -> Any:
    if isinstance(value, str):
        return pseudonyms(value)
    if isinstance(value, dict):
        return {field: inner if field in _AS_IT_IS else _replaced(inner, pseudonyms) for field, inner in value.items()}
    return [_replaced(inner, pseudonyms) for inner in value] if isinstance(value, list) else value
