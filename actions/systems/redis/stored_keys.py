"""Keys that a Redis database has: a part of the names of its keys."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from actions.by_hand import CommandLine
from actions.systems.redis.by_hand import cli
from actions.systems.redis.connection import connect
from actions.systems.redis.settings import RedisSettings
from journal.errors import CleoError


def stored_keys(settings: RedisSettings, ask: Mapping[str, str], *, deadline_s: float) -> Iterator[str]:
    """Yield the group of ``part`` (a regular expression) of each name that fits it, among those that fit ``keys``.

    ``database`` is the number of the database; without it, 0.

    Raises:
        CleoError: it cannot be read.
    """
    try:
        part, database = re.compile(ask["part"]), int(ask.get("database", "0"))
        if part.groups != 1 or set(ask) - {"keys", "part", "database"}:
            raise ValueError
    except (KeyError, ValueError, re.error):
        hint = "Write ask: {keys: 'user:*:context', part: 'user:([0-9]+):context'}."
        raise CleoError("Redis is asked by keys: and part: with one group.", hint) from None
    with connect(settings, deadline_s=deadline_s, database=database) as client:
        seen = set[str]()  # a scan may name a key twice
        for name in client.scan_iter(match=ask.get("keys", "*"), count=1000):
            found = part.fullmatch(name)
            if found and name not in seen:
                seen.add(name)
                yield found[1]


def by_hand(settings: RedisSettings, ask: Mapping[str, str]) -> CommandLine:
    """Return what prints the same keys, one a line; names that are given twice are printed twice."""
    scan = cli(settings, "-n", ask.get("database", "0"), "--scan", "--pattern", ask.get("keys", "*"))
    only = ["perl", "-ne", 'BEGIN { $part = shift } print "$1\\n" if /^(?:$part)$/', ask.get("part", "(.*)")]
    return replace(scan, argv=["sh", "-c", f"{shlex.join(scan.argv)} | {shlex.join(only)}"])
